import type { GruLayer } from "../model/network.js";
import { activate, limit } from "./activation.js";
import { productRow } from "./product.js";

/**
 * Second half of a reset-before step of one row in one direction. Twin of shaders/gru_new.wgsl.
 *
 *   n = g(x_n + R_n (r * h) + c_n)
 *   h' = (1 - z) * n + z * h
 *
 * @param x [D, 3H] input projection at this direction's time, bias included
 * @param h [H] hidden state of this direction
 * @param resetState r * h [H], @param update z [H]: see gruGates.ts
 * @returns [H] next hidden state
 */
export function gruNew(
  layer: GruLayer,
  direction: number,
  x: Float64Array,
  h: Float64Array,
  resetState: Float64Array,
  update: Float64Array,
): Float64Array {
  const { hiddenSize, newActivation: g, clip, recurrentWeight, recurrentBias } = layer;
  return h.map((hi, i) => {
    const row = (direction * 3 + 2) * hiddenSize + i;
    const recurrent = productRow(row, recurrentWeight, recurrentBias, resetState);
    const n = activate(g, limit(x[row]! + recurrent, clip));
    const z = update[i]!;
    return (1 - z) * n + z * hi;
  });
}
