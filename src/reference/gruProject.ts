import { type GruLayer, numDirections } from "../model/network.js";
import { product } from "./product.js";

/** Input projection of one row, W x + b. Twin of shaders/gru_project.wgsl. @param x [I] @returns [D, 3H], rzn */
export function gruProject(layer: GruLayer, x: Float64Array): Float64Array {
  return product(numDirections(layer) * 3 * layer.hiddenSize, layer.weight, layer.bias, x);
}
