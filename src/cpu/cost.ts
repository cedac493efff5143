// The cost of a workload on the CPU and on a GPU, estimated from the network alone. Pure: measured times are arguments.

import type { Workload } from "../engine/workload.js";
import { EVERY_STEP } from "../layers/cadence.js";
import { type Layer, layerType, tensorsOf } from "../layers/index.js";
import type { Storage, TensorSpec } from "../layers/layerType.js";
import { type Network, sequencesOf, sizeOfValue } from "../model/network.js";

/** The work of a workload. */
export interface Work {
  readonly flops: number;
  /** Weights read, each as often as it is read. */
  readonly weightBytes: number;
  /** Dispatches that each wait for the one before. */
  readonly numDispatches: number;
  /** Input and output. */
  readonly transferBytes: number;
}

/** Rows for each read of a recurrent weight, and rows of all steps for each read of another weight. */
const ROWS_AT_ONCE = 32;
const TIME_ROWS_AT_ONCE = 256;

const ELEMENT_BYTES: Record<Storage, number> = { f32: 4, f16: 2, int8: 1 };

/** The same on the CPU. */
const CPU_ELEMENT_BYTES: Record<Storage, number> = { ...ELEMENT_BYTES, int8: 4 };

/** The work of B rows by T steps of a network. */
export function workOf(network: Network, { batchSize = 1, sequenceLength = 1 }: Workload): Work {
  const timeRows = batchSize * sequenceLength;
  let [flops, weightBytes, numDispatches] = [0, 0, 0];
  const sequences = sequencesOf(network.layers);
  for (const layer of network.layers) {
    const { stride } = sequences.get(layer.name) ?? EVERY_STEP;
    const [ownSteps, ownRows] = [sequenceLength / stride, timeRows / stride];
    numDispatches += 1 + ownSteps * (layerType(layer).numStepDispatches?.(layer) ?? 0);
    for (const { numElements, bytes, kind, timesPerFrame } of productsOf(layer)) {
      flops += 2 * numElements * timesPerFrame * ownRows;
      const numReads =
        kind === "matrix"
          ? Math.ceil((ownRows * timesPerFrame) / TIME_ROWS_AT_ONCE)
          : ownSteps * Math.ceil((batchSize * timesPerFrame) / ROWS_AT_ONCE);
      weightBytes += bytes * numReads;
    }
  }
  const outputSize = network.outputs.reduce((sum, name) => sum + sizeOfValue(network, name), 0);
  return { flops, weightBytes, numDispatches, transferBytes: 4 * timeRows * (network.inputSize + outputSize) };
}

interface Product extends Required<Pick<TensorSpec, "kind" | "timesPerFrame">> {
  readonly numElements: number;
  readonly bytes: number;
  readonly cpuBytes: number;
}

/** A layer's matrices that frames or states are multiplied by. */
function productsOf(layer: Layer): Product[] {
  return tensorsOf(layer)
    .filter(({ kind }) => kind === "matrix" || kind === "recurrentMatrix")
    .map(({ values, kind, timesPerFrame = 1 }) => {
      const numElements = values!.length;
      const [bytes, cpuBytes] = [ELEMENT_BYTES, CPU_ELEMENT_BYTES].map((sizes) => numElements * sizes[layer.storage]);
      return { numElements, bytes: bytes!, cpuBytes: cpuBytes!, kind, timesPerFrame };
    });
}

/** Time of a call without its work, and rates of work per microsecond: one core of a laptop, 128 bits wide. */
const CPU = { callUs: 8, flopsPerUs: 30_000, cachedBytesPerUs: 50_000, bytesPerUs: 25_000, cacheBytes: 2 * 2 ** 20 };

/** The same of a small GPU in a laptop. A larger GPU is faster only for workloads where this one already beats any CPU. */
const GPU = { dispatchUs: 3, flopsPerUs: 1_000_000, bytesPerUs: 60_000, transferBytesPerUs: 4_000 };

/** Time of a readback in a browser that looks for the result by a timer. */
export const USUAL_READBACK_US = 1000;

/** @returns microseconds */
export function cpuTimeUs({ flops, weightBytes }: Work, network: Network): number {
  const products = network.layers.flatMap(productsOf);
  const storedBytes = products.reduce((sum, { bytes }) => sum + bytes, 0);
  const sizeBytes = products.reduce((sum, { cpuBytes }) => sum + cpuBytes, 0);
  const rate = sizeBytes <= CPU.cacheBytes ? CPU.cachedBytesPerUs : CPU.bytesPerUs;
  const readBytes = storedBytes === 0 ? 0 : (weightBytes * sizeBytes) / storedBytes;
  return CPU.callUs + Math.max(flops / CPU.flopsPerUs, readBytes / rate);
}

/** @param readbackUs time of an empty round trip to the GPU @returns microseconds */
export function gpuTimeUs({ flops, weightBytes, numDispatches, transferBytes }: Work, readbackUs: number): number {
  const computeUs = Math.max(flops / GPU.flopsPerUs, weightBytes / GPU.bytesPerUs);
  return readbackUs + numDispatches * GPU.dispatchUs + computeUs + transferBytes / GPU.transferBytesPerUs;
}

/** The device that finishes first, and the reason, for a person. */
export interface Verdict {
  readonly isCpuFirst: boolean;
  readonly reason: string;
}

/** Compares two times. @param how they were found, for a person */
export function compareTimes(cpuUs: number, gpuUs: number, workload: Workload, how: string): Verdict {
  const { batchSize = 1, sequenceLength = 1 } = workload;
  const isCpuFirst = cpuUs <= gpuUs;
  const times = `${describeUs(cpuUs)} on the CPU, ${describeUs(gpuUs)} on the GPU`;
  const wayOut = `to choose otherwise, say the workload ({ batchSize, sequenceLength }) or device: "${isCpuFirst ? "webgpu" : "cpu"}"`;
  return { isCpuFirst, reason: `first to finish B=${batchSize} T=${sequenceLength} (${times}, ${how}); ${wayOut}` };
}

function describeUs(us: number): string {
  return us < 1000 ? `${Math.round(us)} us` : `${(us / 1000).toFixed(1)} ms`;
}
