import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { assemblyScript } from "./src/build/assemblyScript.mjs";

const projectRoot = fileURLToPath(new URL(".", import.meta.url));

/** Starts the dev server, and a Chrome for each worker. */
const globalSetup = "test/browser/support/setup.ts";

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
    // Files run side by side. Each worker has a Chrome of its own, which computes in software: one thread and a half.
    maxWorkers: Math.min(availableParallelism(), 4),
    // For a test that hangs, and for nothing else: the slowest takes half a minute, and a busy machine ten times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], setupFiles: ["test/harness/allLayers.ts"] },
      },
      { extends: true, test: { name: "browser", include: ["test/browser/**/*.test.ts"], globalSetup } },
      // No limit of time: a campaign of streams takes a quarter of an hour.
      {
        extends: true,
        test: {
          name: "long",
          include: ["test/long/**/*.test.ts"],
          setupFiles: ["test/harness/allLayers.ts"],
          globalSetup,
          testTimeout: 0,
          env: { WEBGRU_LONG: "1" },
        },
      },
    ],
  },
});
