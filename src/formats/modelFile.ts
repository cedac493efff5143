import type { Network } from "../model/network.js";
import { buildNetwork, type NetworkDescription, parseDescription } from "./description.js";
import type { SafetensorsFile } from "./safetensors.js";
import { leftOutNotes } from "./wholeNumbers.js";

/** Key of our layer list in a safetensors file's metadata. */
export const METADATA_KEY = "webgru";

/** nn.GRU's and nn.GRUCell's matrices, as a state_dict names them. */
export const TORCH_NAME = /(^|\.)weight_[ih]h(_l\d|$)/;

/**
 * The network in our own model file: tensors by canonical names, and the layer list in the metadata.
 *
 * @param description how the layers are wired; it wins over what the file says
 * @returns null when the tensors have PyTorch's names
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseModelFile(file: SafetensorsFile, description?: NetworkDescription): Network | null {
  const wiring = describedIn(file, description);
  const isTorch = wiring === undefined || [...file.tensors.keys()].some((name) => TORCH_NAME.test(name));
  return isTorch ? null : buildNetwork(wiring, file.tensors, leftOutNotes([...file.wholeNumbers.keys()]));
}

/** How the layers are wired, by the caller or else by the file; undefined when neither says. */
export function describedIn(
  { metadata }: SafetensorsFile,
  description?: NetworkDescription,
): NetworkDescription | undefined {
  const text = metadata.get(METADATA_KEY);
  if (description !== undefined || text === undefined) return description;
  return parseDescription(text);
}
