import type { Storage } from "../src/layers/layerType.js";
import type { Summary } from "./statistics.js";

/** Kinds of measures: one file of measures/ each. */
export type Kind = "sequence" | "push" | "cells" | "crowd" | "generation" | "first";

/** The parts of a benchmark, as the command line names them. */
export const SUITES = ["gpu", "stream", "cpu", "cells", "first"] as const;
export type Suite = (typeof SUITES)[number];

/** The sizes of a measurement of one recurrent layer. */
export interface Shape {
  readonly sequenceLength: number;
  readonly batchSize: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** How the matrices are kept; a peer that knows no int8 gets the same values in float32. */
  readonly storage: Storage;
}

/** One line of a result: one contender on one shape. */
export interface Row {
  readonly kind: Kind;
  /** Contenders of one suite took turns; those of another ran at another time. */
  readonly suite: Suite;
  readonly shape: Shape;
  /** Streams that are pushed in one tick, or tokens that are drawn in one submit; 1 elsewhere. */
  readonly numTogether: number;
  readonly contender: string;
  /**
   * Microseconds: per step of a sequence, from a push to its result, per push of a crowd's, per token, or to the first
   * prediction. Null when not measured.
   */
  readonly timeUs: Summary | null;
  /** Of a sequence, what one step more costs: median over the runs of (t(2T) - t(T)) / T. */
  readonly slopeUs: number | null;
  /** Of pushes: 0th, 1st, ... 100th percentile. */
  readonly percentilesUs: readonly number[] | null;
  /** Largest distance from the float64 reference in any output, timed or not; null for what has no such outputs. */
  readonly maxError: number | null;
  /** Why there is no time; null when there is one. */
  readonly whyNot: string | null;
}

/** A shape as tables name it. */
export function nameShape({ sequenceLength, batchSize, inputSize, hiddenSize, storage }: Shape): string {
  const sizes = `T=${sequenceLength} B=${batchSize} I=${inputSize} H=${hiddenSize} L=1`;
  return storage === "f32" ? sizes : `${sizes} ${storage}`;
}

/** The shape of a row, for a reader. */
export function nameTask({ kind, shape, numTogether, contender }: Row): string {
  if (kind === "cells") return `${nameShape(shape)} ${contender.split(",")[0]}`;
  if (kind === "crowd") return `${nameShape(shape)} streams=${numTogether}`;
  if (kind === "generation") return `${nameShape(shape)} tokens=${numTogether}`;
  return nameShape(shape);
}

/** Whether two rows were measured in turn, on the same: then they may be compared. */
export function isSameTask(a: Row, b: Row): boolean {
  return a.suite === b.suite && a.kind === b.kind && nameTask(a) === nameTask(b);
}
