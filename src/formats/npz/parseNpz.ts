import type { Network } from "../../model/network.js";
import { buildNetwork, type NetworkDescription } from "../description.js";
import { namesTensors } from "../tensorSource.js";
import { networkFromStateDict } from "../torch/parseTorch.js";
import { fromKeras, isKeras } from "./kerasWeights.js";
import { readNpz } from "./npzFile.js";

/**
 * Reads a .npz file of weights: with the names of a PyTorch state_dict, or with Keras's (`gru/recurrent_kernel`), in the order
 * of `model.weights`.
 *
 * @param description the layer list; with Keras's names, also for the activations, which are not in the file
 * @param mayKeep whether the weights may use the memory of `bytes`
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseNpz(bytes: Uint8Array, description?: NetworkDescription, mayKeep = false): Network {
  const arrays = readNpz(bytes, mayKeep);
  // A description that names the arrays says what each is.
  if (namesTensors(description) || !isKeras(arrays)) return networkFromStateDict(arrays, description);
  const keras = fromKeras(arrays, description !== undefined);
  if (description !== undefined) return buildNetwork(description, keras.tensors);
  return buildNetwork(keras.description, keras.tensors, keras.notes);
}
