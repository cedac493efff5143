import { GruError } from "../../errors.js";
import type { Network } from "../../model/network.js";
import type { NetworkDescription } from "../description.js";
import type { ModelFiles } from "../fileContents.js";
import { isHdf5, parseHdf5 } from "../hdf5/hdf5File.js";
import { isZip } from "../zip.js";
import { isArchitecture, modelOfWeights } from "./architecture.js";
import { readKerasArchive } from "./archive.js";
import { readH5Model } from "./h5Model.js";
import type { KerasModel } from "./kerasModel.js";
import { isJson, readLayersModel } from "./layersModel.js";
import type { ModelPart } from "./modelPart.js";
import { toNetwork } from "./toNetwork.js";

/** Options of reading a Keras model. */
export interface ParseKerasOptions {
  /** The files that TF.js's model.json names. */
  readonly files?: ModelFiles | undefined;
  /** For an HDF5 file of weights alone: the layer list, or the architecture, which is JSON.parse of `model.to_json()`. */
  readonly description?: unknown;
  /** The part to read of a graph in which a recurrent layer begins with the states of another. */
  readonly part?: ModelPart | undefined;
}

/**
 * Reads a Keras model: a .h5 of Keras 1, 2 or 3, a .keras, or a TF.js layers model's model.json.
 *
 * @param mayKeep whether the weights may use the memory of `bytes` and `files`
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export async function parseKeras(
  bytes: Uint8Array,
  options: ParseKerasOptions = {},
  mayKeep = false,
): Promise<Network> {
  const { files, description, part } = options;
  if (description !== undefined) {
    const root = isHdf5(bytes) ? parseHdf5(bytes, mayKeep) : null;
    if (root === null || root.text("model_config") !== null) {
      const expected = "not for a Keras model, which says itself how its layers are wired";
      throw new GruError("unsupported", `description: ${expected}`);
    }
    if (isArchitecture(description)) return toNetwork(modelOfWeights(root, description), part);
    const { networkOfWeights } = await import("../../entries/describedWeights.js");
    return networkOfWeights((name) => root.dataset(name), description as NetworkDescription);
  }
  return toNetwork(await readModel(bytes, files, mayKeep), part);
}

async function readModel(bytes: Uint8Array, files: ModelFiles | undefined, mayKeep: boolean): Promise<KerasModel> {
  if (isHdf5(bytes)) return readH5Model(bytes, mayKeep);
  if (isZip(bytes)) return readKerasArchive(bytes, mayKeep);
  if (isJson(bytes)) return readLayersModel(bytes, files, mayKeep);
  throw new GruError("bad-file", `keras: expected an HDF5 file, a zip or JSON, got ${bytes.length} other bytes`);
}
