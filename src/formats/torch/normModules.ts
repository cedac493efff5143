// The normalisations of a state_dict, and their places between its other layers: by the file's order, or where sizes leave one.

import type { LayerDescription, NetworkDescription } from "../description.js";
import type { Tensor } from "../tensor.js";
import { OPEN } from "./linearLayers.js";
import { moduleOf } from "./recurrentModules.js";

/** A layer, or an activation, of a description. */
export type Entry = NetworkDescription["layers"][number];

/** A normalisation over features: a layer's, or a batch normalisation, folded. */
export interface NormModule {
  readonly name: string;
  readonly size: number;
  readonly isBatch: boolean;
  /** Index of its first tensor in the file. */
  readonly position: number;
}

/** Names of a LayerNorm; a GroupNorm and an InstanceNorm have tensors of the same shapes. */
const LAYER_NORM = /(^|[._])(layer_?norm|ln|norm)\d*(_\w+)?$/i;
const OTHER_NORM = /group|inst|batch|rms|(^|[._])[gbi]n\d*$/i;

/** The normalisations of tensors with folded batch normalisations. */
export function readNorms(tensors: ReadonlyMap<string, Tensor>): NormModule[] {
  return [...tensors].flatMap(([key, { shape }], position): NormModule[] => {
    const [size] = shape;
    if (shape.length !== 1 || size === undefined) return [];
    if (key.endsWith(".operand")) return [{ name: key.slice(0, -".operand".length), size, isBatch: true, position }];
    const name = key.slice(0, -".weight".length);
    const isNorm = key.endsWith(".weight") && LAYER_NORM.test(name) && !OTHER_NORM.test(name);
    if (!isNorm || tensors.get(`${name}.bias`)?.shape.join() !== String(size)) return [];
    return [{ name, size, isBatch: false, position }];
  });
}

/** Layers with normalisations between them. */
export interface WithNorms {
  readonly layers: readonly Entry[];
  /** Reasons why their places are not clear. */
  readonly hints: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Puts normalisations between layers of which each reads the one before.
 *
 * @param positionOf index of a layer's first tensor; null where the file's order means nothing
 */
export function placeNorms(
  layers: readonly LayerDescription[],
  norms: readonly NormModule[],
  positionOf: ((layer: LayerDescription) => number) | null,
): WithNorms {
  const after = new Map<number, Entry[]>();
  const hints: string[] = [];
  const warnings: string[] = [];
  const open: Entry[] = [];
  for (const norm of norms) {
    const places = placesOf(norm, layers, positionOf);
    const [place] = places;
    if (place === undefined || places.length > 1 || (positionOf === null && after.has(place))) {
      hints.push(`"${norm.name}", a normalisation of ${norm.size} features whose place neither order nor sizes tell`);
      open.push({ ...described(norm), inputs: [OPEN] });
      continue;
    }
    const added: Entry[] = [...(after.get(place) ?? []), described(norm)];
    const before = layers[place - 1];
    if (before?.type === "dense" && place < layers.length) {
      hints.push(`"${norm.name}", a normalisation of "${before.name}", behind which most have an activation`);
      added.push({ type: "activation", name: `${norm.name}.activation`, activation: OPEN as "linear" });
    }
    after.set(place, added);
    const by = positionOf === null ? "its size says" : "the file's order says";
    const source = before === undefined ? "the input" : `what "${before.name}" gives`;
    warnings.push(`"${norm.name}" is taken to normalise ${source}, as ${by}; if it does not, pass a description.`);
  }
  const placed: Entry[] = [...(after.get(0) ?? [])];
  for (const [i, layer] of layers.entries()) {
    const source = after.get(i)?.at(-1)?.name;
    const readsBefore = source !== undefined && layer.inputs?.join() === layers[i - 1]?.name;
    placed.push(readsBefore ? { ...layer, inputs: [source] } : layer, ...(after.get(i + 1) ?? []));
  }
  return { layers: [...placed, ...open], hints, warnings };
}

function described({ name, size, isBatch }: NormModule): LayerDescription {
  return isBatch
    ? { type: "map", name, outputSize: size, operation: "multiply" }
    : { type: "norm", name, inputSize: size };
}

/** Places among layers where a normalisation fits: 0 before the first layer, 1 after it. */
function placesOf(
  { size, position }: NormModule,
  layers: readonly LayerDescription[],
  positionOf: ((layer: LayerDescription) => number) | null,
): number[] {
  return [...layers.keys(), layers.length].filter((place) => {
    const [before, next] = [layers[place - 1], layers[place]];
    const given = before === undefined ? inputSizeOf(next!) : outputSizeOf(before);
    if (given !== size || (before !== undefined && next !== undefined && isOneModule(before, next))) return false;
    if (positionOf === null) return true;
    const isAfter = before === undefined || positionOf(before) < position;
    return isAfter && (next === undefined || position < positionOf(next));
  });
}

/** Whether two layers are of one nn.GRU, between whose layers nothing is. */
function isOneModule(before: LayerDescription, next: LayerDescription): boolean {
  return "hiddenSize" in before && "hiddenSize" in next && moduleOf(before) === moduleOf(next);
}

/** Features that a layer reads; null for an index. */
function inputSizeOf(layer: LayerDescription): number | null {
  return layer.type !== "embedding" && "inputSize" in layer ? (layer.inputSize ?? null) : null;
}

function outputSizeOf(layer: LayerDescription): number | null {
  if (layer.type === "embedding") return layer.embeddingSize;
  if (layer.type === "dense") return layer.outputSize;
  if (!("hiddenSize" in layer)) return null;
  return layer.hiddenSize * (layer.direction === "bidirectional" ? 2 : 1);
}
