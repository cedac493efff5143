import type { Shape } from "./row.js";

/** What to measure on one shape, and how often. */
export interface MeasureRequest extends Shape {
  readonly numWarmups: number;
  readonly numRuns: number;
}

/** What one run of the benchmark measures. */
export interface Workload {
  readonly sequences: readonly MeasureRequest[];
  /** The sequence length of a push is 1: its steps are single ones. */
  readonly pushes: readonly MeasureRequest[];
}

/** Repetitions of each sequence unless the command line says otherwise. */
export const FULL_RUNS = 10;
export const QUICK_RUNS = 3;

const INPUT_SIZE = 64;
const HIDDEN_SIZES = [64, 128, 256, 512];
const SEQUENCE_LENGTH = 100;

/** Enough for a p99 that is not simply the worst. */
const PUSHES_PER_RUN = 30;

/** The usual shapes, with `numRuns` runs of each sequence. */
export function workloadOf(numRuns: number): Workload {
  return {
    sequences: HIDDEN_SIZES.map((hiddenSize) => ({
      sequenceLength: SEQUENCE_LENGTH,
      inputSize: INPUT_SIZE,
      hiddenSize,
      numWarmups: 2,
      numRuns,
    })),
    pushes: HIDDEN_SIZES.map((hiddenSize) => ({
      sequenceLength: 1,
      inputSize: INPUT_SIZE,
      hiddenSize,
      numWarmups: 20,
      numRuns: PUSHES_PER_RUN * numRuns,
    })),
  };
}
