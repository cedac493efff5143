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
  async createEngine(given, reason) {
    const { network, fast } = await prepare(given);
    return new CpuEngine(network, reason, fast);
  },

  async offer(given, workload, gpu) {
    const { network, fast } = await prepare(given);
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

/** The layers to run, whose types are there then, and the fast form, or why there is none. */
async function prepare(network: Network): Promise<{ network: Network; fast: FastCpu | string }> {
  if (hasCoreLayers(network)) return { network, fast: await fastCpu(coreModules) };
  const { layers, modules, simplified } = await cpuLayers();
  addLayers(layers);
  return { network: simplified(network), fast: await fastCpu(modules) };
}
