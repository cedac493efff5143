import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { buildNetwork, type NetworkDescription, parseDescription } from "./description.js";
import { isSafetensors, parseSafetensors } from "./safetensors.js";
import { canonicalTensors, inferDescription } from "./stateDict.js";

/** How files of other formats begin, and what to do with them. */
const OTHER_FORMATS: readonly [magic: string, what: string][] = [
  ["PK", "a zip: a .pt, .keras or .npz file? save the weights as safetensors"],
  ["\x89HDF", "an HDF5 file: a Keras model? save the weights as safetensors"],
  ["\x08", "a protobuf: an ONNX model? save the weights as safetensors"],
  ["\x80", "a pickle: an old .pt file? save the weights as safetensors"],
  ["<", "a page in HTML or XML: is the URL right?"],
];

function describeStart(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 8);
  const text = String.fromCharCode(...start);
  const hex = [...start].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const known = OTHER_FORMATS.find(([magic]) => text.startsWith(magic));
  if (bytes.length === 0) return "an empty file";
  return `${bytes.length} bytes that begin ${hex}${known === undefined ? "" : `, ${known[1]}`}`;
}

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
    throw new GruError("bad-file", `model: expected a safetensors file, got ${describeStart(bytes)}`);
  }
  const { tensors, metadata } = parseSafetensors(bytes);
  const text = metadata.get(METADATA_KEY);
  const canonical = canonicalTensors(tensors);
  if (description !== undefined) return buildNetwork(description, canonical);
  if (text !== undefined) return buildNetwork(parseDescription(text), canonical);
  const inferred = inferDescription(canonical);
  return buildNetwork(inferred.description, canonical, inferred.notes);
}
