import { createServer, type ViteDevServer } from "vite";
import { assemblyScript } from "../../src/build/assemblyScript.mjs";
import { projectRoot } from "./library.js";

/** Serves the project's root, with `webgru` and its sub-paths meaning the sources. @param isWatched whether files are read again when they change */
export async function servePages(isWatched = false): Promise<ViteDevServer> {
  const server = await createServer({
    root: projectRoot,
    configFile: false,
    plugins: [assemblyScript()],
    logLevel: "error",
    server: {
      host: "127.0.0.1",
      // Each page has some 250 modules: it need not ask whether they are still the same.
      headers: isWatched ? {} : { "Cache-Control": "max-age=3600" },
      port: 0, // any free one
      hmr: false, // a page that reloads in the middle of a test fails it
      watch: isWatched ? {} : null,
    },
    // Nothing the pages import comes from node_modules.
    optimizeDeps: { noDiscovery: true },
    resolve: {
      alias: [
        { find: /^webgru$/, replacement: "/src/index.ts" },
        { find: /^webgru\/(\w+)$/, replacement: "/src/entries/$1.ts" },
      ],
    },
  });
  return server.listen();
}
