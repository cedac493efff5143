import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { assemblyScript } from "./src/build/assemblyScript.mjs";

const projectRoot = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: projectRoot,
  plugins: [assemblyScript()],
  resolve: {
    alias: [
      { find: /^webgru$/, replacement: `${projectRoot}src/index.ts` },
      { find: /^webgru\/(\w+)$/, replacement: `${projectRoot}src/entries/$1.ts` },
    ],
  },
  test: {
    // For what hangs, and for nothing else: the slowest test takes half a minute, and a busy machine ten times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/long/conformance/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: "test/browser/setup.ts",
          // Chrome draws and computes in software, on threads of its own: one file at a time.
          fileParallelism: false,
        },
      },
    ],
  },
});
