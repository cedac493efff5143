// Windows along time: the fields of the layers that have them, and the frames that a window covers.
//
// Window j covers frames j stride - before + k dilation, k from 0 to n - 1. A layer streams if a window ends with the last of
// the `stride` frames that it is made for, or before: the frames before a chunk's first that windows cover are then
// the block `past` of its state, the oldest first, zeros at the beginning.

import { type Cadence, EVERY_STEP } from "./cadence.js";
import { count, type Field } from "./field.js";
import type { StateBlock, TimeRelation } from "./layerType.js";

/**
 * `causal`: a window ends with its output's own frame, and those before the first frame are zeros. `valid`: windows of a row's
 * own frames alone. `same`: a step for each frame, or for each `timeStride` frames, with as much padding before as after, or
 * one frame more after. [before, after]: so many frames of padding.
 */
export type TimePadding = "causal" | "same" | "valid" | readonly [before: number, after: number];

/** Fields of a layer with windows along time. */
export interface TimeWindows {
  /** n, frames of a window. */
  readonly timeKernelSize: number;
  /** Frames from one of a window to its next one. */
  readonly timeDilation: number;
  /** Frames from window to window. */
  readonly timeStride: number;
  readonly timePadding: TimePadding;
}

/** All of them may be left out. */
export type TimeWindowDefaults = keyof TimeWindows;

/** A layer with windows along time; its type may have no dilation, which then is 1. */
export type WithTimeWindows = Omit<TimeWindows, "timeDilation"> & Partial<Pick<TimeWindows, "timeDilation">>;

const WORDS: readonly unknown[] = ["causal", "same", "valid"];

/** Frames of padding, and of a past. */
const MAX_FRAMES = 2 ** 20;

function isPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isFrames);
}

function isFrames(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FRAMES;
}

export const timeWindowFields = {
  timeKernelSize: count("frames"),
  timeDilation: count("time dilation"),
  timeStride: count("time stride"),
  timePadding: {
    kind: "size",
    default: "causal",
    expected: '"causal", "same", "valid", or [before, after] in frames',
    accepts: (value) => WORDS.includes(value) || isPair(value),
    complete: (value) => (isPair(value) ? [...value] : value),
    describe: (value) => (value === "causal" ? "" : `time padding ${String(value)}`),
  },
} satisfies Record<keyof TimeWindows, Field>;

/** Frames from a window's first to its last. */
function reach({ timeKernelSize, timeDilation = 1 }: WithTimeWindows): number {
  return (timeKernelSize - 1) * timeDilation;
}

/** Frames of padding before and after a row. */
function paddingOf(layer: WithTimeWindows, length: number): readonly [before: number, after: number] {
  const { timeStride, timePadding } = layer;
  if (timePadding === "causal") return [reach(layer), 0];
  if (timePadding === "valid") return [0, 0];
  if (timePadding !== "same") return timePadding;
  const all = Math.max(0, (Math.ceil(length / timeStride) - 1) * timeStride + reach(layer) + 1 - length);
  return [Math.floor(all / 2), Math.ceil(all / 2)];
}

/** Frames before a row's first that its first window covers; those of `same` are by the row's length. */
export function framesBefore(layer: WithTimeWindows, length: number): number {
  return paddingOf(layer, length)[0];
}

/** How a layer's steps follow from its input's. */
export function cadenceOfWindows(layer: WithTimeWindows): Cadence {
  const { timeStride: stride, timePadding } = layer;
  if (timePadding === "same") return { ...EVERY_STEP, stride, extra: stride - 1 };
  const [before, after] = paddingOf(layer, 0);
  const missing = reach(layer) + 1 - before - after;
  return { stride, extra: stride - missing, least: Math.max(1, missing) };
}

/** Why a layer cannot begin before a sequence's end; null where it can. */
export function endOfWindows(layer: WithTimeWindows): string | null {
  const { timeStride, timePadding } = layer;
  const isAfter = timePadding === "same" ? reach(layer) > 0 : typeof timePadding === "object" && timePadding[1] > 0;
  // Frames that a window needs after the first of the frames that it is made for.
  const numLater = reach(layer) - framesBefore(layer, 0);
  const streams = !isAfter && numLater >= 0 && numLater < timeStride;
  return streams ? null : `timePadding ${JSON.stringify(timePadding)}`;
}

/** Frames before a chunk's first that windows cover, which a stream keeps; 0 of a layer that needs a sequence's end. */
export function pastFrames(layer: WithTimeWindows): number {
  return endOfWindows(layer) === null ? framesBefore(layer, 0) : 0;
}

/** Each frame by itself, or some together. */
export function timeOfWindows(layer: WithTimeWindows): TimeRelation {
  const isSingle = reach(layer) === 0 && layer.timeStride === 1 && cadenceOfWindows(layer).extra === 0;
  return isSingle ? "frame" : "window";
}

/** The state of a layer that reads frames of `inputSize` features. */
export function pastBlocks(layer: WithTimeWindows, inputSize: number): StateBlock[] {
  const frames = pastFrames(layer);
  return frames === 0 ? [] : [{ name: "past", numDirections: 1, size: frames * inputSize }];
}

/** Why the fields of windows do not go together; null where they do. */
export function timeWindowFault(layer: WithTimeWindows): string | null {
  const { timeKernelSize, timeDilation = 1, timeStride } = layer;
  const most = Math.max(reach(layer), timeStride);
  if (most <= MAX_FRAMES) return null;
  const got = `timeKernelSize ${timeKernelSize}, timeDilation ${timeDilation}, timeStride ${timeStride}`;
  return `expected windows that reach over at most ${MAX_FRAMES} frames, got ${got}`;
}

/**
 * Runs over the windows of a row's frames, in float64.
 *
 * @param steps each [I]
 * @param past [frames, I], replaced by the last frames; undefined for a layer without a past
 * @param output gives an output from the frames of its window, the oldest first; null for padding
 */
export function overWindows(
  layer: WithTimeWindows,
  steps: readonly Float64Array[],
  past: Float64Array | undefined,
  output: (window: readonly (Float64Array | null)[]) => Float64Array,
): Float64Array[] {
  if (steps.length === 0) return [];
  const { timeKernelSize, timeDilation = 1, timeStride } = layer;
  const [before, after] = paddingOf(layer, steps.length);
  const size = past === undefined ? 0 : past.length / before;
  const first = Array.from({ length: before }, (_, i) => past?.slice(i * size, (i + 1) * size) ?? null);
  const frames = [...first, ...steps, ...Array.from({ length: after }, () => null)];
  const outputs: Float64Array[] = [];
  for (let start = 0; start + reach(layer) < frames.length; start += timeStride) {
    outputs.push(output(Array.from({ length: timeKernelSize }, (_, k) => frames[start + k * timeDilation]!)));
  }
  if (past !== undefined) frames.slice(steps.length).forEach((x, i) => past.set(x!, i * size));
  return outputs;
}
