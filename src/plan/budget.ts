import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import type { Plan } from "./plan.js";
import { planSequence } from "./planSequence.js";

/** What a plan needs to know of a device. */
export interface DeviceFacts {
  /** A software adapter: correct, and slower than a plain loop. */
  readonly isFallback: boolean;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/**
 * Arithmetic that one submit may hold, so that it stays near 50 ms: a page shares the GPU with what is on the screen,
 * and one long dispatch gets it killed. A slow integrated GPU does 20 GFLOP/s of batch-1 steps, a software adapter 1.
 */
const FLOP_PER_SUBMIT = 1e9;
const FLOP_PER_SUBMIT_FALLBACK = 5e7;

/** Beyond this, longer chunks save nothing that can be measured, and cost memory. */
const MAX_CHUNK_STEPS = 1024;
const MAX_SCRATCH_BYTES = 64 * 2 ** 20;

/**
 * The most steps that a chunk of `batchSize` rows should hold on `device`.
 *
 * @throws GruError `limit-exceeded` when not even one step fits
 */
export function maxChunkSteps(network: Network, batchSize: number, device: DeviceFacts): number {
  const oneStep = planSequence(network, batchSize, 1);
  checkLimits(oneStep, device);
  const scratch = oneStep.buffers.filter((buffer) => buffer.lifetime === "scratch");
  const largestBytes = Math.max(...scratch.map((buffer) => buffer.sizeBytes));
  const maxBytes = Math.min(MAX_SCRATCH_BYTES, device.maxStorageBufferBindingSize, device.maxBufferSize);
  const flopBudget = device.isFallback ? FLOP_PER_SUBMIT_FALLBACK : FLOP_PER_SUBMIT;
  const largest = Math.min(
    MAX_CHUNK_STEPS,
    Math.floor(maxBytes / largestBytes),
    Math.floor(device.maxComputeWorkgroupsPerDimension / batchSize),
    Math.floor(flopBudget / flopPerStep(network, batchSize)),
  );
  return Math.max(1, largest);
}

/** Steps to plan a chunk for: a power of two, so that similar lengths share a plan, or the most there may be. */
export function chunkStepsFor(sequenceLength: number, maxSteps: number): number {
  return Math.min(maxSteps, 2 ** Math.ceil(Math.log2(sequenceLength)));
}

/** Multiplications and additions of one step of `batchSize` rows: two for each weight that meets each row. */
export function flopPerStep(network: Network, batchSize: number): number {
  let numWeights = 0;
  for (const layer of network.layers) {
    if (layer.type !== "embedding") numWeights += layer.weight.length;
    if (layer.type === "gru") numWeights += layer.recurrentWeight.length;
  }
  return Math.max(1, 2 * numWeights * batchSize);
}

function checkLimits(plan: Plan, device: DeviceFacts): void {
  const { batchSize } = plan;
  if (batchSize > device.maxComputeWorkgroupsPerDimension) {
    throw new GruError(
      "limit-exceeded",
      `batchSize: expected at most ${device.maxComputeWorkgroupsPerDimension} rows on this device, got ${batchSize}`,
    );
  }
  const maxBytes = Math.min(device.maxStorageBufferBindingSize, device.maxBufferSize);
  const tooLarge = plan.buffers.find((buffer) => buffer.sizeBytes > maxBytes);
  if (tooLarge !== undefined) {
    throw new GruError(
      "limit-exceeded",
      `${tooLarge.label}: expected at most ${maxBytes} bytes, the most that this device binds, got ${tooLarge.sizeBytes} (batchSize ${batchSize})`,
    );
  }
}
