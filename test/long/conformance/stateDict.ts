// A segment's weights from the case's own PyTorch state_dict, read by the library: inferred where the names and
// shapes tell, else with a description.

import {
  GruError,
  type LayerDescription,
  type LayerSpec,
  type Network,
  type NetworkDescription,
  defineNetwork,
} from "webgru";
import { isSafetensors, parseSafetensors } from "../../../src/formats/safetensors.js";
import { parseTorch } from "../../../src/formats/torch/parseTorch.js";
import { readPtFile } from "../../../src/formats/torch/ptFile.js";
import type { Tensor as FileTensor } from "../../../src/formats/tensor.js";

/** How the library can load a segment, and what its layers are called there. */
export interface StateDictSource {
  readonly bytes: Uint8Array;
  /** null where the library infers it. */
  readonly description: NetworkDescription | null;
  /** The file's layer names by the segment's. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Finds a segment in a state_dict.
 *
 * @param outputs names of the layers that are asked for
 * @returns null where some layer's weights are not there
 */
export function findInStateDict(
  bytes: Uint8Array,
  layers: readonly LayerSpec[],
  outputs: readonly string[],
): StateDictSource | null {
  // Tensors that the layers do not need may be left out of a .pt file, as it is with a description.
  const { tensors } = isSafetensors(bytes) ? parseSafetensors(bytes) : readPtFile(bytes, true, false);
  const names = new Map<string, string>();
  for (const layer of layers) {
    const name = findLayer(layer, tensors);
    if (name === null) return null;
    names.set(layer.name, name);
  }
  const inferred = inferredNames(bytes, defineNetwork({ layers, outputs }));
  if (inferred !== null) return { bytes, description: null, names: inferred };
  const rename = (name: string) => names.get(name) ?? name;
  const description = { layers: layers.map((layer) => describe(layer, rename)), outputs: outputs.map(rename) };
  return { bytes, description, names };
}

/** The names that the library infers, where what it infers has the segment's structure. */
function inferredNames(bytes: Uint8Array, wanted: Network): Map<string, string> | null {
  let inferred: Network;
  try {
    inferred = parseTorch(bytes);
  } catch (error) {
    if (error instanceof GruError && error.code === "unsupported") return null; // it asks for a description
    throw error;
  }
  if (structure(inferred) !== structure(wanted)) return null;
  return new Map(wanted.layers.map(({ name }, i) => [name, inferred.layers[i]!.name]));
}

/** A network without its weights, its layers named by their numbers. */
function structure({ layers, outputs }: Network): string {
  const nameOf = (name: string) => layers.findIndex((layer) => layer.name === name);
  const parts = layers.map((layer) => {
    const fields = Object.entries(layer).filter(([, value]) => !(value instanceof Float32Array));
    const sorted = fields.filter(([field]) => field !== "name" && field !== "storage").sort();
    return { ...Object.fromEntries(sorted), inputs: layer.inputs.map(nameOf) };
  });
  return JSON.stringify([parts, outputs.map(nameOf)]);
}

/** A layer without its weights, and how those are kept, which the file says. */
function describe(layer: LayerSpec, rename: (name: string) => string): LayerDescription {
  const fields = Object.entries(layer).filter(
    ([key, value]) => key !== "storage" && value !== null && !(value instanceof Float32Array),
  );
  const described: unknown = {
    ...Object.fromEntries(fields),
    name: rename(layer.name),
    inputs: layer.inputs!.map(rename),
  };
  return described as LayerDescription;
}

type FileTensors = ReadonlyMap<string, FileTensor>;

/** The name that a layer's weights have in the file, as the library calls it. */
function findLayer(layer: LayerSpec, tensors: FileTensors): string | null {
  if (!("weight" in layer)) return null;
  if (layer.type !== "gru") {
    const found = [...tensors].find(
      ([name, { values }]) =>
        name.endsWith(".weight") &&
        isEqual(layer.weight, values) &&
        isEqual(layer.type === "dense" ? layer.bias : null, tensors.get(name.replace(/weight$/, "bias"))?.values),
    );
    return found?.[0].slice(0, -".weight".length) ?? null;
  }
  for (const name of tensors.keys()) {
    const groups = /^(?<prefix>.*?)weight_ih(?<layer>_l\d+)?$/.exec(name)?.groups;
    if (groups === undefined || !hasWeights(layer, name, tensors)) continue;
    const path = `${groups["prefix"]}${(groups["layer"] ?? "").slice(1)}`;
    return path.replace(/\.$/, "") || "gru";
  }
  return null;
}

/** @param weightName of the layer's `weight_ih` */
function hasWeights(layer: Extract<LayerSpec, { type: "gru" }>, weightName: string, tensors: FileTensors): boolean {
  const suffixes = layer.direction === "bidirectional" ? ["", "_reverse"] : [""];
  if (suffixes.length === 1 && tensors.has(`${weightName}_reverse`)) return false;
  const joined = (kind: string) => {
    const name = weightName.replace(/weight_ih(?!.*weight_ih)/, kind);
    const parts = suffixes.map((suffix) => tensors.get(name + suffix)?.values);
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => [...part!]);
  };
  return (
    isEqual(layer.weight, joined("weight_ih")) &&
    isEqual(layer.recurrentWeight, joined("weight_hh")) &&
    isEqual(layer.bias, joined("bias_ih")) &&
    isEqual(layer.recurrentBias, joined("bias_hh"))
  );
}

function isEqual(a: ArrayLike<number> | null | undefined, b: ArrayLike<number> | null | undefined): boolean {
  if (!a || !b) return !a === !b;
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);
}
