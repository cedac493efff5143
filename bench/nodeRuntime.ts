import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { chosenAdapter } from "../test/harness/chrome.js";
import { projectRoot } from "../test/harness/library.js";
import { describeAdapter } from "./adapter.js";
import { clockResolution } from "./clock.js";
import type { Contender } from "./contender.js";
import { nodeContenders } from "./contenders/node.js";
import { measure } from "./measure.js";
import type { Runtime } from "./runtime.js";

/** Debian's Chromium brings a software driver of Vulkan along. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Exports of the npm package `webgpu`, Dawn for Node. */
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

/** Puts WebGPU into this process, and measures here. */
export async function openNode(): Promise<Runtime> {
  const require = createRequire(`${projectRoot}bench/package.json`);
  if (chosenAdapter() === "swiftshader" && existsSync(SOFTWARE_DRIVER))
    process.env.VK_ICD_FILENAMES ??= SOFTWARE_DRIVER;
  const dawn = require("webgpu") as Dawn;
  Object.assign(globalThis, dawn.globals);
  // On `globalThis` for good: when the object that create() gave is collected, the process aborts.
  Object.defineProperty(globalThis, "navigator", { value: { gpu: dawn.create([]) }, configurable: true });
  const contenders: readonly Contender[] = nodeContenders(require);
  const { version } = require("webgpu/package.json") as { version: string };
  return {
    describe: async (needsGpu) => ({
      engine: `Node ${process.versions.node}, webgpu ${version}`,
      adapter: await describeAdapter(needsGpu),
      clockUs: clockResolution(),
    }),
    measure: (request) => measure(contenders, request),
    close: async () => {},
  };
}
