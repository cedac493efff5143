import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** Inlines `*.wgsl?raw` without comments and indentation; lines stay, so a compile error's number still fits the source. */
const wgsl: Plugin = {
  name: "wgsl",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wgsl?raw")) return null;
    const source = readFileSync(id.slice(0, -"?raw".length), "utf8");
    const lines = source.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
    return `export default ${JSON.stringify(lines.join("\n").trimEnd())};`;
  },
};

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  logLevel: "warn",
  publicDir: false,
  plugins: [wgsl],
  build: {
    target: "es2022",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "webgru" },
    // Vite itself keeps the whitespace of an ES library.
    rolldownOptions: { output: { minify: true } },
  },
});
