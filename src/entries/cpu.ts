// The CPU path, in WebAssembly and in plain JavaScript. The main file fetches this file when a model may run on the CPU. Where
// code cannot be fetched later, as in an AudioWorklet, `import "webgru/cpu"` beforehand does the same.

import { CpuEngine } from "../cpu/cpuEngine.js";
import { type FastCpu, fastCpu } from "../cpu/fastCpu.js";
import { addLayers, hasCoreLayers } from "../cpu/layers.js";
import * as coreModules from "../cpu/wasm/index.ts?modules";
import { weigh } from "../cpu/weigh.js";
import { type CpuPath, cpuLayers, registerCpu } from "../engine/registry.js";
import type { Network } from "../model/network.js";

/** The CPU path, which registers itself. */
export const path: CpuPath = {
  createEngine: async (network, reason) => new CpuEngine(network, reason, await formFor(network)),

  async offer(network, workload, gpu) {
    const fast = await formFor(network);
    if (typeof fast === "string") return { whyNot: `a GPU was found; ${fast}` };
    try {
      const runner = fast.createRunner(network);
      const { isCpuFirst, reason } = await weigh(network, runner, workload, () => gpu.timeReadbackUs());
      return isCpuFirst ? { engine: new CpuEngine(network, reason, fast, runner) } : { whyNot: reason };
    } catch (error) {
      return { whyNot: `a GPU was found; the CPU cannot run this model: ${String(error)}` };
    }
  },
};

registerCpu(path);

/** The fast form for a network, and its layer types. @returns why there is none, where there is none */
async function formFor(network: Network): Promise<FastCpu | string> {
  if (hasCoreLayers(network)) return fastCpu(coreModules);
  const { layers, modules } = await cpuLayers();
  addLayers(layers);
  return fastCpu(modules);
}
