// Model files of a size, as PyTorch would save them.

import { ptStateDict } from "../pickleFile.js";
import { gruShapes, linearShapes, type StateDict, stateDictFile, stateDictTensors } from "../stateDictFile.js";

/** A state_dict of two GRU layers and a head, of about `sizeBytes`. */
function shapesOf(sizeBytes: number): StateDict {
  // Two layers of 6 H^2 weights, of four bytes each.
  const hiddenSize = Math.floor(Math.sqrt(sizeBytes / 48));
  return { ...gruShapes("gru.", hiddenSize, hiddenSize, { numLayers: 2 }), ...linearShapes("head", hiddenSize, 2) };
}

/** A .safetensors and a .pt file of about that size, by their endings. */
export function largeFiles(sizeBytes: number): Record<"safetensors" | "pt", Uint8Array> {
  const shapes = shapesOf(sizeBytes);
  return { safetensors: stateDictFile(shapes), pt: ptStateDict(stateDictTensors(shapes)) };
}
