// The operator GRU: https://onnx.ai/onnx/operators/onnx__GRU.html
// ONNX's gates are z, r, h; ours are r, z, n.

import {
  type Activation,
  completeActivation,
  ELEMENT_FUNCTIONS,
  type ElementFunction,
} from "../../layers/activation.js";
import type { Direction } from "../../layers/direction.js";
import { swapGates } from "../kernel.js";
import { quote } from "../quote.js";
import { type Axis, dimensionOf, isSameDimension } from "./axes.js";
import type { Call } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { isFilledWith, permuted } from "./shapeOperators.js";
import { columnsFor } from "./signals.js";
import { columnsSignal, describeContent, sizesOf, type Signal, type Value } from "./value.js";
import { columnsOf, type GruSource } from "./wiring.js";

const DIRECTIONS = ["forward", "reverse", "bidirectional"] as const;

/** Number of parameters, alpha then beta, that an activation takes from the attributes' lists. */
const NUM_PARAMETERS: Partial<Record<ElementFunction, number>> = {
  affine: 2,
  leakyRelu: 1,
  thresholdedRelu: 1,
  scaledTanh: 2,
  hardSigmoid: 2,
  elu: 1,
};

export function gru(call: Call): Value[] {
  const direction = DIRECTIONS.find((word) => word === call.string("direction", "forward"));
  if (direction === undefined) throw new Refusal(`its direction is ${quote(call.string("direction", ""))}`);
  const isBatchFirst = call.int("layout", 0) !== 0;
  const first = call.signal(0);
  demand(first.axes.length === 3, `it needs an input of 3 axes, and gets ${first.axes.length}`);
  const input = (isBatchFirst ? permuted(call, first, [1, 0, 2]) : first) as Value<Signal>;
  const [time, batch, features] = input.axes as [Axis, Axis, Axis];
  demand(typeof features === "number", "it reads time or batch as features");
  call.reading.roles.bind(time, "time");
  call.reading.roles.bind(batch, "batch");
  demand(input.content.step === "each", "it reads a value that comes once, at a sequence's end");
  const { isReversed } = input.content;
  demand(!isReversed || direction !== "bidirectional", "it is bidirectional and reads its input backwards");
  const weights = readWeights(call, direction === "bidirectional" ? 2 : 1, features);
  const actual: Direction = isReversed ? (direction === "forward" ? "reverse" : "forward") : direction;
  const sources = addSources(call, input, weights, actual, isBatchFirst);
  const hasLengths = readLengths(call, time);
  for (const source of sources) call.reading.hasLengths.set(source, hasLengths);
  const { numDirections, hiddenSize } = weights;
  const sequence = columnsSignal(joined(sources.map(columnsOf)), "each", isReversed);
  const final = columnsSignal(joined(sources.map((source) => columnsOf(call.wiring.finalOf(source)))), "final", false);
  const y: Value = { axes: [time, numDirections, batch, hiddenSize], content: sequence };
  const yh: Value = { axes: [numDirections, batch, hiddenSize], content: final };
  return isBatchFirst ? [permuted(call, y, [2, 0, 1, 3]), permuted(call, yh, [1, 0, 2])] : [y, yh];
}

interface Weights {
  readonly numDirections: number;
  readonly hiddenSize: number;
  readonly inputSize: number;
  /** [D, 3H, I], [D, 3H, H], [D, 3H], rzn */
  readonly weight: Float32Array;
  readonly recurrentWeight: Float32Array;
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
  readonly isFloat16: boolean;
}

function checkShape(name: string, shape: readonly number[], expected: readonly number[]): void {
  demand(shape.join() === expected.join(), `its ${name} is [${shape.join(", ")}] and not [${expected.join(", ")}]`);
}

function readWeights(call: Call, numDirections: number, inputSize: number): Weights {
  const w = call.constant(1, "W");
  const r = call.constant(2, "R");
  const b = call.optional(3) === null ? null : call.constant(3, "B");
  const hiddenSize = r.shape.at(-1) ?? 0;
  const stated = call.int("hidden_size", hiddenSize);
  demand(stated === hiddenSize, `its hidden_size is ${stated}, and R is for ${hiddenSize}`);
  checkShape("W", w.shape, [numDirections, 3 * hiddenSize, inputSize]);
  checkShape("R", r.shape, [numDirections, 3 * hiddenSize, hiddenSize]);
  if (b !== null) checkShape("B", b.shape, [numDirections, 6 * hiddenSize]);
  call.wiring.spend(w.content.values.length + r.content.values.length);
  const halves = b === null ? null : splitBias(b.content.values, numDirections);
  return {
    numDirections,
    hiddenSize,
    inputSize,
    weight: toCanonicalOrder(w.content.values, numDirections, call.isSoleReader(1)),
    recurrentWeight: toCanonicalOrder(r.content.values, numDirections, call.isSoleReader(2)),
    bias: halves && toCanonicalOrder(halves.bias, numDirections, true),
    recurrentBias: halves && toCanonicalOrder(halves.recurrentBias, numDirections, true),
    isFloat16: w.content.isFloat16 && r.content.isFloat16,
  };
}

type Numbers = Float32Array | Float64Array;

/** Splits [D, 6H] into twice [D, 3H]. */
function splitBias(values: Numbers, numDirections: number): { bias: Float32Array; recurrentBias: Float32Array } {
  const length = values.length / numDirections / 2;
  const half = (at: number) =>
    Float32Array.from(
      { length: numDirections * length },
      (_, i) => values[(2 * Math.floor(i / length) + at) * length + (i % length)]!,
    );
  return { bias: half(0), recurrentBias: half(1) };
}

/** Arrays with gates in our order: a graph may be read more than once, and its weights are reordered in place. */
const inOrder = new WeakSet<Numbers>();

/**
 * Reorders gates z r n to r z n.
 *
 * @param values [D, 3H, ...]
 * @param isOwn whether nothing else reads them, so that float32 values are reordered in place
 */
function toCanonicalOrder(values: Numbers, numDirections: number, isOwn: boolean): Float32Array {
  const canonical = isOwn && values instanceof Float32Array ? values : new Float32Array(values);
  if (inOrder.has(canonical)) return canonical;
  inOrder.add(canonical);
  swapGates(canonical, numDirections);
  return canonical;
}

/** Adds one layer, or two if the directions have different activations. */
function addSources(
  call: Call,
  input: Value<Signal>,
  weights: Weights,
  direction: Direction,
  isBatchFirst: boolean,
): GruSource[] {
  const { numDirections, hiddenSize } = weights;
  const activations = readActivations(call, numDirections);
  const clip = call.node.attributes.get("clip")?.float ?? null;
  demand(clip === null || clip > 0, `its clip is ${clip}`);
  const initialState = readInitialState(call, numDirections, hiddenSize, isBatchFirst);
  const common = {
    type: "gru" as const,
    columns: columnsFor(input.content, call.wiring, `${call.layerName}_input`),
    hiddenSize,
    resetAfter: readResetAfter(call),
    clip,
    isFloat16: weights.isFloat16,
  };
  const isOne = JSON.stringify(activations[0]) === JSON.stringify(activations.at(-1));
  const directions: Direction[] = isOne ? [direction] : ["forward", "reverse"];
  return directions.map((own, d) => {
    const part = <A extends Float32Array | Int32Array>(values: A) =>
      (isOne ? values : values.subarray((d * values.length) / 2, ((d + 1) * values.length) / 2)) as A;
    const [gateActivation, newActivation] = activations[d]!;
    return call.wiring.add<GruSource>({
      ...common,
      name: isOne ? call.layerName : `${call.layerName}_${own}`,
      size: isOne ? numDirections * hiddenSize : hiddenSize,
      direction: own,
      gateActivation,
      newActivation,
      weight: part(weights.weight),
      recurrentWeight: part(weights.recurrentWeight),
      bias: weights.bias && part(weights.bias),
      recurrentBias: weights.recurrentBias && part(weights.recurrentBias),
      initialState: initialState && part(initialState),
    });
  });
}

/** f and g of each direction. The activations with parameters take them from the lists in order. */
function readActivations(call: Call, numDirections: number): [Activation, Activation][] {
  const given = call.strings("activations");
  const names = given.length > 0 ? given : Array.from({ length: numDirections }, () => ["Sigmoid", "Tanh"]).flat();
  demand(names.length === 2 * numDirections, `it has ${names.length} activations, and not ${2 * numDirections}`);
  const alphas = [...call.floats("activation_alpha")];
  const betas = [...call.floats("activation_beta")];
  const activations = names.map((foreign) => {
    const name = ELEMENT_FUNCTIONS.find((own) => own.toLowerCase() === foreign.toLowerCase());
    if (name === undefined || name === "linear") throw new Refusal(`its activation is ${quote(foreign)}`);
    const numParameters = NUM_PARAMETERS[name] ?? 0;
    const alpha = numParameters > 0 ? alphas.shift() : undefined;
    const beta = numParameters > 1 ? betas.shift() : undefined;
    return completeActivation<ElementFunction>({
      name,
      ...(alpha !== undefined && { alpha }),
      ...(beta !== undefined && { beta }),
    });
  });
  return Array.from({ length: numDirections }, (_, d) => [activations[2 * d]!, activations[2 * d + 1]!]);
}

/** PyTorch's GRU always resets after the product; its newer exporter leaves the attribute out. */
function readResetAfter(call: Call): boolean {
  const stated = call.int("linear_before_reset", 0) !== 0;
  if (!stated && call.reading.isFromTorch) call.reading.suspects.push(call.layerName);
  return call.reading.linearBeforeReset ?? stated;
}

/** Columns of the graph input with the initial state, [D * H]; null for zeros. */
function readInitialState(
  call: Call,
  numDirections: number,
  hiddenSize: number,
  isBatchFirst: boolean,
): Int32Array | null {
  const value = call.optional(5);
  if (value === null) return null;
  const { content } = value;
  if (content.kind === "constant") {
    if (isFilledWith(content, 0)) return null;
    throw new Refusal(
      "its initial_h is a constant other than zero; make it a graph input, and pass it to run as initialState",
    );
  }
  if (content.kind !== "signal") throw new Refusal(`its initial_h is ${describeContent(content)}`);
  const { axes } = isBatchFirst ? permuted(call, value, [1, 0, 2]) : value;
  const isState = axes.length === 3 && axes[0] === numDirections && axes[2] === hiddenSize;
  demand(isState, `its initial_h is not [${numDirections}, batch, ${hiddenSize}]`);
  call.reading.roles.bind(axes[1]!, "batch");
  const { columns, weight, scale, bias } = content;
  const isInput = [...call.wiring.sourcesOf(columns)].every(({ type }) => type === "input");
  const isPlain = weight === null && scale === null && bias === null;
  demand(
    isInput && isPlain && content.step === "each",
    "its initial_h comes from another layer, not from a graph input",
  );
  return columns;
}

/** Whether the GRU has lengths; lengths of the whole sequence count as none. */
function readLengths(call: Call, time: Axis): boolean {
  const value = call.optional(4);
  if (value === null) return false;
  if (value.content.kind === "lengths") return true;
  const isWhole = sizesOf(value).every((size) => isSameDimension(size, dimensionOf(time)));
  const way = "make it a graph input, and pass it to run as lengths";
  demand(isWhole, `its sequence_lens is a constant shorter than the sequence; ${way}`);
  return false;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
