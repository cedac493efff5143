// Parts of the layers' float64 equations: products and activations.

import type { Activation, ElementFunction, RowFunction } from "./activation.js";

/**
 * Row `row` of W x + b: sum over k of weight[row, k] * x[k], plus bias[row].
 *
 * @param weight [rows, x.length]
 * @param bias [rows], or null for none
 */
export function productRow(
  row: number,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: Float64Array,
): number {
  let sum = bias === null ? 0 : bias[row]!;
  for (let k = 0; k < x.length; k++) sum += weight[row * x.length + k]! * x[k]!;
  return sum;
}

/** All of W x + b. @param numRows rows of `weight` */
export function product(
  numRows: number,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: Float64Array,
): Float64Array {
  return Float64Array.from({ length: numRows }, (_, row) => productRow(row, weight, bias, x));
}

/** One element. Twin of shaders/lib/activations.wgsl and shaders/lib/sigmoid_tanh.wgsl. */
export function activate({ name, alpha, beta }: Activation, x: number): number {
  switch (name) {
    case "linear":
      return x;
    case "relu":
      return Math.max(0, x);
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
    case "affine":
      return alpha * x + beta;
    case "leakyRelu":
      return x < 0 ? alpha * x : x;
    case "thresholdedRelu":
      return x > alpha ? x : 0;
    case "scaledTanh":
      return alpha * Math.tanh(beta * x);
    case "hardSigmoid":
      return Math.min(1, Math.max(0, alpha * x + beta));
    case "elu":
      return x < 0 ? alpha * Math.expm1(x) : x;
    case "softsign":
      return x / (1 + Math.abs(x));
    case "softplus":
      return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
    case "square":
      return x * x;
    case "abs":
      return Math.abs(x);
    case "sqrt":
      return Math.sqrt(x);
    case "exp":
      return Math.exp(x);
    case "log":
      return Math.log(x);
    case "reciprocal":
      return 1 / x;
    case "erf":
      return erf(x);
    case "gelu":
      return (x * (1 + erf(x / Math.SQRT2))) / 2;
    case "geluTanh":
      return (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;
    case "silu":
      return x / (1 + Math.exp(-alpha * x));
    case "mish":
      return x * Math.tanh(Math.log1p(Math.exp(x)));
    case "hardSwish":
      return x * Math.min(1, Math.max(0, alpha * x + beta));
    case "selu":
      return beta * (x < 0 ? alpha * Math.expm1(x) : x);
    case "clip":
      return Math.min(beta, Math.max(alpha, x));
    case "sign":
      return Math.sign(x);
    case "floor":
      return Math.floor(x);
  }
}

/** The series 2 / sqrt(pi) exp(-x^2) sum over n of 2^n x^(2n+1) / (1 3 5 ... (2n+1)), whose terms have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x); // 1 - 2e-17
  let [sum, term] = [0, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** One row. Twin of shaders/softmax.wgsl for the functions of a row, else element by element. */
export function activateRow(activation: Activation<ElementFunction | RowFunction>, row: Float64Array): Float64Array {
  if (activation.name !== "softmax" && activation.name !== "logSoftmax") {
    return row.map((x) => activate(activation as Activation, x));
  }
  const largest = row.reduce((max, x) => Math.max(max, x), -Infinity);
  const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
  const logProbabilities = row.map((x) => x - largest - logSum);
  return activation.name === "softmax" ? logProbabilities.map(Math.exp) : logProbabilities;
}

/** The argument of an activation, limited to [-clip, clip]. */
export function clamp(x: number, clip: number | null): number {
  return clip === null ? x : Math.min(clip, Math.max(-clip, x));
}
