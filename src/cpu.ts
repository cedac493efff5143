// The CPU path in WebAssembly. The main file fetches this one when a model may go to the CPU. Where code may not be
// fetched on the way, as in an AudioWorklet, `import "webgru/cpu"` beforehand does the same.

import { compareTimes, cpuTimeUs, gpuTimeUs, type Use, USUAL_READBACK_US, type Verdict, workOf } from "./cpu/cost.js";
import { type FastCpu, registerFastCpu } from "./cpu/registry.js";
import type { Runner } from "./cpu/runner.js";
import { timeRunnerUs } from "./cpu/timeRunner.js";
import { compileModule, instantiate } from "./cpu/wasmModule.js";
import { WasmRunner } from "./cpu/wasmRunner.js";
import type { Network } from "./model/network.js";
import { timeReadbackUs } from "./runtime/timeReadback.js";

/** What is timed of a longer or wider use; the rest is taken in proportion. */
const MAX_TIMED_STEPS = 16;
const MAX_TIMED_ROWS = 8;

let compiled: Promise<FastCpu> | null = null;

/** Compiled once, for all models; each has an instance, with its weights. */
function load(): Promise<FastCpu> {
  compiled ??= compileModule().then((module) => ({
    name: module.name,
    createRunner: (network) => new WasmRunner(network, instantiate(module)),
    weigh,
  }));
  return compiled;
}

async function weigh(network: Network, runner: Runner, use: Use, device: GPUDevice): Promise<Verdict> {
  const work = workOf(network, use);
  const estimateUs = cpuTimeUs(work, network);
  if (use.measure === false) {
    return compareTimes(estimateUs, gpuTimeUs(work, USUAL_READBACK_US), use, "estimated");
  }
  const batchSize = Math.min(use.batchSize ?? 1, MAX_TIMED_ROWS);
  const sequenceLength = Math.min(use.sequenceLength ?? 1, MAX_TIMED_STEPS);
  const timedUs = timeRunnerUs(runner, network, batchSize, sequenceLength);
  const cpuUs = (timedUs / cpuTimeUs(workOf(network, { batchSize, sequenceLength }), network)) * estimateUs;
  const readbackUs = await timeReadbackUs(device);
  return compareTimes(cpuUs, gpuTimeUs(work, readbackUs), use, "by what was timed of each");
}

registerFastCpu(load);
