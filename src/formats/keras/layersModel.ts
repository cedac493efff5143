// TF.js's layers model: model.json with the topology, and beside it files with the weights one after the other.

import type { ModelFiles } from "../fileContents.js";
import { type Config, parseConfig } from "./config.js";
import type { KerasModel, LayerPlace, NamedTensor } from "./kerasModel.js";
import { parseTopology } from "./topology.js";
import { readManifest } from "./weightsManifest.js";

/** @throws GruError `bad-file`, `unsupported` */
export async function readLayersModel(
  bytes: Uint8Array,
  files: ModelFiles | undefined,
  mayKeep: boolean,
): Promise<KerasModel> {
  const json = parseConfig(new TextDecoder().decode(bytes), "model.json");
  if (json.text("format", "layers-model") !== "layers-model") throw json.unsupported("format", "layers-model");
  const topology = json.object("modelTopology");
  // Keras's converter puts the model inside; TF.js itself does not.
  const model = topology.has("model_config") ? topology.object("model_config") : topology;
  const parsed = parseTopology(model);
  const tensors = await readManifest(json.list("weightsManifest"), files, mayKeep);
  return {
    version: versionOf(topology),
    topology: parsed,
    weightsOf: (layer) => weightsOf(tensors, layer),
  };
}

/** "tfjs-layers 4.22.0" counts as Keras 2, whose activations TF.js has. */
function versionOf(topology: Config): string | null {
  if (!topology.has("keras_version")) return null;
  const version = topology.text("keras_version");
  return version.startsWith("tfjs") ? `2 (${version})` : version;
}

/** The weights whose path begins with the layer's name, or else has it somewhere; in the file's order. */
function weightsOf(tensors: readonly NamedTensor[], { name }: LayerPlace): NamedTensor[] {
  const first = tensors.filter((tensor) => tensor.name.startsWith(`${name}/`));
  if (first.length > 0) return first;
  return tensors.filter((tensor) => tensor.name.includes(`/${name}/`));
}

/** Whether the bytes begin as a JSON object does. */
export function isJson(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}
