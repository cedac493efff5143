import type { Network } from "../model/network.js";
import { buildNetwork, type NetworkDescription, parseDescription } from "./description.js";
import type { SafetensorsFile } from "./safetensors.js";
import { namesTensors } from "./tensorSource.js";
import { leftOutNotes } from "./wholeNumbers.js";

/** Key of our layer list in a safetensors file's metadata. */
export const METADATA_KEY = "webgru";

/** Names of nn.GRU's and nn.GRUCell's matrices in a state_dict. */
export const TORCH_NAME = /(^|\.)weight_[ih]h(_l\d|$)/;

/**
 * The network in our own model file: tensors with canonical names, and the layer list in the metadata.
 *
 * @param description the layer list; it takes precedence over the file's
 * @returns null when the tensors have PyTorch's names, or those that the caller's list says
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseModelFile(file: SafetensorsFile, description?: NetworkDescription): Network | null {
  const wiring = describedIn(file, description);
  const isNamed = wiring === undefined || namesTensors(description);
  const isTorch = isNamed || [...file.tensors.keys()].some((name) => TORCH_NAME.test(name));
  return isTorch ? null : buildNetwork(wiring, file.tensors, leftOutNotes([...file.wholeNumbers.keys()]));
}

/** The caller's layer list, or else the file's; undefined if there is none. */
export function describedIn(
  { metadata }: SafetensorsFile,
  description?: NetworkDescription,
): NetworkDescription | undefined {
  const text = metadata.get(METADATA_KEY);
  if (description !== undefined || text === undefined) return description;
  return parseDescription(text);
}
