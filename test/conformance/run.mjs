// `npm run conformance`. Node 20 reads no TypeScript; Vite, which is here for the build, does. The server stays open
// until the end: the library imports a format's reader when it meets a file of it.

import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { assemblyScript } from "../../src/assemblyScript.mjs";

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

const server = await createServer({
  configFile: false,
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
  plugins: [assemblyScript()],
  resolve: {
    alias: [
      { find: /^webgru$/, replacement: path("../../src/index.ts") },
      { find: /^webgru\/(\w+)$/, replacement: path("../../src/$1.ts") },
    ],
  },
});
const module = await server.ssrLoadModule(path("main.ts"));
process.exitCode = await module.main(process.argv.slice(2));
await server.close();
