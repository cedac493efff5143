import type { GruLayer } from "../model/network.js";
import { sigmoid } from "./activation.js";
import { product } from "./product.js";

/**
 * One GRU time step of one row, reset-after. Twin of shaders/gru_step.wgsl.
 *
 *   r = sigmoid(x_r + R_r h + c_r)
 *   z = sigmoid(x_z + R_z h + c_z)
 *   n = tanh(x_n + r * (R_n h + c_n))
 *   h' = (1 - z) * n + z * h
 *
 * @param x [3H] input projection of this step, bias included
 * @param h [H] hidden state
 * @returns [H] next hidden state
 */
export function gruStep(layer: GruLayer, x: Float64Array, h: Float64Array): Float64Array {
  const size = layer.hiddenSize;
  const recurrent = product(3 * size, layer.recurrentWeight, layer.recurrentBias, h);
  return h.map((hi, i) => {
    const r = sigmoid(x[i]! + recurrent[i]!);
    const z = sigmoid(x[size + i]! + recurrent[size + i]!);
    const n = Math.tanh(x[2 * size + i]! + r * recurrent[2 * size + i]!);
    return (1 - z) * n + z * hi;
  });
}
