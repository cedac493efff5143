// HDF5 files of weights alone: Keras's save_weights(), or another program's. A description says what each array is.

import { GruError } from "../../errors.js";
import type { Network } from "../../model/network.js";
import { buildNetwork, type NetworkDescription } from "../description.js";
import { NamedTensors } from "../namedTensors.js";
import type { Tensor } from "../tensor.js";

/** Arrays that a description may name: more than 256 layers have. */
const MAX_NAMES = 4096;

/**
 * The network of a description whose layers name their tensors by paths in the file: `gru/gru_cell/kernel:0`.
 *
 * @param tensorOf the array at a path
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export function networkOfWeights(tensorOf: (path: string) => Tensor, description: NetworkDescription): Network {
  const tensors = new Map(namesIn(description).map((name) => [name, tensorOf(name)]));
  return buildNetwork(description, new NamedTensors(tensors));
}

/** The names of a description that is not checked yet. */
function namesIn({ layers }: { readonly layers?: unknown }): string[] {
  const list: readonly unknown[] = Array.isArray(layers) ? layers : [];
  const named = list.flatMap((layer) => Object.values(Object((layer as { tensors?: unknown } | null)?.tensors ?? {})));
  const names = new Set(named.flat().filter((name): name is string => typeof name === "string"));
  if (names.size <= MAX_NAMES) return [...names];
  throw new GruError("unsupported", `description: expected at most ${MAX_NAMES} names of tensors, got ${names.size}`);
}
