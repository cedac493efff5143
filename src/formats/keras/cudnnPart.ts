// CuDNNGRU and CuDNNLSTM of Keras 2, whose weights lie as cuDNN has them. In place of each gate's block of a kernel [I, H], its
// numbers are those of [H, I]; a recurrent kernel's blocks are transposed; there are two biases, one after the other.
// (Keras 2's `_convert_rnn_weights`, keras/saving/legacy/hdf5_format.py.)

import type { Tensor } from "../tensor.js";
import { checkShape, type GruPart, type LstmPart, unitsOf } from "./cellPart.js";
import { Config } from "./config.js";
import { readGruPart } from "./gruPart.js";
import type { NamedTensor } from "./kerasModel.js";
import { readLstmPart } from "./lstmPart.js";

export function readCudnnGru(config: Config, tensors: readonly NamedTensor[]): GruPart {
  return readGruPart(withDefaults(config), asKeras(config, tensors, 3), false);
}

/** An LSTM of Keras has one bias, ours has both. */
export function readCudnnLstm(config: Config, tensors: readonly NamedTensor[]): LstmPart {
  const [kernel, recurrent, bias] = asKeras(config, tensors, 4);
  if (bias === undefined) return readLstmPart(withDefaults(config), tensors, false);
  const { values } = bias.tensor;
  const length = values.length / 2;
  const first: Tensor = { ...bias.tensor, shape: [length], values: values.slice(0, length) };
  const part = readLstmPart(withDefaults(config), [kernel!, recurrent!, { ...bias, tensor: first }], false);
  return { ...part, recurrentBias: values.slice(length) };
}

/** Their configurations name no activations, since cuDNN has these alone. */
function withDefaults(config: Config): Config {
  const own = { recurrent_activation: "sigmoid", activation: "tanh", reset_after: true };
  return new Config({ ...Object.fromEntries(config.entries()), ...own }, config.subject);
}

/** The weights as a GRU or an LSTM has them, with biases [2, G H]. @throws GruError `shape-mismatch` */
function asKeras(config: Config, tensors: readonly NamedTensor[], numGates: number): readonly NamedTensor[] {
  const [kernel, recurrent, bias] = tensors;
  if (tensors.length !== 3) return tensors; // refused by the reader
  const hiddenSize = unitsOf(config);
  const rows = numGates * hiddenSize;
  const inputSize = kernel!.tensor.shape[0] ?? 0;
  checkShape(kernel!, [inputSize, rows]);
  checkShape(recurrent!, [hiddenSize, rows]);
  checkShape(bias!, [2 * rows]);
  const biases: Tensor = { ...bias!.tensor, shape: [2, rows] };
  return [withBlocks(kernel!, numGates), withBlocks(recurrent!, numGates), { ...bias!, tensor: biases }];
}

/** Each gate's block of columns, whose numbers are those of [H, I], as [I, H]. */
function withBlocks({ name, tensor }: NamedTensor, numGates: number): NamedTensor {
  const [inputSize, columns] = tensor.shape as [number, number];
  const hiddenSize = columns / numGates;
  const values = new Float32Array(tensor.values.length);
  for (let gate = 0; gate < numGates; gate++) {
    for (let k = 0; k < inputSize * hiddenSize; k++) {
      const from = Math.floor(k / hiddenSize) * columns + gate * hiddenSize + (k % hiddenSize);
      values[(k % inputSize) * columns + gate * hiddenSize + Math.floor(k / inputSize)] = tensor.values[from]!;
    }
  }
  return { name, tensor: { ...tensor, values } };
}
