import { numElements } from "./tensor.js";

/**
 * Visits the elements of a strided view in row-major order.
 *
 * @param visit called with the index of an element, and its index in the storage
 */
export function visitStrided(
  shape: readonly number[],
  strides: readonly number[],
  visit: (index: number, from: number) => void,
): void {
  const length = numElements(shape);
  const position = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < length; i++) {
    visit(i, from);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      position[axis] = 0;
    }
  }
}

/**
 * The elements of a strided view in row-major order, last axis fastest.
 *
 * @param span elements of the storage from the view's first element on
 * @param strides of each axis, in elements
 */
export function rowMajor(span: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const values = new Float32Array(numElements(shape));
  visitStrided(shape, strides, (i, from) => (values[i] = span[from]!));
  return values;
}
