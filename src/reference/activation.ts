import type { Activation } from "../model/network.js";

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Applies a dense layer's activation to one row, in place. Twin of shaders/lib/activate_*.wgsl and shaders/softmax.wgsl. */
export function activateRow(activation: Activation, row: Float64Array): void {
  switch (activation) {
    case "linear":
      return;
    case "relu":
      row.forEach((x, i) => (row[i] = Math.max(0, x)));
      return;
    case "sigmoid":
      row.forEach((x, i) => (row[i] = sigmoid(x)));
      return;
    case "tanh":
      row.forEach((x, i) => (row[i] = Math.tanh(x)));
      return;
    case "softmax":
    case "logSoftmax": {
      const largest = row.reduce((max, x) => Math.max(max, x), -Infinity);
      const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
      row.forEach((x, i) => (row[i] = x - largest - logSum));
      if (activation === "softmax") row.forEach((x, i) => (row[i] = Math.exp(x)));
    }
  }
}
