// The textbook's GRU, with one matrix for both inputs of a gate:
//
//   r = sigmoid(W_r [x, h] + b_r)
//   z = sigmoid(W_z [x, h] + b_z)
//   n = tanh(W_h [r * h, x] + b_h)
//   h' = z * n + (1 - z) * h
//
// It differs from ours in three points: z weighs the new state and not the old one, the two matrices of a gate are joined, and
// W_h has its columns in the other order. Since sigmoid(-a) = 1 - sigmoid(a), negating W_z and b_z converts z exactly.

import { GruError } from "../errors.js";
import { checkOptions, checkWhole } from "../model/checkOptions.js";
import { copyNumbers, describeLength, lengthOf } from "../model/takeNumbers.js";
import { describeValue } from "../model/valueKind.js";
import type { GruSpec } from "../layers/gru.js";

/** A textbook GRU's weights. */
export interface TextbookGru {
  readonly name?: string;
  /** Names of the layers it reads; the network's input when absent. */
  readonly inputs?: readonly string[];
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** W_r [H, I + H], columns [x, h] */
  readonly resetWeight: ArrayLike<number>;
  /** W_z [H, I + H], columns [x, h] */
  readonly updateWeight: ArrayLike<number>;
  /** W_h [H, H + I], columns [r * h, x] */
  readonly newWeight: ArrayLike<number>;
  /** b_r, b_z, b_h, each [H]; zeros when absent */
  readonly resetBias?: ArrayLike<number>;
  readonly updateBias?: ArrayLike<number>;
  readonly newBias?: ArrayLike<number>;
}

const TENSORS = ["resetWeight", "updateWeight", "newWeight", "resetBias", "updateBias", "newBias"];
const KNOWN = ["name", "inputs", "inputSize", "hiddenSize", ...TENSORS];

/**
 * Converts a textbook GRU to a layer of ours: reset-before, one bias.
 *
 * @throws GruError `shape-mismatch`
 */
export function textbookGru(gru: TextbookGru): GruSpec {
  const taken = checkOptions(gru, KNOWN, "textbookGru");
  const { name = "gru", inputs = ["input"], inputSize, hiddenSize } = taken;
  checkWhole("inputSize", inputSize, 1, Infinity);
  checkWhole("hiddenSize", hiddenSize, 1, Infinity);
  const joinedSize = inputSize + hiddenSize;
  if (typeof name !== "string") {
    throw new GruError("unsupported", `textbookGru: name: expected a string, got ${describeValue(name)}`);
  }
  const matrixOf = (tensor: "resetWeight" | "updateWeight" | "newWeight") =>
    takeTensor(`${name}.${tensor}`, taken[tensor], hiddenSize * joinedSize, `[${hiddenSize}, ${joinedSize}]`);
  const gates = [
    { matrix: matrixOf("resetWeight"), sign: 1, inputColumn: 0, stateColumn: inputSize },
    { matrix: matrixOf("updateWeight"), sign: -1, inputColumn: 0, stateColumn: inputSize },
    { matrix: matrixOf("newWeight"), sign: 1, inputColumn: hiddenSize, stateColumn: 0 },
  ];
  const weight = new Float32Array(3 * hiddenSize * inputSize);
  const recurrentWeight = new Float32Array(3 * hiddenSize * hiddenSize);
  gates.forEach(({ matrix, sign, inputColumn, stateColumn }, gate) => {
    for (let unit = 0; unit < hiddenSize; unit++) {
      const row = gate * hiddenSize + unit;
      const joined = unit * joinedSize;
      for (let i = 0; i < inputSize; i++) weight[row * inputSize + i] = sign * matrix[joined + inputColumn + i]!;
      for (let k = 0; k < hiddenSize; k++)
        recurrentWeight[row * hiddenSize + k] = sign * matrix[joined + stateColumn + k]!;
    }
  });
  const bias = new Float32Array(3 * hiddenSize);
  const biases = [
    { tensor: "resetBias", values: taken.resetBias, sign: 1 },
    { tensor: "updateBias", values: taken.updateBias, sign: -1 },
    { tensor: "newBias", values: taken.newBias, sign: 1 },
  ];
  biases.forEach(({ tensor, values: given, sign }, gate) => {
    if (given === undefined) return;
    const values = takeTensor(`${name}.${tensor}`, given, hiddenSize, `[${hiddenSize}]`);
    for (let unit = 0; unit < hiddenSize; unit++) bias[gate * hiddenSize + unit] = sign * values[unit]!;
  });
  return { type: "gru", name, inputs, inputSize, hiddenSize, resetAfter: false, weight, recurrentWeight, bias };
}

function takeTensor(tensor: string, values: ArrayLike<number>, length: number, shape: string): Float64Array {
  const given = lengthOf(values, tensor);
  if (given === length) return copyNumbers(values, length, tensor);
  const got = describeLength(values, given);
  throw new GruError("shape-mismatch", `${tensor}: expected shape ${shape}, ${length} elements, got ${got}`);
}
