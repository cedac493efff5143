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
 * One LSTM layer. Gates are input i, forget f, new g, output o, in this order.
 *
 *   i = a(W_i x + b_i + R_i h + c_i)    f and o alike
 *   g = n(W_g x + b_g + R_g h + c_g)
 *   cell' = f * cell + i * g
 *   h' = o * y(cell')
 *
 * a, n and y are `gateActivation`, `newActivation` and `outputActivation`.
 */
export interface LstmLayer extends LayerBase, FrameAxes {
  readonly type: "lstm";
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  /** a, of i, f and o */
  readonly gateActivation: Activation;
  /** n, of g */
  readonly newActivation: Activation;
  /** y, of the cell */
  readonly outputActivation: Activation;
  /**
   * Arguments of a and n are limited to [-clip, clip]; null for no limit. The cell is not, as in ONNX Runtime, whose output
   * differs from the operator's wording there.
   */
  readonly clip: number | null;
  /** W [D, 4H, I], ifgo */
  readonly weight: Float32Array;
  /** R [D, 4H, H], ifgo */
  readonly recurrentWeight: Float32Array;
  /** b [D, 4H], ifgo; null means none */
  readonly bias: Float32Array | null;
  /** c [D, 4H], ifgo; null means none */
  readonly recurrentBias: Float32Array | null;
  /** h at first [D, R H], or in each frame at first [D, H]; null means zeros */
  readonly initialState: Float32Array | null;
  /** The cell at first, laid out as `initialState`; null means zeros */
  readonly initialCell: Float32Array | null;
  /** int8 only: the value of one unit of each row, [D, 4H] */
  readonly weightScale: Float32Array | null;
  readonly recurrentWeightScale: Float32Array | null;
}

/** Forward along time, one row, sigmoid and tanh, no clip, every step, no biases, float32, unless it says otherwise. */
export type LstmSpec = Optional<
  Omit<LstmLayer, "gateActivation" | "newActivation" | "outputActivation"> & LstmOptions,
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
  | "initialCell"
  | "weightScale"
  | "recurrentWeightScale"
>;

interface LstmOptions {
  readonly gateActivation?: ActivationSpec;
  readonly newActivation?: ActivationSpec;
  readonly outputActivation?: ActivationSpec;
  /** Every step's hidden state (true when absent), or only the one after a row's last step: then a `last` layer follows. */
  readonly returnSequences?: boolean;
}

/** Blocks of state, and the vectors that they begin with. */
const BLOCKS = { h: "initialState", c: "initialCell" };

export const lstm: LayerType<LstmLayer, LstmSpec> = {
  type: "lstm",
  ...recurrentMembers,
  fields: {
    inputSize: size,
    hiddenSize: size,
    ...frameAxes,
    direction,
    gateActivation: activation("sigmoid"),
    newActivation: activation("tanh"),
    outputActivation: activation("tanh"),
    clip: positive("clip", null),
  },
  tensors: (layer) => recurrentTensors(layer, 4, BLOCKS),
  state: (layer) => recurrentState(layer, BLOCKS),
  numStepDispatches: (layer) => (hasFrameAxes(layer) ? 0 : 1),
};

/**
 * All steps of one row, in float64.
 *
 * @param steps each [I]
 * @param state h and the cell c, [H] of each direction, replaced
 * @returns each [D H]
 */
export function lstmEquation(
  layer: LstmLayer,
  steps: readonly Float64Array[],
  { h, c }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  const { hiddenSize, recurrentWeight, recurrentBias, clip } = layer;
  const numRows = numDirections(layer) * 4 * hiddenSize;
  const projections = steps.map((x) => product(numRows, layer.weight, layer.bias, x));
  return overDirections(layer, projections, (x, d) => {
    const before = h![d]!.slice();
    const gate = (number: number, unit: number, f: Activation) => {
      const row = (d * 4 + number) * hiddenSize + unit;
      return activate(f, clamp(x[row]! + productRow(row, recurrentWeight, recurrentBias, before), clip));
    };
    for (let unit = 0; unit < hiddenSize; unit++) {
      const i = gate(0, unit, layer.gateActivation);
      const f = gate(1, unit, layer.gateActivation);
      const g = gate(2, unit, layer.newActivation);
      const o = gate(3, unit, layer.gateActivation);
      const cell = f * c![d]![unit]! + i * g;
      c![d]![unit] = cell;
      h![d]![unit] = o * activate(layer.outputActivation, cell);
    }
    return h![d]!.slice();
  });
}
