import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { projectRoot } from "../test/harness/library.js";

const ROOT = `${projectRoot}bench/`;

/** Installs packages of bench/package.json, where they are not there in the versions that it names. @param names all when absent */
export function installPeers(names?: readonly string[]): void {
  const { dependencies } = readPackage(ROOT) as { dependencies: Record<string, string> };
  const wanted = Object.entries(dependencies).filter(([name]) => names === undefined || names.includes(name));
  const missing = wanted.filter(([name, version]) => installedVersion(name) !== version);
  if (missing.length === 0) return;
  console.log(`installing ${missing.map((entry) => entry.join("@")).join(", ")} into bench/node_modules`);
  // Without their scripts: one of them would download CUDA.
  const flags = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags], { cwd: ROOT, stdio: "inherit", shell: process.platform === "win32" });
}

function installedVersion(name: string): string | null {
  const folder = `${ROOT}node_modules/${name}/`;
  return existsSync(`${folder}package.json`) ? (readPackage(folder) as { version: string }).version : null;
}

function readPackage(folder: string): unknown {
  return JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
}
