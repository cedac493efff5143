import type { Network } from "../../model/network.js";
import { buildNetwork, type NetworkDescription } from "../description.js";
import { networkFromStateDict } from "../torch/parseTorch.js";
import { fromKeras, isKeras } from "./kerasWeights.js";
import { readNpz } from "./npzFile.js";

/**
 * Reads a .npz file of weights: by PyTorch's names, those of a state_dict, or by Keras's (`gru/recurrent_kernel`), in the
 * order of `model.weights`.
 *
 * @param description how the layers are wired; for Keras's, with the activations that names do not say
 * @param mayKeep whether the bytes may become the weights' own memory
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseNpz(bytes: Uint8Array, description?: NetworkDescription, mayKeep = false): Network {
  const arrays = readNpz(bytes, mayKeep);
  if (!isKeras(arrays)) return networkFromStateDict(arrays, description);
  const keras = fromKeras(arrays, description !== undefined);
  if (description !== undefined) return buildNetwork(description, keras.tensors);
  return buildNetwork(keras.description, keras.tensors, keras.notes);
}
