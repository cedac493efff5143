// Weights with Keras's names and layouts: `<layer>/kernel`, transposed; gates z r n; with reset_after two biases in one array.

import { GruError } from "../../errors.js";
import type { LayerDescription, NetworkDescription } from "../description.js";
import { swapGates, convertKernel } from "../kernel.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";
import { OPEN } from "../torch/linearLayers.js";
import { unclear } from "../torch/unclear.js";

/** `gru/gru_cell/recurrent_kernel:0` is the recurrent kernel of `gru`. */
const WEIGHT = /^(?<layer>.+?)(?:\/[^/]*gru_cell[^/]*)?\/(?<field>kernel|recurrent_kernel|bias|embeddings)(?::0)?$/;

type Fields = ReadonlyMap<string, Tensor>;

/** Whether an array has the name of a Keras GRU's. */
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
    const layer = fields.has("recurrent_kernel") ? readGru(name, fields, tensors) : readOther(name, fields, tensors);
    layers.push(layer);
  }
  if (!isDescribed) checkRows(layers);
  const parts = layers.map((layer) => {
    if (layer.type === "gru") return `GRU "${layer.name}" (forward, reset ${layer.resetAfter ? "after" : "before"})`;
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
      const expected = "weights of embedding, forward GRU and dense layers by Keras's names";
      throw new GruError("unsupported", `npz: expected ${expected}, got "${name}"; save the model as .keras`);
    }
    layers.set(layer, (layers.get(layer) ?? new Map<string, Tensor>()).set(field, tensor));
  }
  return layers;
}

function readGru(name: string, fields: Fields, tensors: Map<string, Tensor>): LayerDescription {
  const kernel = matrix(`${name}/kernel`, fields.get("kernel"));
  const recurrent = matrix(`${name}/recurrent_kernel`, fields.get("recurrent_kernel"));
  const [hiddenSize] = recurrent.shape as [number, number];
  for (const { shape } of [kernel, recurrent]) {
    if (shape[1] !== 3 * hiddenSize) {
      const expected = `${3 * hiddenSize} columns for ${hiddenSize} units`;
      throw new GruError("shape-mismatch", `npz: "${name}": expected kernels of ${expected}, got ${shape[1]}`);
    }
  }
  tensors.set(`${name}.weight`, convertedTensor(kernel, 3));
  tensors.set(`${name}.recurrentWeight`, convertedTensor(recurrent, 3));
  const bias = fields.get("bias");
  const resetAfter = bias === undefined || bias.shape.length === 2;
  if (bias !== undefined) {
    const numBiases = resetAfter ? 2 : 1;
    if (bias.values.length !== numBiases * 3 * hiddenSize) {
      const expected = `shape [2, ${3 * hiddenSize}] or [${3 * hiddenSize}]`;
      throw new GruError("shape-mismatch", `npz: "${name}/bias": expected ${expected}, got [${bias.shape.join(", ")}]`);
    }
    ["bias", "recurrentBias"].slice(0, numBiases).forEach((field, i) => {
      const values = bias.values.slice(3 * hiddenSize * i, 3 * hiddenSize * (i + 1));
      swapGates(values, 1);
      tensors.set(`${name}.${field}`, { ...bias, shape: [3 * hiddenSize], values });
    });
  }
  return { type: "gru", name, inputSize: kernel.shape[0]!, hiddenSize, resetAfter };
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
function convertedTensor(tensor: Tensor, numGates: 1 | 3): Tensor {
  const [rows, columns] = tensor.shape as [number, number];
  return { ...tensor, shape: [columns, rows], values: convertKernel(tensor, numGates) };
}
