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

/**
 * An activation of the elements of an array from `start` up to `end`, one row, in place.
 *
 * @returns null for linear
 */
export function rowFunction(
  activation: Activation<ElementFunction | RowFunction>,
): ((values: Float32Array, start: number, end: number) => void) | null {
  const { name } = activation;
  if (name === "linear") return null;
  if (isRowFunction(name)) return (values, start, end) => normalize(values, start, end, name === "softmax");
  const f = elementFunction(activation as Activation);
  return (values, start, end) => {
    for (let i = start; i < end; i++) values[i] = f(values[i]!);
  };
}

/** The softmax of a row, or its logarithm. */
function normalize(values: Float32Array, start: number, end: number, isSoftmax: boolean): void {
  let largest = -Infinity;
  for (let i = start; i < end; i++) largest = Math.max(largest, values[i]!);
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(values[i]! - largest);
  const logSum = Math.log(sum);
  for (let i = start; i < end; i++) {
    const logProbability = values[i]! - largest - logSum;
    values[i] = isSoftmax ? Math.exp(logProbability) : logProbability;
  }
}
