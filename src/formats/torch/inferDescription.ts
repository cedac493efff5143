// A bare PyTorch state_dict says nothing of the network: layers are inferred from tensor names and shapes.
// PyTorch's GRU is always reset-after.

import { GruError } from "../../errors.js";
import type { LayerDescription, NetworkDescription } from "../description.js";
import type { Tensor } from "../tensor.js";

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
  const { grus, note } = chainModules(readGrus(tensors));
  const sequenceSize = outputSizeOf(grus);
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
  return { description: { layers }, notes: [describe(layers, tensors), ...(note === null ? [] : [note])] };
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

/** The layers of each nn.GRU and nn.GRUCell, modules and layers by their names. */
function readGrus(tensors: ReadonlyMap<string, Tensor>): GruDescription[][] {
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
  const modules = new Map<string, GruDescription[]>();
  for (const gru of grus) modules.set(moduleOf(gru), [...(modules.get(moduleOf(gru)) ?? []), gru]);
  return [...modules.values()];
}

/** What `rnn.l0` and `rnn.l1` belong to: `rnn`. */
function moduleOf({ name }: GruDescription): string {
  return name.replace(/(^|\.)l\d+$/, "");
}

function outputSizeOf(layers: readonly GruDescription[]): number {
  const { direction, hiddenSize } = layers.at(-1)!;
  return direction === "bidirectional" ? 2 * hiddenSize : hiddenSize;
}

/** All orders of so many modules are tried. */
const MAX_MODULES = 6;

/** The layers of all modules, where sizes and names leave one order in which each module reads the one before. */
function chainModules(modules: readonly GruDescription[][]): { grus: GruDescription[]; note: string | null } {
  if (modules.length === 1) return { grus: modules[0]!, note: null };
  const names = modules.map(([first]) => moduleOf(first!));
  // A decoder begins with its encoder's state, and does not read its output: no network of ours.
  const isCoder = names.some((name) => /enc/i.test(name)) && names.some((name) => /dec/i.test(name));
  const orders = isCoder || modules.length > MAX_MODULES ? [] : ordersOf(modules).filter(isChain);
  const isNumbered = new Set(names.map((name) => name.replace(/\d+/g, "0"))).size === 1;
  const chosen = orders.length === 1 ? orders[0] : orders.find(() => isNumbered && isChain(modules)) && modules;
  if (chosen === undefined) {
    throw new GruError(
      "unsupported",
      `state_dict: expected one GRU module, got ${names.join(", ")}; pass a description that says how they are wired`,
    );
  }
  const why = orders.length === 1 ? "the only order that their sizes allow" : "the order of their numbers";
  const wayOut = "if they are wired otherwise, pass a description";
  return { grus: chosen.flat(), note: `Several GRU modules are taken in ${why}; ${wayOut}.` };
}

function isChain(modules: readonly GruDescription[][]): boolean {
  return modules.every(([first], i) => i === 0 || first!.inputSize === outputSizeOf(modules[i - 1]!));
}

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => ordersOf(items.filter((_, other) => other !== i)).map((rest) => [item, ...rest]));
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
