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
    case "abs":
      return Math.abs;
    case "sqrt":
      return Math.sqrt;
    case "exp":
      return Math.exp;
    case "log":
      return Math.log;
    case "reciprocal":
      return (x) => 1 / x;
    case "erf":
      return erf;
    case "gelu":
      return (x) => 0.5 * x * (1 + erf(Math.SQRT1_2 * x));
    case "geluTanh":
      return (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case "silu":
      return (x) => x / (1 + Math.exp(-alpha * x));
    case "mish":
      return (x) => x * Math.tanh(Math.log1p(Math.exp(x)));
    case "hardSwish":
      return (x) => x * Math.min(1, Math.max(0, alpha * x + beta));
    case "selu":
      return (x) => beta * (x < 0 ? alpha * Math.expm1(x) : x);
    case "clip":
      return (x) => Math.min(beta, Math.max(alpha, x));
    case "sign":
      return Math.sign;
    case "floor":
      return Math.floor;
  }
}

/** As wasm/activation.ts has it, which says whose polynomials these are. */
function erf(x: number): number {
  const t = Math.abs(x);
  const s = x * x;
  if (t > 0.927734375) {
    const high = (-1.7285347e-5 * t + 3.83197126e-4) * s + (-3.88396438e-3 * t + 2.42546219e-2);
    const rest = ((high * t - 1.06777877e-1) * t - 6.34846687e-1) * t - 1.28717512e-1;
    return Math.sign(x) * (1 - Math.exp(t > 4 ? -16 * t : rest * t - t));
  }
  const low = ((-5.96761703e-4 * s + 4.99119423e-3) * s - 2.67681349e-2) * s + 1.12819925e-1;
  return ((low * s - 3.76125336e-1) * s + 1.28379166e-1) * x + x;
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
