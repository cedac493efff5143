// The outputs to read back: the caller's request, the session's selection, and the result.

import { GruError } from "../errors.js";
import { checkOptions, checkWhole } from "./checkOptions.js";
import { type Layer, layerOutputSize } from "../layers/index.js";
import { layerNamed, type Network, numLayersOfState } from "./network.js";
import { describeValue } from "./valueKind.js";

/**
 * The outputs of a push or a run to read back: all; none, to advance only the state; or the `topK` highest numbers of each
 * step and row of the main output. `topK` is from 1 to the output's size, and at most 1,024.
 */
export type OutputRequest = "all" | "none" | { readonly topK: number };

/** Options of a push. */
export interface OutputOptions<Request extends OutputRequest = "all"> {
  /** The outputs to read back; `all` when absent. */
  readonly output?: Request;
}

/** The highest numbers of each step and row of the main output, the highest first; of equal numbers, the first one first. */
export interface TopK {
  /** Their indices on the output's last axis: [T, B, K], or [B, K] of the last step. Zeros past a row's length. */
  readonly indices: Uint32Array;
  /** The numbers, laid out as `indices`. A NaN counts as the highest. */
  readonly values: Float32Array;
}

/** The main output for a request: [T, B, O] or [B, O], nothing, or its highest numbers. */
export type MainOutput<Request extends OutputRequest> = Request extends "all"
  ? Float32Array
  : Request extends "none"
    ? undefined
    : TopK;

/** The outputs that a session reads back: all, the `topK` highest numbers of the main one (0 for none), both or neither. */
export interface Selection {
  readonly all: boolean;
  readonly topK: number;
}

export const ALL: Selection = { all: true, topK: 0 };
export const NONE: Selection = { all: false, topK: 0 };

/** Above this, reading every output is quicker than searching for the highest one by one. */
const MAX_TOP_K = 1024;

/** @throws GruError `unsupported` for an unknown request, `bad-input` for a `topK` out of range */
export function takeOutputRequest(network: Network, output: OutputRequest = "all"): Selection {
  if (output === "all") return ALL;
  if (output === "none") return NONE;
  const kind = describeValue(output);
  if (kind !== "an object") {
    throw new GruError("unsupported", `output: expected "all", "none" or { topK }, got ${kind}`);
  }
  const { topK } = checkOptions(output, ["topK"], "output");
  checkWhole("topK", topK, 1, Math.min(MAX_TOP_K, layerOutputSize(layerNamed(network, network.outputs[0]!))));
  return { all: false, topK };
}

/** The layers to compute. If nothing is read back, the layers after the last one with a state are left out. */
export function neededLayers(network: Network, { all, topK }: Selection): readonly Layer[] {
  return all || topK > 0 ? network.layers : network.layers.slice(0, numLayersOfState(network));
}

/**
 * The result for a request.
 *
 * @param outputs of a session: every output, none, or only the pairs of index and value for `topK`, [T, B, K, 2]
 */
export function mainOutput<Request extends OutputRequest>(
  [main]: readonly Float32Array[],
  { topK }: Selection,
): MainOutput<Request> {
  return (topK > 0 ? splitPairs(main!) : main) as MainOutput<Request>;
}

function splitPairs(pairs: Float32Array): TopK {
  const indices = new Uint32Array(pairs.length / 2);
  const values = new Float32Array(indices.length);
  const bits = new Uint32Array(pairs.buffer);
  for (let i = 0; i < indices.length; i++) {
    indices[i] = bits[2 * i]!;
    values[i] = pairs[2 * i + 1]!;
  }
  return { indices, values };
}
