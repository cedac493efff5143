import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { assemblyScript } from "../src/build/assemblyScript.mjs";

const projectRoot = fileURLToPath(new URL("..", import.meta.url));
const pages = ["index.html", "sensor/index.html", "audio/index.html"];
const hasDesktop = process.platform !== "linux" || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses, so that the built page works in any folder of a site.
  base: "./",
  plugins: [assemblyScript()],
  // The demo imports the library by its package name, from source.
  resolve: {
    alias: [
      { find: /^webgru$/, replacement: `${projectRoot}src/index.ts` },
      { find: /^webgru\/(\w+)$/, replacement: `${projectRoot}src/entries/$1.ts` },
    ],
  },
  server: { open: hasDesktop && !process.env.CI, fs: { allow: [projectRoot] } },
  worker: { format: "es", plugins: () => [assemblyScript()] },
  build: {
    target: "es2022",
    rolldownOptions: { input: pages.map((page) => fileURLToPath(new URL(page, import.meta.url))) },
  },
});
