// Builds dist/: a file for each of src/entries/, webgru.js of src/index.ts, webgru.min.js of all that it would fetch, cli.js of
// src/cli/main.ts, and the schema of descriptions.

import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, runnerImport } from "vite";
import { assemblyScript } from "./assemblyScript.mjs";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const sources = {
  webgru: "src/index.ts",
  ...Object.fromEntries(
    readdirSync(`${projectRoot}src/entries`).map((file) => [file.replace(/\.ts$/, ""), `src/entries/${file}`]),
  ),
  cli: "src/cli/main.ts",
};

/** A space that does not separate two words: WGSL does not need it. */
const NEEDLESS_SPACE = /(?<=\w) (?=\W)|(?<=\W) (?=\w)|(?<=[(),;]) | (?=[(){@])/g;

/** Inlines `*.wgsl?raw` without comments, empty lines and needless spaces. Lines stay apart, for compile errors. */
const wgsl = {
  name: "wgsl",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wgsl?raw")) return null;
    const source = readFileSync(id.slice(0, -"?raw".length), "utf8");
    const lines = source.split("\n").map((line) =>
      line
        .replace(/\/\/.*/, "")
        .trim()
        .replace(NEEDLESS_SPACE, ""),
    );
    return `export default ${JSON.stringify(lines.filter((line) => line !== "").join("\n"))};`;
  },
};

/** Modules of the main file that the other files import from it: there must be one class GruError, and one registry. */
const SHARED = ["errors", "index", "engine/registry", "model/defineNetwork"].map(
  (name) => `${projectRoot}src/${name}.ts`,
);

/** Keeps the entries apart: each imports the others, and the shared modules, from their files. */
const entriesApart = (fileName) => ({
  name: "entries-apart",
  enforce: "pre",
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith(".")) return null;
    const path = resolve(importer, "..", source.replace(/\.js$/, ".ts"));
    if (fileName !== "webgru" && SHARED.includes(path)) return { id: "./webgru.js", external: true };
    const other = Object.keys(sources).find((name) => name !== fileName && path === projectRoot + sources[name]);
    return other === undefined ? null : { id: `./${other}.js`, external: true };
  },
});

/** The start of the worker. It must reach an application's bundler unchanged; Vite would bundle the worker's file here. */
const NEW_WORKER = /new Worker\(new URL\([^)]*\), \{ type: "module" \}\)/;
const workerAsWritten = () => {
  let written = "";
  return {
    name: "worker-as-written",
    enforce: "pre",
    transform(code) {
      const found = NEW_WORKER.exec(code);
      if (found === null) return null;
      [written] = found;
      return code.replace(written, "NEW_WORKER");
    },
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) chunk.code = chunk.code?.replace("NEW_WORKER", () => written);
    },
  };
};

/** The command line program runs in Node, which has these modules. */
const builtins = { external: /^node:/ };

/** Writes one file. Its plugins, and options of Rolldown and its output, come beside those of all files. */
function buildFile(fileName, entry, { plugins = [], output = {}, options = {} }) {
  return build({
    root: projectRoot,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [wgsl, assemblyScript(), ...plugins],
    build: {
      target: "es2022",
      emptyOutDir: fileName === "webgru",
      lib: { entry, formats: ["es"], fileName },
      // Vite itself keeps the whitespace of an ES library.
      rolldownOptions: { output: { minify: true, ...output }, ...options },
    },
  });
}

for (const [fileName, entry] of Object.entries(sources)) {
  const plugins = [entriesApart(fileName), workerAsWritten()];
  await buildFile(fileName, entry, { plugins, options: fileName === "cli" ? builtins : {} });
}
await buildFile("webgru.min", sources.webgru, { output: { codeSplitting: false } });

const { module } = await runnerImport(`${projectRoot}src/formats/descriptionSchema.ts`, { configFile: false });
writeFileSync(`${projectRoot}dist/description.schema.json`, JSON.stringify(module.descriptionSchema()));

// npm does this when it installs the package. Without it, a second build would break `npx webgru` in this folder.
chmodSync(`${projectRoot}dist/cli.js`, 0o755);
