// GRU, RNN of a GRUCell, and Bidirectional of either.
//
// go_backwards gives its steps in the order in which it went, so what reads them sees the sequence turned round. A layer goes
// back in our order when it goes back in its own, or when its input is turned round, but not when both.

import type { GruSpec } from "../../model/network.js";
import type { Config } from "./config.js";
import { areAlike, type GruPart, readGruPart, stackParts } from "./gruPart.js";
import { isBounded } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";
import { withMask } from "./mask.js";
import { type MergeMode, mergeValues } from "./merge.js";
import type { Built, Value } from "./value.js";

/** What a recurrent layer is made of. */
export interface RecurrentParts {
  readonly name: string;
  readonly config: Config;
  readonly tensors: readonly NamedTensor[];
  readonly isKeras3: boolean;
  readonly input: Value;
}

/** A GRU, or an RNN of a GRUCell. @throws GruError `unsupported`, `bad-file`, `shape-mismatch` */
export function gruLayer(parts: RecurrentParts): Built {
  const { name, config, tensors, input } = parts;
  const part = readPart(config, tensors, parts);
  const returnSequences = readReturnSequences(config, input);
  const isBackwards = goesBackwards(config) !== input.isReversed;
  const layer = spec(name, input, isBackwards ? "reverse" : "forward", part, returnSequences);
  const value = valueOf([name], part.hiddenSize, isBackwards, returnSequences, input);
  return { layers: [layer], value: { ...value, isBounded: isBounded(part.newActivation) } };
}

/** Bidirectional: its backward layer's steps are turned back before both are merged. */
export function bidirectionalLayers(parts: RecurrentParts): Built {
  const { name, config, tensors, input } = parts;
  const forward = config.inner("layer", "GRU", "RNN");
  const backward = config.has("backward_layer") ? config.inner("backward_layer", "GRU", "RNN") : forward;
  const returnSequences = readReturnSequences(forward, input);
  const isAstray = backward !== forward && goesBackwards(backward) === goesBackwards(forward);
  if (isAstray || backward.flag("return_sequences", false) !== returnSequences) {
    throw config.unsupported("backward_layer", "like the forward one, in the other direction");
  }
  const half = tensors.length / 2;
  const first = readPart(forward, tensors.slice(0, half), parts);
  const second = readPart(backward, tensors.slice(half), parts);
  const isBackwards = goesBackwards(forward) !== input.isReversed;
  const mode = readMergeMode(config);
  const layers = bothDirections(
    mode === null ? name : `${name}.gru`,
    input,
    first,
    second,
    isBackwards,
    returnSequences,
  );
  const names = layers.map((layer) => layer.name);
  const areBounded = isBounded(first.newActivation) && isBounded(second.newActivation);
  const size = mode === null ? first.hiddenSize + second.hiddenSize : first.hiddenSize;
  const value = { ...valueOf(names, size, isBackwards, returnSequences, input), isBounded: areBounded };
  if (mode === null) return { layers, value };
  const merged = mergeValues(mode, name, value, 2);
  return { layers: [...layers, ...merged.layers], value: merged.value };
}

function readPart(config: Config, tensors: readonly NamedTensor[], { isKeras3, input }: RecurrentParts): GruPart {
  const cell = config.has("cell") ? config.inner("cell", "GRUCell") : config;
  const part = readGruPart(cell, tensors, isKeras3);
  return input.mask === null ? part : withMask(part, cell.subject);
}

function goesBackwards(config: Config): boolean {
  return config.flag("go_backwards", false);
}

function readReturnSequences(config: Config, { mask }: Value): boolean {
  const returnSequences = config.flag("return_sequences", false);
  if (mask !== null && returnSequences && config.flag("zero_output_for_mask", false)) {
    throw config.unsupported("zero_output_for_mask", "false: a masked step repeats the output before it");
  }
  return returnSequences;
}

function readMergeMode(config: Config): MergeMode | null {
  // null in a file is a pair of outputs; a file that has none of it means concat.
  const mode = config.text("merge_mode", "concat");
  if (mode === "concat") return null;
  if (mode === "sum" || mode === "ave" || mode === "mul") return mode;
  throw config.unsupported("merge_mode", "concat, sum, ave or mul");
}

/** One layer of both directions where one will do; else one of each, the first direction's first. */
function bothDirections(
  name: string,
  input: Value,
  first: GruPart,
  second: GruPart,
  isBackwards: boolean,
  returnSequences: boolean,
): GruSpec[] {
  if (!isBackwards && areAlike(first, second)) {
    return [spec(name, input, "bidirectional", stackParts(first, second), returnSequences)];
  }
  const [one, other] = isBackwards ? (["reverse", "forward"] as const) : (["forward", "reverse"] as const);
  return [
    spec(`${name}.forward`, input, one, first, returnSequences),
    spec(`${name}.backward`, input, other, second, returnSequences),
  ];
}

/** A layer that reads its input, and which steps of it count. */
function spec(
  name: string,
  { parts, mask }: Value,
  direction: GruSpec["direction"] & string,
  part: GruPart,
  returnSequences: boolean,
): GruSpec {
  const inputs = mask === null ? parts : [...parts, mask];
  return { type: "gru", name, inputs, direction, returnSequences, ...part };
}

function valueOf(
  parts: readonly string[],
  size: number,
  isReversed: boolean,
  returnSequences: boolean,
  { mask }: Value,
): Omit<Value, "isBounded"> {
  return { parts, size, isReversed: returnSequences && isReversed, mask: returnSequences ? mask : null };
}
