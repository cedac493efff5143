// `npm run memory`. Node 20 reads no TypeScript; Vite, which is here for the build, does.

import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

const { module } = await runnerImport(path("main.ts"), {
  configFile: false,
  resolve: { alias: { webgru: path("../../../src/index.ts") } },
});
process.exitCode = await module.main(process.argv.slice(2));
