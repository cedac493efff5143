import type { Network } from "../../model/network.js";
import { buildNetwork, type NetworkDescription } from "../description.js";
import { GruError } from "../../errors.js";
import { NamedTensors } from "../namedTensors.js";
import { listNames } from "../names.js";
import { isSafetensors, parseSafetensors, type SafetensorsFile } from "../safetensors.js";
import type { Tensor } from "../tensor.js";
import { leftOutNotes, mayLeaveOut } from "../wholeNumbers.js";
import { foldBatchNorms } from "./batchNorms.js";
import { inferDescription } from "./inferDescription.js";
import { readPtFile } from "./ptFile.js";
import { plainWeights } from "./reparametrised.js";
import { canonicalTensors, isOfLoss, unwrapped } from "./stateDict.js";
import { type WholeParts, wholeParts } from "./wholeParts.js";

/**
 * Reads a PyTorch state_dict: saved as safetensors, or by torch.save as a .pt or .pth file.
 *
 * @param description the layer list; needed where names and shapes do not tell it
 * @param mayKeep whether the weights may use the memory of `bytes`
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function parseTorch(bytes: Uint8Array, description?: NetworkDescription, mayKeep = false): Network {
  if (isSafetensors(bytes)) return networkFromSafetensors(parseSafetensors(bytes, mayKeep), description);
  const { tensors, module, notes } = readPtFile(bytes, description !== undefined, mayKeep);
  return networkFromStateDict(tensors, description, notes, true, module && wholeParts(module));
}

/**
 * The network of a state_dict in a safetensors file.
 *
 * @throws GruError as `networkFromStateDict`; `unsupported` for whole numbers that must not be left out
 */
export function networkFromSafetensors(
  { tensors, wholeNumbers }: SafetensorsFile,
  description?: NetworkDescription,
): Network {
  const names = [...wholeNumbers.keys()];
  const kept = names.find((name) => !mayLeaveOut(name, description !== undefined));
  if (kept !== undefined) {
    const expected = "numbers of dtype F32, F16, BF16, F64 or I8";
    throw new GruError("unsupported", `safetensors: tensor "${kept}": expected ${expected}, got whole numbers`);
  }
  // No order: the writer of safetensors sorts tensors by name.
  return networkFromStateDict(tensors, description, leftOutNotes(names), false);
}

/**
 * Makes a network of the tensors of a state_dict.
 *
 * @param tensors by PyTorch's names; the gates of nn.GRU are in the order r z n, which is ours too
 * @param description the layer list; inferred when absent, with notes in the network
 * @param notes notes to put before those
 * @param hasOrder whether the tensors are in the order of the module's parts, as in its state_dict
 * @param parts of the whole module, where the file has one
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function networkFromStateDict(
  tensors: ReadonlyMap<string, Tensor>,
  description?: NetworkDescription,
  notes: readonly string[] = [],
  hasOrder = true,
  parts: WholeParts | null = null,
): Network {
  const whole = plainWeights(tensors);
  const folded = foldBatchNorms(whole.tensors, parts?.epsilons);
  const plain = { tensors: folded.tensors, notes: [...whole.notes, ...folded.notes] };
  const { tensors: own, prefix } = unwrapped(plain.tensors);
  // A description may name the layers as the file does, or as the module did before it was wrapped.
  const isWrapped = prefix === "" || layersNamed(description, prefix);
  const canonical = canonicalTensors(isWrapped ? plain.tensors : own);
  const all = [...notes, ...plain.notes, ...(isWrapped ? [] : [`The prefix "${prefix}" of every name is left out.`])];
  const named = new NamedTensors(canonical, isWrapped ? plain.tensors : own);
  if (description !== undefined) return buildNetwork(description, named, all);
  const lost = [...canonical.keys()].filter(isOfLoss);
  for (const name of lost) canonical.delete(name);
  const left =
    lost.length === 0 ? [] : [`Left out, as parts of the loss or a metric by their names: ${listNames(lost)}.`];
  const described = parts?.describe(canonical, isWrapped ? "" : prefix);
  const inferred = described ?? inferDescription(canonical, hasOrder);
  return buildNetwork(inferred.description, canonical, [...inferred.warnings, ...all, ...left, ...inferred.notes]);
}

function layersNamed(description: NetworkDescription | undefined, prefix: string): boolean {
  const layers: unknown = description?.layers;
  return Array.isArray(layers) && layers.some((layer) => String(layer?.name).startsWith(prefix));
}
