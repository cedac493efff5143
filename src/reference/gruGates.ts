import type { GruLayer } from "../model/network.js";
import { sigmoid } from "./activation.js";
import { productRow } from "./product.js";

/**
 * First half of a reset-before step, one row. Twin of shaders/gru_gates.wgsl.
 *
 *   r = sigmoid(x_r + R_r h + c_r)
 *   z = sigmoid(x_z + R_z h + c_z)
 *
 * @param x [3H] input projection of this step, bias included
 * @param h [H] hidden state
 * @returns `resetState` r * h [H] and `update` z [H]
 */
export function gruGates(
  layer: GruLayer,
  x: Float64Array,
  h: Float64Array,
): { resetState: Float64Array; update: Float64Array } {
  const gate = (row: number) => sigmoid(x[row]! + productRow(row, layer.recurrentWeight, layer.recurrentBias, h));
  return {
    resetState: h.map((hi, i) => gate(i) * hi),
    update: h.map((_, i) => gate(layer.hiddenSize + i)),
  };
}
