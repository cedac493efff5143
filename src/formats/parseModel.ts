import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { buildNetwork, type NetworkDescription, parseDescription } from "./description.js";
import { isSafetensors, parseSafetensors } from "./safetensors.js";
import { canonicalTensors, inferDescription } from "./stateDict.js";

/** Key of our layer list in a safetensors file's metadata. */
const METADATA_KEY = "webgru";

/**
 * Reads a model file: ours, or a bare PyTorch state_dict, both in safetensors.
 *
 * @param description how the layers are wired, for a file that does not say; it wins over what the file says
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseModel(bytes: Uint8Array, description?: NetworkDescription): Network {
  if (!isSafetensors(bytes)) {
    const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new GruError("bad-file", `model: expected a safetensors file, got ${bytes.length} bytes that begin ${start}`);
  }
  const { tensors, metadata } = parseSafetensors(bytes);
  const text = metadata.get(METADATA_KEY);
  const canonical = canonicalTensors(tensors);
  if (description !== undefined) return buildNetwork(description, canonical);
  if (text !== undefined) return buildNetwork(parseDescription(text), canonical);
  const inferred = inferDescription(canonical);
  return buildNetwork(inferred.description, canonical, inferred.notes);
}
