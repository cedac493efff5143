import type { Value } from "./value.js";

/** A tensor of Keras: [B, ...shape], or [B, T, ...shape] of a sequence. */
export interface KerasTensor extends Value {
  /** Of a frame, as Keras has it: [features], [frequency, channels]. */
  readonly shape: readonly number[];
  /**
   * Element i of a frame, row-major in Keras's shape, is number `order[i]` of the frame here, which has channels first; null where
   * both are the same.
   */
  readonly order: Int32Array | null;
  readonly isSequence: boolean;
  /** T, where the model fixes it. */
  readonly numSteps: number | null;
  /** Steps of zeros before and after, which the convolution that reads it adds; null for none. */
  readonly timePadding: readonly [before: number, after: number] | null;
}

/** Number of elements of a frame. */
export function frameSize(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
