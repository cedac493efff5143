// `npm run bench`. Node 20 reads no TypeScript; Vite, which is here for the build, does.

import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { module } = await runnerImport(here("main.ts"), {
  configFile: false,
  resolve: { alias: { webgru: here("../dist/webgru.js") } }, // as `npm run bench` has just built it
});
process.exitCode = await module.main(process.argv.slice(2));
