// A plugin for Vite: compiles AssemblyScript imported with `?modules`, with and without relaxed SIMD, and inlines both modules
// in strings, a character for each byte. gzip compresses such a string better than base64, which hides repeated bytes.

import { main, version } from "assemblyscript/asc";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SUFFIX = "?modules";

const FLAGS = ["--enable", "simd", "-O3", "--runtime", "stub", "--noAssert", "--disableWarning", "201"];

/** Compiled modules, by the hash of their sources, flags and compiler. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/webgru/", import.meta.url));

export function assemblyScript() {
  return {
    name: "assemblyscript",
    enforce: "pre",
    async load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const path = id.slice(0, -SUFFIX.length);
      const sources = readdirSync(dirname(path)).filter((file) => file.endsWith(".ts"));
      for (const file of sources) this.addWatchFile?.(join(dirname(path), file));
      const relaxed = await compile(path, ["--enable", "relaxed-simd"]);
      const basic = await compile(path, []);
      return `export const relaxed = ${relaxed};\nexport const basic = ${basic};`;
    },
  };
}

/** The module as a string literal of JavaScript; from the cache if the same sources were compiled before. */
async function compile(path, features) {
  const folder = dirname(path);
  const flags = [...FLAGS, ...features];
  const hash = createHash("sha256").update(JSON.stringify([version, basename(path), flags]));
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  const cached = join(CACHE, `${hash.digest("hex")}.wasm`);
  try {
    return literal(readFileSync(cached));
  } catch {
    // not compiled yet
  }
  const module = await run(path, flags);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(cached, module);
  return literal(module);
}

function literal(bytes) {
  return JSON.stringify(Buffer.from(bytes).toString("latin1"));
}

async function run(path, flags) {
  const name = "module.wasm";
  let module;
  const writeFile = (file, contents) => {
    if (file === name) module = contents;
  };
  const { error, stderr } = await main([path, "--outFile", name, "--baseDir", "/", ...flags], { writeFile });
  if (error || module === undefined) throw new Error(`${path}: ${String(error)}\n${stderr.toString()}`);
  return module;
}
