import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, createServer, type InlineConfig, type ViteDevServer } from "vite";
import { assemblyScript } from "../../src/build/assemblyScript.mjs";
import { projectRoot } from "./library.js";

/** The pages that tests open, from the project's root. */
const PAGES = [
  "test/browser/support/testPage.html",
  "demo/index.html",
  "demo/sensor/index.html",
  "demo/audio/index.html",
  "bench/page.html",
];

/** The settings of every server of pages in tests. */
export const pageConfig: InlineConfig = {
  root: projectRoot,
  configFile: false,
  logLevel: "error",
  resolve: {
    alias: [
      { find: /^webgru$/, replacement: "/src/index.ts" },
      { find: /^webgru\/(\w+)$/, replacement: "/src/entries/$1.ts" },
    ],
  },
};

/**
 * Serves the project's root, with `webgru` and its sub-paths meaning the sources.
 *
 * The pages themselves come from a bundle, made once: a page of 250 modules takes over a second to open, each time.
 *
 * @param isWatched whether files are read again when they change; there is no bundle then
 */
export async function servePages(isWatched = false): Promise<ViteDevServer> {
  const bundle = isWatched ? null : await bundlePages();
  const server = await createServer({
    ...pageConfig,
    plugins: [assemblyScript()],
    publicDir: bundle ?? false,
    server: {
      host: "127.0.0.1",
      // A module need not be asked whether it is still the same.
      headers: isWatched ? {} : { "Cache-Control": "max-age=3600" },
      port: 0, // any free one
      hmr: false, // a page that reloads in the middle of a test fails it
      watch: isWatched ? {} : null,
    },
    // Nothing the pages import comes from node_modules.
    optimizeDeps: { noDiscovery: true },
  });
  server.httpServer?.once("close", () => void (bundle && rm(bundle, { recursive: true, force: true })));
  return server.listen();
}

/** Writes the pages and what they load to a folder of its own, and gives its path. */
async function bundlePages(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "webgru-pages-"));
  await build({
    ...pageConfig,
    plugins: [assemblyScript()],
    publicDir: false,
    worker: { format: "es", plugins: () => [assemblyScript()] },
    build: {
      outDir,
      emptyOutDir: true,
      target: "esnext",
      minify: false,
      rolldownOptions: {
        input: PAGES.map((page) => `${projectRoot}${page}`),
        // The package says which of its modules have effects, and does not know the tests'.
        treeshake: false,
      },
    },
  });
  return outDir;
}
