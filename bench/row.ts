import type { Summary } from "./statistics.js";

/** One line of a result: one contender on one shape. */
export interface Row {
  readonly kind: "sequence" | "push";
  /** Every size: `T=100 B=1 I=64 H=256 L=1`. */
  readonly shape: string;
  readonly contender: string;
  /** Microseconds per step of a sequence, or from a push to its result. */
  readonly timeUs: Summary;
  /** Of a sequence, what one step more costs: median over the runs of (t(2T) - t(T)) / T. */
  readonly slopeUs: number | null;
  /** Largest distance from the float64 reference in any output, timed or not; null for the floor, which has none. */
  readonly maxError: number | null;
}

/** The sizes of a measurement, batch size 1 and one layer. */
export interface Shape {
  readonly sequenceLength: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
}

/** A shape as rows name it. */
export function nameShape({ sequenceLength, inputSize, hiddenSize }: Shape): string {
  return `T=${sequenceLength} B=1 I=${inputSize} H=${hiddenSize} L=1`;
}
