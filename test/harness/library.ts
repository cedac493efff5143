import { execSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder, with a slash at the end. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

const BUNDLE = "dist/webgru.js";
const DECLARATIONS = "dist/types/index.d.ts";
const SOURCES = ["package.json", "src", "shaders"];

/** Builds the library into dist/ unless it is newer than its sources, as it is under `npm test`. */
export function buildLibrary(): void {
  if (isFresh()) return;
  execSync("npm run build", { cwd: projectRoot, stdio: "pipe" });
}

function isFresh(): boolean {
  const outputs = [BUNDLE, DECLARATIONS].map((path) => projectRoot + path);
  if (!outputs.every(existsSync)) return false;
  const builtMs = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return SOURCES.every((path) => newestMs(projectRoot + path) < builtMs);
}

function newestMs(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
