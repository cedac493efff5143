import {
  type Activation,
  ELEMENT_FUNCTIONS,
  type ElementFunction,
  isRowFunction,
  type RowFunction,
} from "../layers/activation.js";
import type { CpuMemory } from "./cpuMemory.js";
import { writeStruct } from "./struct.js";

/** Activation of wasm/activation.ts, which says what the fields mean. */
export const ACTIVATION = { kind: "i32", alpha: "f32", beta: "f32" } as const;

/** @returns address of the Activation */
export function writeActivation(memory: CpuMemory, { name, alpha, beta }: Activation): number {
  return writeStruct(memory, ACTIVATION, { kind: ELEMENT_FUNCTIONS.indexOf(name), alpha, beta });
}

/** An activation as a function of one element. */
export function elementFunction({ name, alpha, beta }: Activation): (x: number) => number {
  switch (name) {
    case "linear":
      return (x) => x;
    case "relu":
      return (x) => (x < 0 ? 0 : x);
    case "sigmoid":
      return (x) => 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh;
    case "affine":
      return (x) => alpha * x + beta;
    case "leakyRelu":
      return (x) => (x < 0 ? alpha * x : x);
    case "thresholdedRelu":
      return (x) => (x <= alpha ? 0 : x);
    case "scaledTanh":
      return (x) => alpha * Math.tanh(beta * x);
    case "hardSigmoid":
      return (x) => Math.min(1, Math.max(0, alpha * x + beta));
    case "elu":
      return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
    case "softsign":
      return (x) => x / (1 + Math.abs(x));
    case "softplus":
      return (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
    case "square":
      return (x) => x * x;
  }
}

/** Applies an activation to rows of `size` elements, in place. */
export function activateRows(
  activation: Activation<ElementFunction | RowFunction>,
  rows: Float32Array,
  size: number,
): void {
  if (isRowFunction(activation.name)) {
    for (let start = 0; start < rows.length; start += size) {
      normalize(rows.subarray(start, start + size), activation.name === "softmax");
    }
  } else if (activation.name !== "linear") {
    const f = elementFunction(activation as Activation);
    for (let i = 0; i < rows.length; i++) rows[i] = f(rows[i]!);
  }
}

/** The softmax of a row, or its logarithm, in place. */
function normalize(row: Float32Array, isSoftmax: boolean): void {
  let largest = -Infinity;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, row[i]!);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - largest);
  const logSum = Math.log(sum);
  for (let i = 0; i < row.length; i++) {
    const logProbability = row[i]! - largest - logSum;
    row[i] = isSoftmax ? Math.exp(logProbability) : logProbability;
  }
}
