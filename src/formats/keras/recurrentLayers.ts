// GRU, LSTM and SimpleRNN, an RNN of one of their cells, and Bidirectional of any.
//
// A layer with go_backwards gives its steps in the order of its computation: the layers after it see the sequence reversed, but
// the mask in its original order. In our order, a layer runs backwards if it has go_backwards or its input is reversed, not if
// both. At masked steps, Bidirectional gives zeros; a GRU repeats its output, unless it has zero_output_for_mask.
// (keras/src/layers/rnn: rnn.py, bidirectional.py; keras/src/backend/*/rnn.py)

import { GruError } from "../../errors.js";
import type { Direction } from "../../layers/direction.js";
import type { LayerSpec } from "../../layers/index.js";
import { areAlike, type CellPart, stackParts } from "./cellPart.js";
import { innerLayer, readPart, type RecurrentConfig } from "./cells.js";
import type { Config } from "./config.js";
import { isBounded } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";
import type { Dialect } from "./dialect.js";
import { gruOfRnn, withMask, zeroMaskedSteps } from "./mask.js";
import { type MergeMode, mergeValues } from "./merge.js";
import type { Built, Value } from "./value.js";

/** The parts of a recurrent layer. */
export interface RecurrentParts {
  readonly name: string;
  /** Class of the layer, or of Bidirectional. */
  readonly className: string;
  readonly config: Config;
  readonly tensors: readonly NamedTensor[];
  readonly dialect: Dialect;
  readonly input: Value;
  /** Whether an output depends on the layer's output at masked steps. */
  readonly areMaskedStepsRead: boolean;
}

/** A layer of one direction. @throws GruError `unsupported`, `bad-file`, `shape-mismatch` */
export function recurrentLayer(parts: RecurrentParts): Built {
  const { name, config, tensors, input } = parts;
  const part = readMasked(parts, tensors, parts);
  const returnSequences = readReturnSequences(config);
  const isBackwards = goesBackwards(config) !== input.isReversed;
  const hasZeros = givesZeros(config.flag("zero_output_for_mask", false), [config], parts);
  const own = hasZeros ? `${name}.gru` : name;
  const layer = spec(own, input, isBackwards ? "reverse" : "forward", part, returnSequences);
  const value = {
    ...valueOf([own], part.hiddenSize, isBackwards, returnSequences, input),
    isBounded: givesBounded(part),
  };
  return hasZeros ? withZeros(name, { layers: [layer], value }, value.isBounded) : { layers: [layer], value };
}

/** Whether the masked steps of a sequence become zeros. @param layers the layer of each direction */
function givesZeros(zerosMasked: boolean, layers: readonly Config[], parts: RecurrentParts): boolean {
  if (!zerosMasked || parts.input.mask === null || !readReturnSequences(layers[0]!)) return false;
  // With unroll, some backends give no zeros, and some in the order of the mask instead of the steps.
  const unrolled = layers.find((layer) => layer.flag("unroll", false));
  if (unrolled !== undefined) throw unrolled.unsupported("unroll", "false under a mask with zero_output_for_mask");
  return parts.areMaskedStepsRead;
}

/** The same layers with zeros at masked steps. @param areBounded whether their outputs are in [-1, 1] */
function withZeros(name: string, { layers, value }: Built, areBounded: boolean): Built {
  const zeros = zeroMaskedSteps(name, value.parts, value.mask!.layer, value.size, areBounded);
  return { layers: [...layers, ...zeros], value: { ...value, parts: [name] } };
}

/** Bidirectional, which reverses the steps of its backward layer again before it merges both. */
export function bidirectionalLayers(parts: RecurrentParts): Built {
  const { name, config, tensors, input } = parts;
  const first = innerLayer(config, "layer");
  const second = config.has("backward_layer") ? innerLayer(config, "backward_layer") : first;
  const [forward, backward] = [first.config, second.config];
  const returnSequences = readReturnSequences(forward);
  const isSameWay = backward !== forward && goesBackwards(backward) === goesBackwards(forward);
  if (isSameWay || backward.flag("return_sequences", false) !== returnSequences) {
    throw config.unsupported("backward_layer", "like the forward one, in the other direction");
  }
  const half = tensors.length / 2;
  const one = readMasked(first, tensors.slice(0, half), parts);
  const other = readMasked(second, tensors.slice(half), parts);
  const isBackwards = goesBackwards(forward) !== input.isReversed;
  const mode = readMergeMode(config);
  const hasZeros = givesZeros(parts.dialect.zerosMasked(forward), [forward, backward], parts);
  const own = mode === null && !hasZeros ? name : `${name}.gru`;
  const layers = bothDirections(own, input, one, other, isBackwards, returnSequences);
  const names = layers.map((layer) => layer.name);
  const areBounded = givesBounded(one) && givesBounded(other);
  const size = mode === null ? one.hiddenSize + other.hiddenSize : one.hiddenSize;
  const value = { ...valueOf(names, size, isBackwards, returnSequences, input), isBounded: areBounded };
  const both = mode === null ? { layers, value } : merge(mode, hasZeros ? `${name}.${mode}` : name, layers, value);
  return hasZeros ? withZeros(name, both, areBounded) : both;
}

function merge(mode: MergeMode, name: string, layers: readonly LayerSpec[], value: Value): Built {
  const merged = mergeValues(mode, name, value);
  return { layers: [...layers, ...merged.layers], value: merged.value };
}

/** One direction of a layer, which reads the mask if its input has one. */
function readMasked(layer: RecurrentConfig, tensors: readonly NamedTensor[], parts: RecurrentParts): CellPart {
  const { name, dialect, input } = parts;
  const { part, subject } = readPart(layer, tensors, dialect.isKeras3);
  if (input.mask === null) return part;
  if (part.type === "lstm") {
    const expected = "no mask before an LSTM, whose gates cannot hold its output";
    const wayOut = "leave out the mask, and pass the lengths of sequences that are padded at their ends to run";
    throw new GruError("unsupported", `layer "${name}": expected ${expected}, got one; ${wayOut}`);
  }
  if (input.mask.isReversed === input.isReversed) return withMask(part.type === "rnn" ? gruOfRnn(part) : part, subject);
  const expected = "a mask in the order of its steps";
  const got = "steps in reverse, after go_backwards, with a mask that Keras does not reverse";
  throw new GruError(
    "unsupported",
    `layer "${name}": expected ${expected}, got ${got}; leave out the mask or go_backwards`,
  );
}

/** Whether a layer's outputs are in [-1, 1]. */
function givesBounded(part: CellPart): boolean {
  if (part.type === "rnn") return isBounded(part.activation);
  if (part.type === "lstm") return isBounded(part.gateActivation) && isBounded(part.outputActivation);
  return isBounded(part.newActivation);
}

function goesBackwards(config: Config): boolean {
  return config.flag("go_backwards", false);
}

function readReturnSequences(config: Config): boolean {
  return config.flag("return_sequences", false);
}

function readMergeMode(config: Config): MergeMode | null {
  // A missing merge_mode is concat. A null, which stands for a pair of outputs, is read as missing.
  const mode = config.text("merge_mode", "concat");
  if (mode === "concat") return null;
  if (mode === "sum" || mode === "ave" || mode === "mul") return mode;
  throw config.unsupported("merge_mode", "concat, sum, ave or mul");
}

/** One bidirectional layer if the directions are alike; otherwise two layers, the first direction's first. */
function bothDirections(
  name: string,
  input: Value,
  first: CellPart,
  second: CellPart,
  isBackwards: boolean,
  returnSequences: boolean,
): LayerSpec[] {
  if (!isBackwards && areAlike(first, second)) {
    return [spec(name, input, "bidirectional", stackParts(first, second), returnSequences)];
  }
  const [one, other] = isBackwards ? (["reverse", "forward"] as const) : (["forward", "reverse"] as const);
  return [
    spec(`${name}.forward`, input, one, first, returnSequences),
    spec(`${name}.backward`, input, other, second, returnSequences),
  ];
}

/** A layer that reads an input, and its mask if it has one. */
function spec(
  name: string,
  { parts, mask }: Value,
  direction: Direction,
  part: CellPart,
  returnSequences: boolean,
): LayerSpec {
  const inputs = mask === null ? parts : [...parts, mask.layer];
  return { name, inputs, direction, returnSequences, ...part };
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
