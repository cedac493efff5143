import { GruError } from "../errors.js";
import { framesPerStep, hasReverse, type Network } from "../model/network.js";
import type { DeviceFacts } from "./deviceFacts.js";
import type { NetworkLayout } from "./networkLayout.js";
import type { Plan } from "./plan.js";
import { surveySequence } from "./planSequence.js";
import type { Tuning } from "./tuning.js";

/** Beyond this, longer chunks save nothing that can be measured, and cost memory. */
const MAX_CHUNK_STEPS = 1024;
const MAX_CHUNK_BYTES = 64 * 2 ** 20;

/**
 * The most steps that a chunk of `batchSize` rows may hold on a device, by whichever kernels.
 *
 * @throws GruError `limit-exceeded` when not even one step fits
 */
export function maxChunkSteps(layout: NetworkLayout, batchSize: number, tuning: Tuning): number {
  const { facts } = tuning;
  const unit = framesPerStep(layout.network);
  const plan = surveySequence(layout, { maxRows: batchSize, chunkSteps: unit, lastOnly: false, tuning }, "rows");
  checkLimits(plan, facts);
  const maxBytes = maxBindingBytes(facts);
  const growing = plan.buffers.filter(({ stepBytes = 0 }) => stepBytes > 0);
  const fits = (limitBytes: number) =>
    growing.reduce(
      (steps, { sizeBytes, stepBytes }) => Math.min(steps, unit + Math.floor((limitBytes - sizeBytes) / stepBytes!)),
      Infinity,
    );
  const whole = (steps: number) => Math.max(unit, steps - (steps % unit));
  // A sequence that must be in one chunk may take all that the device has.
  return hasReverse(layout.network)
    ? fits(maxBytes)
    : whole(Math.min(MAX_CHUNK_STEPS, fits(Math.min(MAX_CHUNK_BYTES, maxBytes))));
}

/** Size of the largest buffer that a device binds, in bytes. */
export function maxBindingBytes({ maxBufferSize, maxStorageBufferBindingSize }: DeviceFacts): number {
  return Math.min(maxBufferSize, maxStorageBufferBindingSize);
}

/**
 * Steps to plan a chunk for: a power of two times the frames of a step, so that similar lengths share a plan, or the most
 * there may be.
 *
 * @throws GruError `limit-exceeded` when a reverse layer needs more steps in one chunk than fit
 */
export function chunkStepsFor(network: Network, sequenceLength: number, maxSteps: number): number {
  if (hasReverse(network) && sequenceLength > maxSteps) {
    throw new GruError(
      "limit-exceeded",
      `input: expected at most ${maxSteps} steps on this device, since a reverse layer needs them all at once, got ${sequenceLength}`,
    );
  }
  const unit = framesPerStep(network);
  return Math.min(maxSteps, unit * 2 ** Math.ceil(Math.log2(Math.max(1, sequenceLength / unit))));
}

/** Time that a submit should take at most. */
export const SUBMIT_MS = 50;

/**
 * Arithmetic that one submit may hold, so that it stays near {@link SUBMIT_MS}: a page shares the GPU with what is on the screen,
 * and one long dispatch gets it killed. A slow integrated GPU does 20 GFLOP/s of batch-1 steps, a software adapter 1.
 */
export function flopPerSubmit({ isFallback }: DeviceFacts): number {
  return isFallback ? 5e7 : 1e9;
}

/** Beyond this, more tokens in one submit save nothing that can be measured, and come later. */
const MAX_GENERATED_STEPS = 64;

/** Steps to generate at once: a power of two, of about a submit's arithmetic. @param stepFlop of one step of all rows */
export function generatedStepsFor(stepFlop: number, length: number, maxFlop: number): number {
  const numSteps = Math.max(1, Math.min(MAX_GENERATED_STEPS, maxFlop / stepFlop));
  return Math.min(2 ** Math.floor(Math.log2(numSteps)), 2 ** Math.ceil(Math.log2(length)));
}

function checkLimits(plan: Plan, device: DeviceFacts): void {
  const { maxRows: batchSize } = plan;
  if (batchSize > device.maxComputeWorkgroupsPerDimension) {
    throw new GruError(
      "limit-exceeded",
      `batchSize: expected at most ${device.maxComputeWorkgroupsPerDimension} rows on this device, got ${batchSize}`,
    );
  }
  for (const { label, sizeBytes } of plan.buffers) checkSize(device, label, sizeBytes, `batchSize ${batchSize}`);
}

/** @throws GruError `limit-exceeded` when the device cannot bind a buffer of that size; `what` is what it is for */
export function checkSize(device: DeviceFacts, label: string, sizeBytes: number, what: string): void {
  const maxBytes = maxBindingBytes(device);
  if (sizeBytes <= maxBytes) return;
  throw new GruError(
    "limit-exceeded",
    `${label}: expected at most ${maxBytes} bytes, the most that this device binds, got ${sizeBytes} (${what})`,
  );
}
