import type { GruLayer } from "../model/network.js";
import { activate, limit } from "./activation.js";
import { productRow } from "./product.js";

/**
 * One GRU step of one row in one direction, reset-after. Twin of shaders/gru_step.wgsl.
 *
 *   r = f(x_r + R_r h + c_r)
 *   z = f(x_z + R_z h + c_z)
 *   n = g(x_n + r * (R_n h + c_n))
 *   h' = (1 - z) * n + z * h
 *
 * @param x [D, 3H] input projection at this direction's time, bias included
 * @param h [H] hidden state of this direction
 * @returns [H] next hidden state
 */
export function gruStep(layer: GruLayer, direction: number, x: Float64Array, h: Float64Array): Float64Array {
  const { hiddenSize, gateActivation: f, newActivation: g, clip, recurrentWeight, recurrentBias } = layer;
  const recur = (gateRow: number) => productRow(gateRow, recurrentWeight, recurrentBias, h);
  return h.map((hi, i) => {
    const rowR = direction * 3 * hiddenSize + i;
    const rowZ = rowR + hiddenSize;
    const rowN = rowZ + hiddenSize;
    const r = activate(f, limit(x[rowR]! + recur(rowR), clip));
    const z = activate(f, limit(x[rowZ]! + recur(rowZ), clip));
    const n = activate(g, limit(x[rowN]! + r * recur(rowN), clip));
    return (1 - z) * n + z * hi;
  });
}
