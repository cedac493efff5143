import type { GruLayer } from "../../src/layers/gru.js";
import type { Contender } from "../contender.js";

/** The loop that anyone would write: the equations in JavaScript, in float64 on float32 arrays. */
export const plainLoop: Contender = {
  name: "plain loop",
  tolerance: 2e-6,
  isPeer: true,
  load: async () => {},
  async prepare(network) {
    const layer = network.layers[0] as GruLayer;
    return {
      runSequence: async (input, batchSize) => runSequence(layer, input, batchSize),
      openStream() {
        const state = new Float32Array(layer.hiddenSize);
        return { push: async (input) => step(layer, input, state).slice(), dispose: () => {} };
      },
      dispose: () => {},
    };
  },
};

function runSequence(layer: GruLayer, input: Float32Array, batchSize: number): Float32Array {
  const { inputSize, hiddenSize } = layer;
  const states = Array.from({ length: batchSize }, () => new Float32Array(hiddenSize));
  const numRows = input.length / inputSize;
  const output = new Float32Array(numRows * hiddenSize);
  for (let row = 0; row < numRows; row++) {
    const x = input.subarray(row * inputSize, (row + 1) * inputSize);
    output.set(step(layer, x, states[row % batchSize]!), row * hiddenSize);
  }
  return output;
}

/** Advances `h`, and gives it. */
function step(layer: GruLayer, x: Float32Array, h: Float32Array): Float32Array {
  const { inputSize, hiddenSize, weight, recurrentWeight, bias, recurrentBias } = layer;
  const gates = new Float64Array(3 * hiddenSize);
  const recurrent = new Float64Array(3 * hiddenSize);
  for (let row = 0; row < 3 * hiddenSize; row++) {
    let sum = bias![row]!;
    for (let k = 0; k < inputSize; k++) sum += weight[row * inputSize + k]! * x[k]!;
    gates[row] = sum;
    sum = recurrentBias![row]!;
    for (let k = 0; k < hiddenSize; k++) sum += recurrentWeight[row * hiddenSize + k]! * h[k]!;
    recurrent[row] = sum;
  }
  for (let unit = 0; unit < hiddenSize; unit++) {
    const r = sigmoid(gates[unit]! + recurrent[unit]!);
    const z = sigmoid(gates[hiddenSize + unit]! + recurrent[hiddenSize + unit]!);
    const n = Math.tanh(gates[2 * hiddenSize + unit]! + r * recurrent[2 * hiddenSize + unit]!);
    h[unit] = (1 - z) * n + z * h[unit]!;
  }
  return h;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
