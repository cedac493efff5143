// TF.js's layers model: model.json with the topology, and files with the weights one after the other.

import { GruError } from "../../errors.js";
import type { ModelFiles } from "../fileContents.js";
import { quote } from "../quote.js";
import { type Config, parseConfig } from "./config.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import { parseTopology } from "./topology.js";
import { MAX_PATH_PARTS, weightsOfLayer } from "./weightNames.js";
import { readManifest } from "./weightsManifest.js";

/** Limit for one layer. No supported layer has more than 24 weights: Keras 1's bidirectional LSTM. */
const MAX_WEIGHTS_OF_LAYER = 64;

/** @throws GruError `bad-file`, `unsupported` */
export async function readLayersModel(
  bytes: Uint8Array,
  files: ModelFiles | undefined,
  mayKeep: boolean,
): Promise<KerasModel> {
  const json = parseConfig(bytes, "model.json");
  if (!json.has("modelTopology")) {
    const expected = "a TF.js layers model, with modelTopology and weightsManifest";
    const got = quote(Object.fromEntries(json.entries()));
    throw new GruError("bad-file", `model.json: expected ${expected}, got ${got}`);
  }
  if (json.text("format", "layers-model") !== "layers-model") throw json.unsupported("format", "layers-model");
  const topology = json.object("modelTopology");
  // The converter of Keras models writes the model as model_config; TF.js itself does not.
  const model = topology.has("model_config") ? topology.object("model_config") : topology;
  const parsed = parseTopology(model);
  const tensors = await readManifest(json.list("weightsManifest"), files, mayKeep);
  return {
    version: versionOf(topology),
    topology: parsed,
    weightsOf: byLayer(tensors),
  };
}

/** "tfjs-layers 4.22.0" counts as Keras 2: TF.js has the same activations. */
function versionOf(topology: Config): string | null {
  if (!topology.has("keras_version")) return null;
  const version = topology.text("keras_version");
  return version.startsWith("tfjs") ? `2 (${version})` : version;
}

/** The weights whose path begins with a layer's name, or else those with that name elsewhere in it; in the file's order. */
function byLayer(tensors: readonly NamedTensor[]): (layer: KerasLayer) => NamedTensor[] {
  const [first, further] = [new Map<string, NamedTensor[]>(), new Map<string, NamedTensor[]>()];
  for (const tensor of tensors) {
    const parts = tensor.name.split("/", MAX_PATH_PARTS).slice(0, -1);
    parts.forEach((_, i) => add(first, parts.slice(0, i + 1).join("/"), tensor));
    for (const part of new Set(parts.slice(1))) add(further, part, tensor);
  }
  return ({ place }) => {
    const name = place.names.at(-1)!;
    const found = first.get(name) ?? further.get(name) ?? [];
    return place.names.length > 1 ? weightsOfLayer(found, place) : found;
  };
}

function add(map: Map<string, NamedTensor[]>, key: string, tensor: NamedTensor): void {
  map.set(key, [...(map.get(key) ?? []), tensor].slice(0, MAX_WEIGHTS_OF_LAYER));
}

/** Whether the bytes begin like a JSON object. */
export function isJson(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}
