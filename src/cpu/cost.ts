// What a use of a network costs on the CPU and on a GPU, as far as it can be told beforehand. Pure; measured figures come
// in from outside.

import type { Workload } from "../engine/workload.js";
import { type Layer, layerType, tensorsOf } from "../layers/index.js";
import type { Storage, TensorSpec } from "../layers/layerType.js";
import { type Network, sizeOfValue } from "../model/network.js";

/** What there is to do. */
export interface Work {
  readonly flops: number;
  /** Weights that pass through the processor, each as often as it is read. */
  readonly weightBytes: number;
  /** Dispatches that wait for the one before. */
  readonly numDispatches: number;
  /** Input and output. */
  readonly transferBytes: number;
}

/** Rows for which the CPU reads a recurrent weight once, and rows of all steps for which it reads another once. */
const ROWS_AT_ONCE = 32;
const TIME_ROWS_AT_ONCE = 256;

const ELEMENT_BYTES: Record<Storage, number> = { f32: 4, f16: 2, int8: 1 };

/** What B rows by T steps of a network come to. */
export function workOf(network: Network, { batchSize = 1, sequenceLength = 1 }: Workload): Work {
  const timeRows = batchSize * sequenceLength;
  let [flops, weightBytes, numDispatches] = [0, 0, 0];
  for (const layer of network.layers) {
    numDispatches += 1 + sequenceLength * (layerType(layer).numStepDispatches?.(layer) ?? 0);
    for (const { numElements, bytes, kind } of productsOf(layer)) {
      flops += 2 * numElements * timeRows;
      const numReads =
        kind === "matrix"
          ? Math.ceil(timeRows / TIME_ROWS_AT_ONCE)
          : sequenceLength * Math.ceil(batchSize / ROWS_AT_ONCE);
      weightBytes += bytes * numReads;
    }
  }
  const outputSize = network.outputs.reduce((sum, name) => sum + sizeOfValue(network, name), 0);
  return { flops, weightBytes, numDispatches, transferBytes: 4 * timeRows * (network.inputSize + outputSize) };
}

/** A layer's matrices that frames and states are multiplied by. */
function productsOf(layer: Layer): { numElements: number; bytes: number; kind: TensorSpec["kind"] }[] {
  return tensorsOf(layer)
    .filter(({ kind }) => kind === "matrix" || kind === "recurrentMatrix")
    .map(({ values, kind }) => {
      const numElements = values!.length;
      return { numElements, bytes: numElements * ELEMENT_BYTES[layer.storage], kind };
    });
}

/** A call's own time, and products and weights by the microsecond: of one core of a laptop, 128 bits wide. */
const CPU = { callUs: 8, flopsPerUs: 30_000, cachedBytesPerUs: 50_000, bytesPerUs: 25_000, cacheBytes: 2 * 2 ** 20 };

/** The same of a small GPU in a laptop: a larger one is quicker only where it is quicker than any CPU anyway. */
const GPU = { dispatchUs: 3, flopsPerUs: 1_000_000, bytesPerUs: 60_000, transferBytesPerUs: 4_000 };

/** What reading a result back takes in a browser that looks for it by a timer. */
export const USUAL_READBACK_US = 1000;

/** @returns microseconds */
export function cpuTimeUs({ flops, weightBytes }: Work, network: Network): number {
  const rate = sizeBytes(network) <= CPU.cacheBytes ? CPU.cachedBytesPerUs : CPU.bytesPerUs;
  return CPU.callUs + Math.max(flops / CPU.flopsPerUs, weightBytes / rate);
}

/** @returns microseconds, given what an empty round trip to the GPU takes */
export function gpuTimeUs({ flops, weightBytes, numDispatches, transferBytes }: Work, readbackUs: number): number {
  const computeUs = Math.max(flops / GPU.flopsPerUs, weightBytes / GPU.bytesPerUs);
  return readbackUs + numDispatches * GPU.dispatchUs + computeUs + transferBytes / GPU.transferBytesPerUs;
}

function sizeBytes(network: Network): number {
  return network.layers.flatMap(productsOf).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Which device finishes first, and why, for a person. */
export interface Verdict {
  readonly isCpuFirst: boolean;
  readonly reason: string;
}

/** What two estimates come to. @param how they were made */
export function compareTimes(cpuUs: number, gpuUs: number, workload: Workload, how: string): Verdict {
  const { batchSize = 1, sequenceLength = 1 } = workload;
  const isCpuFirst = cpuUs <= gpuUs;
  const times = `${describeUs(cpuUs)} on the CPU, ${describeUs(gpuUs)} on the GPU`;
  const what = `B=${batchSize} T=${sequenceLength}`;
  const wayOut = `to choose otherwise, say the workload ({ batchSize, sequenceLength }) or device: "${isCpuFirst ? "webgpu" : "cpu"}"`;
  return { isCpuFirst, reason: `first to finish ${what} (${times}, ${how}); ${wayOut}` };
}

function describeUs(us: number): string {
  return us < 1000 ? `${Math.round(us)} us` : `${(us / 1000).toFixed(1)} ms`;
}
