/**
 * The elements of a strided view in row-major order, last axis fastest.
 *
 * @param span elements of the storage from the view's first element on
 * @param strides of each axis, in elements
 */
export function rowMajor(span: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const position = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = span[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      position[axis] = 0;
    }
  }
  return values;
}
