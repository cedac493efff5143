import type { DenseLayer } from "../model/network.js";
import { activateRow } from "./activation.js";
import { product } from "./product.js";

/** activation(W x + b) of one row. Twin of shaders/dense.wgsl and shaders/softmax.wgsl. @param x [I] @returns [O] */
export function dense(layer: DenseLayer, x: Float64Array): Float64Array {
  return activateRow(layer.activation, product(layer.outputSize, layer.weight, layer.bias, x));
}
