// Masked steps, as Keras has them: they leave the state alone and repeat the output before them. The library has
// lengths only, so the steps that count are moved together before it runs, and apart afterwards.

import type { Frame } from "./frame.js";
import type { Tensor } from "./tensor.js";

/** Where the steps that count were. */
export interface Compaction {
  /** The same rows with the steps that count first, [T', B, I]. */
  readonly frame: Frame;
  /** How many those are, [B]. */
  readonly lengths: readonly number[];
  /** Their places before, in order, for each row. */
  readonly places: readonly (readonly number[])[];
  /** Steps of each row, masked ones included. */
  readonly fullLengths: readonly number[];
}

/** Moves the steps that count together. @param mask [B, T] */
export function compact(frame: Frame, mask: Tensor, lengths: readonly number[] | null): Compaction {
  const { numSteps, batchSize, data } = frame;
  const rows = Array.from({ length: batchSize }, (_, row) => row);
  const fullLengths = rows.map((row) => lengths?.[row] ?? numSteps);
  const places = rows.map((row) =>
    Array.from({ length: fullLengths[row]! }, (_, step) => step).filter(
      (step) => mask.data[row * numSteps + step] !== 0,
    ),
  );
  const newLengths = places.map((steps) => steps.length);
  const newNumSteps = Math.max(1, ...newLengths);
  const width = data.length / (numSteps * batchSize);
  const moved = new Float64Array(newNumSteps * batchSize * width);
  places.forEach((steps, row) =>
    steps.forEach((step, k) => {
      const from = (step * batchSize + row) * width;
      moved.set(data.subarray(from, from + width), (k * batchSize + row) * width);
    }),
  );
  return { frame: { ...frame, numSteps: newNumSteps, data: moved }, lengths: newLengths, places, fullLengths };
}

/**
 * Moves outputs back to their places, and fills the masked ones: with the output before, in the order in which the
 * direction goes; with zeros where there is none.
 *
 * @param sequence [T', B, D, H]
 * @param isReverse of each direction, [D]
 * @returns [T, B, D, H]
 */
export function spread(
  sequence: Tensor,
  { places, fullLengths }: Compaction,
  numSteps: number,
  isReverse: readonly boolean[],
): Tensor {
  const [, batchSize, numDirections, hiddenSize] = sequence.shape as [number, number, number, number];
  const data = new Float64Array(numSteps * batchSize * numDirections * hiddenSize);
  const at = (step: number, row: number, d: number) => ((step * batchSize + row) * numDirections + d) * hiddenSize;
  places.forEach((steps, row) => {
    for (let d = 0; d < numDirections; d++) {
      for (let step = 0; step < fullLengths[row]!; step++) {
        const next = steps.findIndex((place) => place >= step);
        const isPlace = steps[next] === step;
        const before = next === -1 ? steps.length - 1 : next - 1;
        const k = isPlace || isReverse[d] ? next : before;
        if (k < 0) continue;
        const from = at(k, row, d);
        data.set(sequence.data.subarray(from, from + hiddenSize), at(step, row, d));
      }
    }
  });
  return { shape: [numSteps, batchSize, numDirections, hiddenSize], data };
}
