import type { Network } from "../../model/network.js";
import { buildNetwork, type NetworkDescription } from "../description.js";
import { parseSafetensors } from "../safetensors.js";
import type { Tensor } from "../tensor.js";
import { canonicalTensors, inferDescription } from "./stateDict.js";

/**
 * Reads a PyTorch state_dict that was saved as safetensors.
 *
 * @param description how the layers are wired, where names and shapes do not tell
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseTorch(bytes: Uint8Array, description?: NetworkDescription): Network {
  return networkFromStateDict(parseSafetensors(bytes).tensors, description);
}

/**
 * Joins the tensors of a state_dict to a network.
 *
 * @param tensors by PyTorch's names, each nn.GRU's with its gates in PyTorch's order, r z n, which is ours
 * @param description how the layers are wired; inferred when absent, and noted in the network
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function networkFromStateDict(tensors: ReadonlyMap<string, Tensor>, description?: NetworkDescription): Network {
  const canonical = canonicalTensors(tensors);
  if (description !== undefined) return buildNetwork(description, canonical);
  const inferred = inferDescription(canonical);
  return buildNetwork(inferred.description, canonical, inferred.notes);
}
