// The operators GRU, LSTM and RNN differ in their gates, weights and activations.
// ONNX's gates are z, r, h of a GRU and i, o, f, c of an LSTM; ours are r, z, n and i, f, g, o.

import {
  type Activation,
  completeActivation,
  ELEMENT_FUNCTIONS,
  type ElementFunction,
} from "../../layers/activation.js";
import { swapGates } from "../kernel.js";
import { quote } from "../quote.js";
import type { Call } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { isFilledWith } from "./shapeOperators.js";
import type { Cell } from "./wiring.js";

/** The options of a recurrent layer, without its tensors. */
export type CellOptions = Omit<Cell, "recurrentWeight">;

/** A kind of cell. */
export interface CellKind {
  readonly numGates: number;
  /** Blocks of its state, in the order of the inputs from 5 on and of the outputs from 1 on. */
  readonly blocks: readonly string[];
  readonly activations: readonly string[];
  /** Puts the gates in our order, in place. @param values [D, G H, ...] */
  reorder(values: Float32Array, numDirections: number): void;
  /** @param activations of one direction */
  options(call: Call, activations: readonly Activation[], clip: number | null): CellOptions;
}

export const GRU: CellKind = {
  numGates: 3,
  blocks: ["h"],
  activations: ["Sigmoid", "Tanh"],
  reorder: swapGates,
  options: (call, [gateActivation, newActivation], clip) => ({
    type: "gru",
    resetAfter: readResetAfter(call),
    gateActivation: gateActivation!,
    newActivation: newActivation!,
    clip,
  }),
};

export const LSTM: CellKind = {
  numGates: 4,
  blocks: ["h", "c"],
  activations: ["Sigmoid", "Tanh", "Tanh"],
  reorder: rotateGates,
  options(call, [gateActivation, newActivation, outputActivation], clip) {
    demand(call.int("input_forget", 0) === 0, "its input and forget gates are coupled (input_forget)");
    const peepholes = call.optional(7) === null ? null : call.constant(7, "P").content;
    demand(peepholes === null || isFilledWith(peepholes, 0), "it has peepholes (P)");
    return {
      type: "lstm",
      gateActivation: gateActivation!,
      newActivation: newActivation!,
      outputActivation: outputActivation!,
      clip,
    };
  },
};

export const RNN: CellKind = {
  numGates: 1,
  blocks: ["h"],
  activations: ["Tanh"],
  reorder: () => {},
  options: (_, [activation], clip) => ({ type: "rnn", activation: activation!, clip }),
};

/** i o f c becomes i f c o, in place. @param values [D, 4H, ...] */
function rotateGates(values: Float32Array, numDirections: number): void {
  const block = values.length / numDirections / 4;
  for (let start = block; start < values.length; start += 4 * block) {
    for (let i = start; i < start + block; i++) {
      const o = values[i]!;
      values[i] = values[i + block]!;
      values[i + block] = values[i + 2 * block]!;
      values[i + 2 * block] = o;
    }
  }
}

/** PyTorch's GRU always resets after the product; its newer exporter leaves the attribute out. */
function readResetAfter(call: Call): boolean {
  const stated = call.int("linear_before_reset", 0) !== 0;
  const { suspects, isFromTorch, linearBeforeReset } = call.reading;
  if (!stated && isFromTorch && !suspects.includes(call.layerName)) suspects.push(call.layerName);
  return linearBeforeReset ?? stated;
}

/** The tensors and options of a node. */
export interface CellReading {
  readonly hiddenSize: number;
  /** [D, G H, I], [D, G H, H], [D, G H], in our order */
  readonly weight: Float32Array;
  readonly recurrentWeight: Float32Array;
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
  readonly isFloat16: boolean;
  /** Of each direction. */
  readonly options: readonly CellOptions[];
}

export function readCell(call: Call, kind: CellKind, numDirections: number, inputSize: number): CellReading {
  const w = call.constant(1, "W");
  const r = call.constant(2, "R");
  const b = call.optional(3) === null ? null : call.constant(3, "B");
  const hiddenSize = r.shape.at(-1) ?? 0;
  const stated = call.int("hidden_size", hiddenSize);
  demand(stated === hiddenSize, `its hidden_size is ${stated}, and R is for ${hiddenSize}`);
  const rows = kind.numGates * hiddenSize;
  checkShape("W", w.shape, [numDirections, rows, inputSize]);
  checkShape("R", r.shape, [numDirections, rows, hiddenSize]);
  if (b !== null) checkShape("B", b.shape, [numDirections, 2 * rows]);
  call.wiring.spend(w.content.values.length + r.content.values.length);
  const inOrder = (values: Numbers, isOwn: boolean) => toCanonicalOrder(values, kind, numDirections, isOwn);
  const halves = b === null ? null : splitBias(b.content.values, numDirections);
  return {
    hiddenSize,
    weight: inOrder(w.content.values, call.isSoleReader(1)),
    recurrentWeight: inOrder(r.content.values, call.isSoleReader(2)),
    bias: halves && inOrder(halves.bias, true),
    recurrentBias: halves && inOrder(halves.recurrentBias, true),
    isFloat16: w.content.isFloat16 && r.content.isFloat16,
    options: readOptions(call, kind, numDirections),
  };
}

function checkShape(name: string, shape: readonly number[], expected: readonly number[]): void {
  demand(shape.join() === expected.join(), `its ${name} is [${shape.join(", ")}] and not [${expected.join(", ")}]`);
}

type Numbers = Float32Array | Float64Array;

/** Splits [D, 2 G H] into twice [D, G H]. */
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

/** @param isOwn whether nothing else reads them, so that float32 values are reordered in place */
function toCanonicalOrder(values: Numbers, kind: CellKind, numDirections: number, isOwn: boolean): Float32Array {
  const canonical = isOwn && values instanceof Float32Array ? values : new Float32Array(values);
  if (inOrder.has(canonical)) return canonical;
  inOrder.add(canonical);
  kind.reorder(canonical, numDirections);
  return canonical;
}

/** Number of parameters, alpha then beta, that an activation takes from the attributes' lists. */
const NUM_PARAMETERS: Partial<Record<ElementFunction, number>> = {
  affine: 2,
  leakyRelu: 1,
  thresholdedRelu: 1,
  scaledTanh: 2,
  hardSigmoid: 2,
  elu: 1,
};

/** The activations that ONNX's recurrent operators have. */
const FOREIGN = new Set(
  "relu tanh sigmoid affine leakyrelu thresholdedrelu scaledtanh hardsigmoid elu softsign softplus".split(" "),
);

/** Options of each direction. The activations with parameters take them from the lists in order. */
function readOptions(call: Call, kind: CellKind, numDirections: number): CellOptions[] {
  const given = call.strings("activations");
  const number = kind.activations.length;
  const names = given.length > 0 ? given : Array.from({ length: numDirections }, () => kind.activations).flat();
  demand(
    names.length === number * numDirections,
    `it has ${names.length} activations, and not ${number * numDirections}`,
  );
  const alphas = [...call.floats("activation_alpha")];
  const betas = [...call.floats("activation_beta")];
  const activations = names.map((foreign) => {
    const isKnown = FOREIGN.has(foreign.toLowerCase());
    const name = ELEMENT_FUNCTIONS.find((own) => own.toLowerCase() === foreign.toLowerCase());
    if (name === undefined || !isKnown) throw new Refusal(`its activation is ${quote(foreign)}`);
    const numParameters = NUM_PARAMETERS[name] ?? 0;
    const alpha = numParameters > 0 ? alphas.shift() : undefined;
    const beta = numParameters > 1 ? betas.shift() : undefined;
    return completeActivation<ElementFunction>({
      name,
      ...(alpha !== undefined && { alpha }),
      ...(beta !== undefined && { beta }),
    });
  });
  const clip = call.node.attributes.get("clip")?.float ?? null;
  demand(clip === null || clip > 0, `its clip is ${clip}`);
  return Array.from({ length: numDirections }, (_, d) =>
    kind.options(call, activations.slice(d * number, (d + 1) * number), clip),
  );
}
