import type { Activation } from "../model/network.js";

/** Applies a dense layer's activation to a row, in place. */
export function activate(activation: Activation, row: Float32Array): void {
  switch (activation) {
    case "linear":
      return;
    case "relu":
      for (let i = 0; i < row.length; i++) if (row[i]! < 0) row[i] = 0;
      return;
    case "sigmoid":
      for (let i = 0; i < row.length; i++) row[i] = 1 / (1 + Math.exp(-row[i]!));
      return;
    case "tanh":
      for (let i = 0; i < row.length; i++) row[i] = Math.tanh(row[i]!);
      return;
    case "softmax":
    case "logSoftmax":
      normalize(row, activation === "softmax");
  }
}

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
