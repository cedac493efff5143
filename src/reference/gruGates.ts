import type { GruLayer } from "../model/network.js";
import { activate, limit } from "./activation.js";
import { productRow } from "./product.js";

/**
 * First half of a reset-before step of one row in one direction. Twin of shaders/gru_gates.wgsl.
 *
 *   r = f(x_r + R_r h + c_r)
 *   z = f(x_z + R_z h + c_z)
 *
 * @param x [D, 3H] input projection at this direction's time, bias included
 * @param h [H] hidden state of this direction
 * @returns `resetState` r * h [H] and `update` z [H]
 */
export function gruGates(
  layer: GruLayer,
  direction: number,
  x: Float64Array,
  h: Float64Array,
): { resetState: Float64Array; update: Float64Array } {
  const { hiddenSize, gateActivation: f, clip, recurrentWeight, recurrentBias } = layer;
  const gate = (row: number) => activate(f, limit(x[row]! + productRow(row, recurrentWeight, recurrentBias, h), clip));
  const rowR = direction * 3 * hiddenSize;
  return {
    resetState: h.map((hi, i) => gate(rowR + i) * hi),
    update: h.map((_, i) => gate(rowR + hiddenSize + i)),
  };
}
