// A whole model in one HDF5 file of Keras 1, 2 or 3. The configuration is an attribute of the root; each layer is a group, with
// the names of its weights in their order.

import { GruError } from "../../errors.js";
import { type Hdf5Group, parseHdf5 } from "../hdf5/hdf5File.js";
import { quote } from "../quote.js";
import { parseConfig } from "./config.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import type { Place } from "./kerasLayer.js";
import { parseTopology } from "./topology.js";
import { weightsOfLayer } from "./weightNames.js";

/** Limits of the weights of a group: no layer has more than 24, as Keras 1's bidirectional LSTM; a nested model may. */
const MAX_WEIGHTS = 64;
const MAX_MODEL_WEIGHTS = 1024;

/** @throws GruError `bad-file`, `unsupported` for a file with weights alone */
export function readH5Model(bytes: Uint8Array, mayKeep: boolean): KerasModel {
  const root = parseHdf5(bytes, mayKeep);
  const text = root.text("model_config");
  if (text === null) {
    const expected = "a whole model, with its model_config";
    throw new GruError("unsupported", `keras: expected ${expected}, got ${describeFile(root)}`);
  }
  const weights = root.find("model_weights");
  if (weights === null) throw new GruError("bad-file", "keras: expected a group model_weights in the file, got none");
  const config = parseConfig(text, "model_config");
  return {
    version: root.text("keras_version"),
    topology: parseTopology(config),
    weightsOf: ({ name, place }) => readWeights(weights, name, place),
  };
}

/** Groups at the root of a file of weights alone: Keras 3's, 2.13's, and the one of a whole model. */
const KERAS_GROUPS = ["layers", "_layer_checkpoint_dependencies", "model_weights"];

/** Describes an HDF5 file that is no Keras model, and says what to do. */
function describeFile(root: Hdf5Group): string {
  if (root.has("layer_names") || KERAS_GROUPS.some((name) => root.names.includes(name))) {
    return "an HDF5 file with weights alone, as save_weights() writes it; save with model.save(), or pass as description the architecture, JSON.parse of model.to_json(), or a list that names the tensors";
  }
  if (root.has("_NCProperties")) return "a netCDF file, which is data and no model";
  if (root.has("PYTABLES_FORMAT_VERSION")) return "a file of PyTables or pandas, which is data and no model";
  const names = root.names.length === 0 ? "nothing" : quote(root.names);
  return `another HDF5 file, with ${names} in it; save with model.save()`;
}

/** The weights of a layer of Keras 1's and 2's files. @param weights a group for each layer of the model */
export function readWeights(weights: Hdf5Group, layer: string, place: Place): NamedTensor[] {
  const [outer] = place.names as [string];
  const group = weights.names.includes(outer) ? weights.find(outer) : null;
  if (group === null) throw new GruError("bad-file", `layer "${layer}": expected a group of its weights, got none`);
  const listed = (group.texts("weight_names") ?? []).map((name) => ({ name }));
  const isNested = place.names.length > 1;
  const most = isNested ? MAX_MODEL_WEIGHTS : MAX_WEIGHTS;
  if (listed.length > most) {
    throw new GruError("bad-file", `layer "${layer}": expected at most ${most} weights, got ${listed.length}`);
  }
  // The group of a nested model has the weights of all its layers.
  const own = isNested ? weightsOfLayer(listed, place) : listed;
  return own.map(({ name }) => ({ name: `${layer}: ${name}`, tensor: group.dataset(name) }));
}
