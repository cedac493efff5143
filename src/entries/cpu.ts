// The CPU path, in WebAssembly and in plain JavaScript. The main file fetches this file when a model may run on the CPU. Where
// code cannot be fetched later, as in an AudioWorklet, `import "webgru/cpu"` beforehand does the same.

import { CpuEngine } from "../cpu/cpuEngine.js";
import { fastCpu } from "../cpu/fastCpu.js";
import { type CpuPath, registerCpu } from "../engine/registry.js";
import { weigh } from "../cpu/weigh.js";

/** The CPU path, which registers itself. */
export const path: CpuPath = {
  createEngine: async (network, reason) => new CpuEngine(network, reason, await fastCpu()),

  async offer(network, workload, gpu) {
    const fast = await fastCpu();
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
