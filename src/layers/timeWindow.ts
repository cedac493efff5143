// Windows along time: the fields of the layers that have them, and the frames that a window covers.
//
// A window ends with its output's own frame. Frames before the first are zeros; a stream keeps the frames that windows of
// later ones cover, the block `past` of its state, the oldest first.

import { count, type Field } from "./field.js";
import type { StateBlock, TimeRelation } from "./layerType.js";

/** Fields of a layer with windows along time. */
export interface TimeWindows {
  /** Frames of a window. */
  readonly timeKernelSize: number;
  /** Frames from one of a window to its next one. */
  readonly timeDilation: number;
}

/** All of them may be left out. */
export type TimeWindowDefaults = keyof TimeWindows;

export const timeWindowFields = {
  timeKernelSize: count("frames"),
  timeDilation: count("each after"),
} satisfies Record<keyof TimeWindows, Field>;

/** Frames before a frame that its window covers. */
export function pastFrames({ timeKernelSize, timeDilation }: TimeWindows): number {
  return (timeKernelSize - 1) * timeDilation;
}

/** Each frame by itself, or with frames before it. */
export function timeOfWindows({ timeKernelSize }: TimeWindows): TimeRelation {
  return timeKernelSize === 1 ? "frame" : "window";
}

/** The state of a layer that reads frames of `inputSize` features. */
export function pastBlocks(layer: TimeWindows, inputSize: number): StateBlock[] {
  const frames = pastFrames(layer);
  return frames === 0 ? [] : [{ name: "past", numDirections: 1, size: frames * inputSize }];
}

/**
 * Runs over the windows of a row's frames, in float64.
 *
 * @param steps each [I]
 * @param past [frames, I], replaced by the last frames
 * @param output gives an output from the frames of its window, the oldest first
 */
export function overWindows(
  layer: TimeWindows,
  steps: readonly Float64Array[],
  past: Float64Array | undefined,
  output: (window: readonly Float64Array[]) => Float64Array,
): Float64Array[] {
  const { timeKernelSize, timeDilation } = layer;
  const numPast = pastFrames(layer);
  if (past === undefined) return steps.map((x) => output([x]));
  const size = past.length / numPast;
  const before = Array.from({ length: numPast }, (_, i) => past.slice(i * size, (i + 1) * size));
  const frames = [...before, ...steps];
  const outputs = steps.map((_, step) =>
    output(Array.from({ length: timeKernelSize }, (__, k) => frames[step + k * timeDilation]!)),
  );
  frames.slice(steps.length).forEach((x, i) => past.set(x, i * size));
  return outputs;
}
