// The order of a frame's numbers. Keras has channels last; our layers along axes have them first. A frame is put in another order
// only where a layer needs it, so that two changes that undo each other cost nothing.

import type { LayerCall } from "./layerCall.js";
import { frameSize, type KerasTensor } from "./tensor.js";

/** Frames are no larger than the layers along their axes take. */
const MAX_FRAME = 2 ** 21;

/** @throws GruError `unsupported` for a frame of too many numbers, or of none */
export function checkFrame(call: LayerCall, shape: readonly number[]): void {
  if (shape.some((size) => size < 1)) throw call.unsupported(`windows that fit, got steps of [${shape.join(", ")}]`);
  if (frameSize(shape) > MAX_FRAME) {
    throw call.unsupported(`steps of at most ${MAX_FRAME} numbers, got [${shape.join(", ")}]`);
  }
}

/**
 * The order of a frame whose axes lie in another order.
 *
 * @param axes of the shape, outermost first
 * @returns element i of the shape, row-major, is number `order[i]`; null where that is i
 */
function orderOfAxes(shape: readonly number[], axes: readonly number[]): Int32Array | null {
  const strides = shape.map(() => 0);
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return withoutIdentity(indicesOf(shape, strides));
}

/** The order of channels before all other axes. */
export function channelsFirst(shape: readonly number[]): Int32Array | null {
  return orderOfAxes(shape, [shape.length - 1, ...shape.keys()].slice(0, shape.length));
}

/** Element i of a shape, row-major, is at the sum of its places times the strides. */
export function indicesOf(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  let indices = Int32Array.of(start);
  shape.forEach((size, axis) => {
    const longer = new Int32Array(indices.length * size);
    indices.forEach((index, i) => {
      for (let k = 0; k < size; k++) longer[i * size + k] = index + k * strides[axis]!;
    });
    indices = longer;
  });
  return indices;
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => frameSize(shape.slice(axis + 1)));
}

function withoutIdentity(order: Int32Array): Int32Array | null {
  return order.every((index, i) => index === i) ? null : order;
}

function areSame(a: Int32Array | null, b: Int32Array | null): boolean {
  return a === b || (a !== null && b !== null && a.length === b.length && a.every((index, i) => index === b[i]));
}

/** The tensor with its frames in that order; a layer is added where they are in another. */
export function inOrder(call: LayerCall, tensor: KerasTensor, order: Int32Array | null): KerasTensor {
  if (areSame(tensor.order, order)) return tensor;
  const indices = new Float32Array(tensor.size);
  for (let i = 0; i < tensor.size; i++) indices[order?.[i] ?? i] = tensor.order?.[i] ?? i;
  return { ...tensor, parts: [call.rearranged(tensor, indices)], order };
}

/** The tensor in Keras's own order. */
export function inKerasOrder(call: LayerCall, tensor: KerasTensor): KerasTensor {
  return inOrder(call, tensor, null);
}

/**
 * Numbers for each element of a frame, in the tensor's order.
 *
 * @param values of `shape`, whose axes are 1 where all elements have the same number
 */
export function spreadOver(
  call: LayerCall,
  tensor: KerasTensor,
  values: ArrayLike<number>,
  shape: readonly number[],
): Float32Array {
  checkFrame(call, tensor.shape);
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  const spread = new Float32Array(tensor.size);
  indicesOf(tensor.shape, strides).forEach((from, i) => {
    spread[tensor.order?.[i] ?? i] = values[from]!;
  });
  return spread;
}
