// `npm run bench`. Node 20 reads no TypeScript; Vite, which is here for the build, does.

import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("main.ts", import.meta.url)), { configFile: false });
process.exitCode = await module.main(process.argv.slice(2));
