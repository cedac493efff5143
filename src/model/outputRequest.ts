// What of a step comes down: as it is asked for, as sessions take it, and as it is given.

import { GruError } from "../errors.js";
import { checkOptions, checkWhole } from "./checkOptions.js";
import { type Layer, layerOutputSize } from "../layers/index.js";
import { layerNamed, type Network, numLayersOfState } from "./network.js";
import { describeValue } from "./valueKind.js";

/**
 * What is read back of a push or a run: every output; none, where only the state is to advance; or of the main output
 * the `topK` highest numbers of each step and row. That is from 1 to the output's size, and to 1,024 at most.
 */
export type OutputRequest = "all" | "none" | { readonly topK: number };

/** What a push may be told beside the input. */
export interface OutputOptions<Request extends OutputRequest = "all"> {
  /** What is read back; `all` when absent. */
  readonly output?: Request;
}

/** The highest numbers of each step and row of the main output, the highest first, the first of equals. */
export interface TopK {
  /** Where they are along the output's last axis: [T, B, K], or [B, K] of the last step. Zeros past a row's length. */
  readonly indices: Uint32Array;
  /** What they are, laid out as `indices`. A NaN counts as the highest. */
  readonly values: Float32Array;
}

/** The main output as it was asked for: [T, B, O] or [B, O], nothing, or its highest. */
export type MainOutput<Request extends OutputRequest> = Request extends "all"
  ? Float32Array
  : Request extends "none"
    ? undefined
    : TopK;

/** What a session reads back: every output, the `topK` highest of the main one (0 for none of it), both or neither. */
export interface Selection {
  readonly all: boolean;
  readonly topK: number;
}

export const ALL: Selection = { all: true, topK: 0 };
export const NONE: Selection = { all: false, topK: 0 };

/** More are not worth a search one by one: it is quicker to read every output. */
const MAX_TOP_K = 1024;

/** @throws GruError `unsupported` for a request that is none, `bad-input` for a `topK` that the main output has not */
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

/** The layers that it takes: where nothing is read back, those up to the last one that keeps a state. */
export function neededLayers(network: Network, { all, topK }: Selection): readonly Layer[] {
  return all || topK > 0 ? network.layers : network.layers.slice(0, numLayersOfState(network));
}

/**
 * What is given for a request.
 *
 * @param outputs of a session: every output, none, or for `topK` the pairs of index and value alone, [T, B, K, 2]
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
