import type { Activation, ActivationSpec } from "./activation.js";
import { type Direction, direction, numDirections, overDirections } from "./direction.js";
import { activation, positive, size } from "./field.js";
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
 * A simple recurrent layer, as PyTorch's `nn.RNN`.
 *
 *   h' = f(W x + b + R h + c)
 */
export interface RnnLayer extends LayerBase, FrameAxes {
  readonly type: "rnn";
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  /** f */
  readonly activation: Activation;
  /** Arguments of f are limited to [-clip, clip]; null for no limit. */
  readonly clip: number | null;
  /** W [D, H, I] */
  readonly weight: Float32Array;
  /** R [D, H, H] */
  readonly recurrentWeight: Float32Array;
  /** b [D, H]; null means none */
  readonly bias: Float32Array | null;
  /** c [D, H]; null means none */
  readonly recurrentBias: Float32Array | null;
  /** h at first [D, R H], or in each frame at first [D, H]; null means zeros */
  readonly initialState: Float32Array | null;
  /** int8 only: what one unit of each row stands for, [D, H] */
  readonly weightScale: Float32Array | null;
  readonly recurrentWeightScale: Float32Array | null;
}

/** Forward along time, one row, tanh, no clip, every step, no biases, float32, unless it says otherwise. */
export type RnnSpec = Optional<
  Omit<RnnLayer, "activation"> & { readonly activation?: ActivationSpec; readonly returnSequences?: boolean },
  | "inputs"
  | "storage"
  | "rows"
  | "frameSteps"
  | "keepsState"
  | "direction"
  | "clip"
  | "bias"
  | "recurrentBias"
  | "initialState"
  | "weightScale"
  | "recurrentWeightScale"
>;

/** Blocks of state, and the vectors that they begin with. */
const BLOCKS = { h: "initialState" };

export const rnn: LayerType<RnnLayer, RnnSpec> = {
  type: "rnn",
  ...recurrentMembers,
  fields: {
    inputSize: size,
    hiddenSize: size,
    ...frameAxes,
    direction,
    activation: activation("tanh"),
    clip: positive("clip", null),
  },
  tensors: (layer) => recurrentTensors(layer, 1, BLOCKS),
  state: (layer) => recurrentState(layer, BLOCKS),
  numStepDispatches: (layer) => (hasFrameAxes(layer) ? 0 : 1),
};

/**
 * All steps of one row, in float64.
 *
 * @param steps each [I]
 * @param state h [H] of each direction, replaced
 * @returns each [D H]
 */
export function rnnEquation(
  layer: RnnLayer,
  steps: readonly Float64Array[],
  { h }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  const { hiddenSize, weight, bias, recurrentWeight, recurrentBias, activation: f, clip } = layer;
  const projections = steps.map((x) => product(numDirections(layer) * hiddenSize, weight, bias, x));
  return overDirections(layer, projections, (x, d) => {
    const before = h![d]!;
    const next = before.map((_, i) => {
      const row = d * hiddenSize + i;
      return activate(f, clamp(x[row]! + productRow(row, recurrentWeight, recurrentBias, before), clip));
    });
    before.set(next);
    return next;
  });
}
