// Weights with Keras's names and layouts: `<layer>/kernel`, transposed; a GRU's gates z r n, with reset_after two biases in one
// array; an LSTM's i f c o, which are ours.

import { GruError } from "../../errors.js";
import type { LayerDescription, NetworkDescription } from "../description.js";
import { swapGates, convertKernel } from "../kernel.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";
import { OPEN } from "../torch/linearLayers.js";
import { unclear } from "../torch/unclear.js";

/** `gru/gru_cell/recurrent_kernel:0` is the recurrent kernel of `gru`. */
const WEIGHT =
  /^(?<layer>.+?)(?:\/[^/]*(?:gru|lstm|rnn)_cell[^/]*)?\/(?<field>kernel|recurrent_kernel|bias|embeddings)(?::0)?$/;

type Fields = ReadonlyMap<string, Tensor>;

/** Whether an array has the name of a recurrent layer's in Keras. */
export function isKeras(arrays: Fields): boolean {
  return [...arrays.keys()].some((name) => WEIGHT.exec(name)?.groups?.["field"] === "recurrent_kernel");
}

/**
 * Converts Keras's arrays to our names and layouts, and infers their layers, each reading the one before.
 *
 * @param arrays by Keras's names, in the order of `model.weights`
 * @param isDescribed whether the caller passed a description
 * @throws GruError `unsupported` for arrays of other layers, `shape-mismatch`
 */
export function fromKeras(
  arrays: Fields,
  isDescribed: boolean,
): {
  tensors: Map<string, Tensor>;
  description: NetworkDescription;
  notes: string[];
} {
  const tensors = new Map<string, Tensor>();
  const layers: LayerDescription[] = [];
  for (const [name, fields] of byLayer(arrays)) {
    const layer = fields.has("recurrent_kernel")
      ? readRecurrent(name, fields, tensors)
      : readOther(name, fields, tensors);
    layers.push(layer);
  }
  if (!isDescribed) checkRows(layers);
  const parts = layers.map((layer) => {
    if (layer.type === "gru") return `GRU "${layer.name}" (forward, reset ${layer.resetAfter ? "after" : "before"})`;
    if (layer.type === "lstm") return `LSTM "${layer.name}" (forward)`;
    if (layer.type === "rnn") return `SimpleRNN "${layer.name}" (forward, tanh: names say none)`;
    return layer.type === "dense"
      ? `dense "${layer.name}" (no activation: names say none)`
      : `embedding "${layer.name}"`;
  });
  const notes = [`Inferred from Keras's names, in the order of the file: ${parts.join(", then ")}.`];
  return { tensors, description: { layers }, notes };
}

/** Refuses dense layers in a row: there is nearly always an activation between them, and weights do not say which. */
function checkRows(layers: readonly LayerDescription[]): void {
  const isRead = (i: number) => layers[i]?.type === "dense" && layers[i + 1]?.type === "dense";
  const names = layers.filter((_, i) => isRead(i) || isRead(i - 1)).map(({ name }) => `"${name}"`);
  if (names.length === 0) return;
  const open = layers.map((layer, i) => (isRead(i) ? { ...layer, activation: OPEN as "linear" } : layer));
  const got = `dense layers in a row, ${listNames(names)}, whose activations are not in the file`;
  throw unclear("npz", "weights that tell how they are wired", got, open as LayerDescription[]);
}

function byLayer(arrays: Fields): Map<string, Map<string, Tensor>> {
  const layers = new Map<string, Map<string, Tensor>>();
  for (const [name, tensor] of arrays) {
    const { layer, field } = (WEIGHT.exec(name)?.groups ?? {}) as { layer?: string; field?: string };
    // Names do not say how the two directions of a Bidirectional layer are merged.
    if (layer === undefined || field === undefined || /\/(forward|backward)_/.test(`/${layer}`)) {
      const expected = "weights of embedding, forward recurrent and dense layers by Keras's names";
      throw new GruError("unsupported", `npz: expected ${expected}, got "${name}"; save the model as .keras`);
    }
    layers.set(layer, (layers.get(layer) ?? new Map<string, Tensor>()).set(field, tensor));
  }
  return layers;
}

const TYPES = { 1: "rnn", 3: "gru", 4: "lstm" } as const;

function readRecurrent(name: string, fields: Fields, tensors: Map<string, Tensor>): LayerDescription {
  const kernel = matrix(`${name}/kernel`, fields.get("kernel"));
  const recurrent = matrix(`${name}/recurrent_kernel`, fields.get("recurrent_kernel"));
  const [hiddenSize, columns] = recurrent.shape as [number, number];
  const gates = columns / hiddenSize;
  if (!(gates === 1 || gates === 3 || gates === 4)) {
    const expected = `${hiddenSize}, ${3 * hiddenSize} or ${4 * hiddenSize} columns for ${hiddenSize} units`;
    throw new GruError("shape-mismatch", `npz: "${name}": expected kernels of ${expected}, got ${columns}`);
  }
  if (kernel.shape[1] !== columns) {
    const expected = `${columns} columns for ${hiddenSize} units`;
    throw new GruError("shape-mismatch", `npz: "${name}": expected kernels of ${expected}, got ${kernel.shape[1]}`);
  }
  tensors.set(`${name}.weight`, convertedTensor(kernel, gates));
  tensors.set(`${name}.recurrentWeight`, convertedTensor(recurrent, gates));
  const sizes = { name, inputSize: kernel.shape[0]!, hiddenSize };
  const bias = fields.get("bias");
  const resetAfter = gates === 3 && (bias === undefined || bias.shape.length === 2);
  if (bias !== undefined) readBiases(name, bias, gates * hiddenSize, gates === 3, resetAfter ? 2 : 1, tensors);
  const type = TYPES[gates];
  return type === "gru" ? { type, ...sizes, resetAfter } : { type, ...sizes };
}

/** @param isGru whether the gates are z r n, and there may be two biases */
function readBiases(
  name: string,
  bias: Tensor,
  length: number,
  isGru: boolean,
  numBiases: 1 | 2,
  tensors: Map<string, Tensor>,
): void {
  if (bias.values.length !== numBiases * length) {
    const expected = isGru ? `shape [2, ${length}] or [${length}]` : `shape [${length}]`;
    throw new GruError("shape-mismatch", `npz: "${name}/bias": expected ${expected}, got [${bias.shape.join(", ")}]`);
  }
  ["bias", "recurrentBias"].slice(0, numBiases).forEach((field, i) => {
    const values = bias.values.slice(length * i, length * (i + 1));
    if (isGru) swapGates(values, 1);
    tensors.set(`${name}.${field}`, { ...bias, shape: [length], values });
  });
}

function readOther(name: string, fields: Fields, tensors: Map<string, Tensor>): LayerDescription {
  const table = fields.get("embeddings");
  if (table !== undefined) {
    const [numEmbeddings, embeddingSize] = matrix(`${name}/embeddings`, table).shape as [number, number];
    tensors.set(`${name}.weight`, table);
    return { type: "embedding", name, numEmbeddings, embeddingSize };
  }
  const kernel = matrix(`${name}/kernel`, fields.get("kernel"));
  const [inputSize, outputSize] = kernel.shape as [number, number];
  tensors.set(`${name}.weight`, convertedTensor(kernel, 1));
  const bias = fields.get("bias");
  if (bias !== undefined) tensors.set(`${name}.bias`, bias);
  return { type: "dense", name, inputSize, outputSize };
}

function matrix(name: string, tensor: Tensor | undefined): Tensor {
  if (tensor?.shape.length === 2) return tensor;
  const got = tensor === undefined ? "none" : `[${tensor.shape.join(", ")}]`;
  throw new GruError("shape-mismatch", `npz: "${name}": expected a matrix, got ${got}`);
}

/** A kernel [I, O] as [O, I], with gates in our order. */
function convertedTensor(tensor: Tensor, numGates: 1 | 3 | 4): Tensor {
  const [rows, columns] = tensor.shape as [number, number];
  return { ...tensor, shape: [columns, rows], values: convertKernel(tensor, numGates) };
}
