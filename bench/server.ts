import { createServer, type ViteDevServer } from "vite";
import { projectRoot } from "../test/harness/library.js";

/** Serves the project's root, with `webgru` meaning the built library, as `npm run bench` has just built it. */
export async function startServer(): Promise<ViteDevServer> {
  const server = await createServer({
    root: projectRoot,
    configFile: false,
    logLevel: "error",
    server: {
      host: "127.0.0.1",
      port: 0, // any free one
      hmr: false,
      watch: null,
      // A page isolated from other origins has a clock of 5 us; another's steps by 100.
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    },
    optimizeDeps: { noDiscovery: true },
    resolve: { alias: { webgru: "/dist/webgru.js" } },
  });
  return server.listen();
}
