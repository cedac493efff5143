// Runs a program of the tests from its source. Node 20 reads no TypeScript; Vite, which is here for the build, does. The server
// stays open until the end: the library imports the CPU path, or a format's reader, when it wants it.

import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { assemblyScript } from "../../src/build/assemblyScript.mjs";

const path = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** Calls `main` of a file in this folder with the command line, and takes what it gives for the exit code. */
export async function runProgram(file) {
  const server = await createServer({
    configFile: false,
    appType: "custom",
    logLevel: "error",
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    plugins: [assemblyScript()],
    resolve: {
      alias: [
        { find: /^webgru$/, replacement: path("src/index.ts") },
        { find: /^webgru\/(\w+)$/, replacement: path("src/entries/$1.ts") },
      ],
    },
  });
  const module = await server.ssrLoadModule(path(file));
  process.exitCode = await module.main(process.argv.slice(2));
  await server.close();
}
