// A bare PyTorch state_dict says nothing of the network: layers are inferred from tensor names and shapes.
// PyTorch's gate order is ours, r z n, and its GRU is always reset-after.

import { GruError } from "../../errors.js";
import type { LayerDescription, NetworkDescription } from "../description.js";
import { stack, type Tensor } from "../tensor.js";

/** nn.GRU's and nn.GRUCell's tensor names, after the module's own prefix. */
const GRU_TENSOR = /^(?<prefix>(?:.*\.)?)(?<kind>weight|bias)_(?<side>ih|hh)(?:_l(?<layer>\d+)(?<reverse>_reverse)?)?$/;

/**
 * Gives a state_dict's tensors their canonical names: `rnn.weight_hh_l1` becomes `rnn.l1.recurrentWeight`,
 * a GRUCell's `cell.weight_ih` becomes `cell.weight`. Both directions of a layer become one tensor. Others stay.
 *
 * @throws GruError `bad-file` when a reverse direction lacks its tensor or has it in another shape, or two tensors
 *   would have one name
 */
export function canonicalTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const canonical = new Map<string, Tensor>();
  const layers = new Set([...tensors.keys()].filter(isReverse).map(layerOf));
  for (const [name, tensor] of tensors) {
    if (isReverse(name)) {
      if (!tensors.has(name.replace(/_reverse$/, ""))) {
        throw new GruError("bad-file", `${name}: expected the forward direction beside it, got none`);
      }
      continue;
    }
    const renamed = canonicalName(name);
    if (canonical.has(renamed)) {
      throw new GruError("bad-file", `${name}: expected one tensor for ${renamed}, got another before it`);
    }
    const isBidirectional = renamed !== name && layers.has(layerOf(name));
    canonical.set(renamed, isBidirectional ? withReverse(name, tensor, tensors) : tensor);
  }
  return canonical;
}

function isReverse(name: string): boolean {
  return GRU_TENSOR.exec(name)?.groups?.["reverse"] !== undefined;
}

/** What names a layer in a GRU tensor's name: `rnn.l1` of `rnn.weight_hh_l1_reverse`. */
function layerOf(name: string): string {
  const groups = GRU_TENSOR.exec(name)?.groups;
  return `${groups?.["prefix"]}l${groups?.["layer"]}`;
}

function withReverse(name: string, tensor: Tensor, tensors: ReadonlyMap<string, Tensor>): Tensor {
  const reverse = tensors.get(`${name}_reverse`);
  if (reverse?.shape.join() !== tensor.shape.join()) {
    const got = reverse === undefined ? "none" : `[${reverse.shape.join(", ")}]`;
    throw new GruError("bad-file", `${name}_reverse: expected shape [${tensor.shape.join(", ")}], got ${got}`);
  }
  return stack([tensor, reverse]);
}

function canonicalName(name: string): string {
  const groups = GRU_TENSOR.exec(name)?.groups;
  if (groups === undefined) return name;
  const { prefix, kind, side, layer } = groups;
  const path = `${prefix}${layer === undefined ? "" : `l${layer}`}`.replace(/\.$/, "") || "gru";
  if (side === "ih") return `${path}.${kind}`;
  return kind === "weight" ? `${path}.recurrentWeight` : `${path}.recurrentBias`;
}

/**
 * Infers a network from a state_dict: at most one embedding, then GRU layers, then linear ones, each reading the one
 * before. Whatever else the shapes would allow is refused rather than guessed.
 *
 * @param tensors by canonical name, as `canonicalTensors` gives them
 * @returns the layers, and sentences that say what was inferred
 * @throws GruError `unsupported` when names and shapes do not tell; the caller can pass a description instead
 */
export function inferDescription(tensors: ReadonlyMap<string, Tensor>): {
  description: NetworkDescription;
  notes: string[];
} {
  const grus = chainGrus(tensors);
  const last = grus.at(-1)!;
  const sequenceSize = last.direction === "bidirectional" ? 2 * last.hiddenSize : last.hiddenSize;
  const matrices = [...tensors]
    .filter(([name, { shape }]) => name.endsWith(".weight") && shape.length === 2)
    .map(([name, { shape }]) => ({ name: name.slice(0, -".weight".length), rows: shape[0]!, columns: shape[1]! }))
    .filter(({ name }) => !grus.some((gru) => gru.name === name));
  checkNoOthers(
    tensors,
    [...grus, ...matrices].map(({ name }) => name),
  );
  const isEmbedding = ({ name, columns }: Matrix) => {
    if (tensors.has(`${name}.bias`) || columns !== grus[0]!.inputSize) return false;
    if (columns !== sequenceSize) return true;
    // It would fit at either end. A name that says which is all there is to go by.
    if (/(^|[^n])emb/i.test(name)) return true;
    if (/unemb|head|fc|lin|out|dec|proj|class/i.test(name)) return false;
    throw ambiguous(`a name that tells an embedding from a linear layer`, matrices);
  };
  const embeddings = matrices.filter(isEmbedding);
  if (embeddings.length > 1) throw ambiguous(`one embedding`, embeddings);
  const layers: LayerDescription[] = [];
  for (const { name, rows, columns } of embeddings) {
    layers.push({ type: "embedding", name, numEmbeddings: rows, embeddingSize: columns });
  }
  layers.push(...grus);
  const linears = matrices.filter((matrix) => !isEmbedding(matrix));
  layers.push(...chainLinears(linears, sequenceSize));
  return { description: { layers }, notes: [describe(layers, tensors)] };
}

/** Refuses tensors that no embedding, GRU or linear layer has: a normalization left out would be a silent error. */
function checkNoOthers(tensors: ReadonlyMap<string, Tensor>, layers: readonly string[]): void {
  const known = new Set(
    layers.flatMap((name) =>
      ["weight", "recurrentWeight", "bias", "recurrentBias"].map((tensor) => `${name}.${tensor}`),
    ),
  );
  const others = [...tensors.keys()].filter((name) => !known.has(name));
  if (others.length > 0) {
    throw new GruError(
      "unsupported",
      `state_dict: expected embedding, GRU and linear layers only, got ${others.join(", ")}`,
    );
  }
}

interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

type GruDescription = Extract<LayerDescription, { type: "gru" }>;

/** The GRU layers, in the order in which each reads the one before. */
function chainGrus(tensors: ReadonlyMap<string, Tensor>): GruDescription[] {
  const grus: GruDescription[] = [];
  for (const [key, { shape }] of tensors) {
    if (!key.endsWith(".recurrentWeight")) continue;
    const name = key.slice(0, -".recurrentWeight".length);
    const weight = tensors.get(`${name}.weight`);
    if (weight === undefined) throw new GruError("bad-file", `${name}: expected weight_ih beside weight_hh, got none`);
    const [rows, hiddenSize = 0] = shape.slice(-2);
    if (rows !== 3 * hiddenSize) {
      const lstm = rows === 4 * hiddenSize ? ", an LSTM's" : "";
      throw new GruError(
        "unsupported",
        `${key}: expected the shape [3H, H] of a GRU, got [${shape.join(", ")}]${lstm}`,
      );
    }
    const direction = shape.length === 3 ? "bidirectional" : "forward";
    grus.push({ type: "gru", name, inputSize: weight.shape.at(-1) ?? 0, hiddenSize, direction, resetAfter: true });
  }
  if (grus.length === 0) {
    throw new GruError(
      "unsupported",
      `state_dict: expected GRU tensors such as weight_ih_l0, got [${[...tensors.keys()].join(", ")}]`,
    );
  }
  grus.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const modules = new Set(grus.map(({ name }) => name.replace(/(^|\.)l\d+$/, "")));
  if (modules.size > 1) {
    throw new GruError(
      "unsupported",
      `state_dict: expected one GRU module, got ${[...modules].join(", ")}; pass a description that says how they are wired`,
    );
  }
  return grus;
}

/** Linear layers in the only order in which each reads the one before. */
function chainLinears(matrices: readonly Matrix[], sequenceSize: number): LayerDescription[] {
  const left = [...matrices];
  const layers: LayerDescription[] = [];
  for (let inputSize = sequenceSize; left.length > 0;) {
    const next = left.filter(({ columns }) => columns === inputSize);
    if (next.length !== 1) throw ambiguous(`one linear layer of ${inputSize} inputs next`, left);
    const { name, rows, columns } = next[0]!;
    layers.push({ type: "dense", name, inputSize: columns, outputSize: rows, activation: "linear" });
    left.splice(left.indexOf(next[0]!), 1);
    inputSize = rows;
  }
  return layers;
}

function ambiguous(expected: string, matrices: readonly Matrix[]): GruError {
  const got = matrices.map(({ name, rows, columns }) => `${name} [${rows}, ${columns}]`).join(", ");
  return new GruError(
    "unsupported",
    `state_dict: expected ${expected}, got ${got}; pass a description that says how they are wired`,
  );
}

function describe(layers: readonly LayerDescription[], tensors: ReadonlyMap<string, Tensor>): string {
  const parts = layers.map((layer) => {
    const bias = tensors.has(`${layer.name}.bias`) ? "" : ", no bias";
    switch (layer.type) {
      case "embedding":
        return `embedding "${layer.name}" ${layer.numEmbeddings} x ${layer.embeddingSize}`;
      case "gru":
        return `GRU "${layer.name}" ${layer.inputSize} -> ${layer.hiddenSize} (${layer.direction}, reset-after, as PyTorch's always is${bias})`;
      case "dense":
        return `linear "${layer.name}" ${layer.inputSize} -> ${layer.outputSize} (no activation: a state_dict names none${bias})`;
    }
  });
  return `Inferred from the names and shapes of a PyTorch state_dict: ${parts.join(", then ")}.`;
}
