import type { GruLayer } from "../model/network.js";
import { productRow } from "./product.js";

/**
 * Second half of a reset-before step, one row. Twin of shaders/gru_new.wgsl.
 *
 *   n = tanh(x_n + R_n (r * h) + c_n)
 *   h' = (1 - z) * n + z * h
 *
 * @param x [3H] input projection of this step, bias included
 * @param h [H] hidden state
 * @param resetState r * h [H], @param update z [H]: see gruGates.ts
 * @returns [H] next hidden state
 */
export function gruNew(
  layer: GruLayer,
  x: Float64Array,
  h: Float64Array,
  resetState: Float64Array,
  update: Float64Array,
): Float64Array {
  return h.map((hi, i) => {
    const row = 2 * layer.hiddenSize + i;
    const n = Math.tanh(x[row]! + productRow(row, layer.recurrentWeight, layer.recurrentBias, resetState));
    const z = update[i]!;
    return (1 - z) * n + z * hi;
  });
}
