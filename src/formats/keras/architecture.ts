// An HDF5 file of weights alone, as save_weights() writes it, with the model's architecture, which model.to_json() gives.

import { GruError } from "../../errors.js";
import type { Hdf5Group } from "../hdf5/hdf5File.js";
import { ROOTS, readWeights } from "./archive.js";
import { Config } from "./config.js";
import { readWeights as readH5Weights } from "./h5Model.js";
import type { KerasModel } from "./kerasModel.js";
import { parseTopology } from "./topology.js";

/** Whether a description is a Keras model's configuration, and no layer list of ours. */
export function isArchitecture(description: unknown): boolean {
  return typeof description === "object" && description !== null && "class_name" in description;
}

/** @throws GruError `bad-file`, `unsupported` */
export function modelOfWeights(root: Hdf5Group, architecture: unknown): KerasModel {
  const model = new Config(architecture, "description");
  const topology = parseTopology(model);
  // On Windows a path may be one name, with "\\" between its parts.
  if (root.names.some((name) => ROOTS.includes(name.split("\\", 1)[0]!))) {
    return { version: versionOf(model), topology, weightsOf: (layer) => readWeights(root, layer) };
  }
  if (root.has("layer_names")) {
    return { version: versionOf(model), topology, weightsOf: ({ name, place }) => readH5Weights(root, name, place) };
  }
  throw new GruError(
    "unsupported",
    "keras: expected a file of save_weights() for the architecture, got another HDF5 file",
  );
}

/** Keras 3's to_json() says no version, but in which module each class is. */
function versionOf(model: Config): string | null {
  if (model.has("keras_version")) return model.text("keras_version");
  return model.has("module") ? "3" : null;
}
