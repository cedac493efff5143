import type { Activation, ActivationSpec } from "./activation.js";
import { type Direction, direction, numDirections, overDirections } from "./direction.js";
import { activation, choice, positive, size } from "./field.js";
import { activate, clamp, product, productRow } from "./float64.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";
import {
  type FrameAxes,
  frameAxes,
  hasFrameAxes,
  recurrentMembers,
  recurrentState,
  recurrentTensors,
} from "./recurrent.js";

/**
 * One GRU layer. Gates are r, z, n (reset, update, new), stacked in that order.
 *
 *   r = f(W_r x + b_r + R_r h + c_r)
 *   z = f(W_z x + b_z + R_z h + c_z)
 *   n = g(W_n x + b_n + r * (R_n h + c_n))    resetAfter
 *   n = g(W_n x + b_n + R_n (r * h) + c_n)    reset before
 *   h' = (1 - z) * n + z * h
 */
export interface GruLayer extends LayerBase, FrameAxes {
  readonly type: "gru";
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly resetAfter: boolean;
  /** f, of r and z */
  readonly gateActivation: Activation;
  /** g, of n */
  readonly newActivation: Activation;
  /** Arguments of f and g are limited to [-clip, clip]; null for no limit. */
  readonly clip: number | null;
  /** W [D, 3H, I], rzn */
  readonly weight: Float32Array;
  /** R [D, 3H, H], rzn */
  readonly recurrentWeight: Float32Array;
  /** b [D, 3H], rzn; null means none */
  readonly bias: Float32Array | null;
  /** c [D, 3H], rzn; null means none */
  readonly recurrentBias: Float32Array | null;
  /** h at first [D, R H], or in each frame at first [D, H]; null means zeros */
  readonly initialState: Float32Array | null;
  /** int8 only: the value of one unit of each row, [D, 3H] */
  readonly weightScale: Float32Array | null;
  readonly recurrentWeightScale: Float32Array | null;
}

/** Forward along time, one row, reset-after, sigmoid and tanh, no clip, every step, no biases, float32, unless it says otherwise. */
export type GruSpec = Optional<
  Omit<GruLayer, "gateActivation" | "newActivation"> & GruOptions,
  | "inputs"
  | "storage"
  | "rows"
  | "frameSteps"
  | "keepsState"
  | "direction"
  | "resetAfter"
  | "clip"
  | "bias"
  | "recurrentBias"
  | "initialState"
  | "weightScale"
  | "recurrentWeightScale"
>;

interface GruOptions {
  readonly gateActivation?: ActivationSpec;
  readonly newActivation?: ActivationSpec;
  /** Every step's hidden state (true when absent), or only the one after a row's last step: then a `last` layer follows. */
  readonly returnSequences?: boolean;
}

/** Blocks of state, and the vectors that they begin with. */
const BLOCKS = { h: "initialState" };

export const gru: LayerType<GruLayer, GruSpec> = {
  type: "gru",
  ...recurrentMembers,
  fields: {
    inputSize: size,
    hiddenSize: size,
    ...frameAxes,
    direction,
    resetAfter: choice([true, false], (isAfter) => `reset ${isAfter ? "after" : "before"}`),
    gateActivation: activation("sigmoid"),
    newActivation: activation("tanh"),
    clip: positive("clip", null),
  },
  tensors: (layer) => recurrentTensors(layer, 3, BLOCKS),
  state: (layer) => recurrentState(layer, BLOCKS),
  numStepDispatches: (layer) => (hasFrameAxes(layer) ? 0 : layer.resetAfter ? 1 : 2),
};

/**
 * All steps of one row, in float64.
 *
 * @param steps each [I]
 * @param state h [H] of each direction, replaced
 * @returns each [D H]
 */
export function gruEquation(
  layer: GruLayer,
  steps: readonly Float64Array[],
  { h }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  const numRows = numDirections(layer) * 3 * layer.hiddenSize;
  const projections = steps.map((x) => product(numRows, layer.weight, layer.bias, x));
  return overDirections(layer, projections, (x, d) => {
    const next = layer.resetAfter ? stepAfter(layer, d, x, h![d]!) : stepBefore(layer, d, x, h![d]!);
    h![d]!.set(next);
    return next;
  });
}

/** @param x [D, 3H] W x + b @param h [H] @returns [H] */
function stepAfter(layer: GruLayer, d: number, x: Float64Array, h: Float64Array): Float64Array {
  const { hiddenSize, gateActivation: f, newActivation: g, clip, recurrentWeight, recurrentBias } = layer;
  const recur = (gateRow: number) => productRow(gateRow, recurrentWeight, recurrentBias, h);
  return h.map((hi, i) => {
    const rowR = d * 3 * hiddenSize + i;
    const rowZ = rowR + hiddenSize;
    const rowN = rowZ + hiddenSize;
    const r = activate(f, clamp(x[rowR]! + recur(rowR), clip));
    const z = activate(f, clamp(x[rowZ]! + recur(rowZ), clip));
    const n = activate(g, clamp(x[rowN]! + r * recur(rowN), clip));
    return (1 - z) * n + z * hi;
  });
}

/** As `stepAfter`, with the reset before the recurrent product. */
function stepBefore(layer: GruLayer, d: number, x: Float64Array, h: Float64Array): Float64Array {
  const { hiddenSize, gateActivation: f, newActivation: g, clip, recurrentWeight, recurrentBias } = layer;
  const rowR = d * 3 * hiddenSize;
  const gate = (row: number) => activate(f, clamp(x[row]! + productRow(row, recurrentWeight, recurrentBias, h), clip));
  const resetState = h.map((hi, i) => gate(rowR + i) * hi);
  return h.map((hi, i) => {
    const z = gate(rowR + hiddenSize + i);
    const row = rowR + 2 * hiddenSize + i;
    const n = activate(g, clamp(x[row]! + productRow(row, recurrentWeight, recurrentBias, resetState), clip));
    return (1 - z) * n + z * hi;
  });
}
