// Tensors on the CPU and what a case does to their shapes: the runner's own work, beside the library's.

/** Row-major; indices are whole numbers in it. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Number of elements of a shape. */
export function numElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The axes in another order: axis `order[i]` becomes axis i. */
export function permute({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const newShape = order.map((axis) => shape[axis]!);
  const strides = order.map((axis) => numElements(shape.slice(axis + 1)));
  const permuted = new Float64Array(data.length);
  const at = order.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    permuted[i] = data[at.reduce((sum, k, axis) => sum + k * strides[axis]!, 0)]!;
    for (let axis = at.length - 1; axis >= 0; axis--) {
      at[axis]!++;
      if (at[axis]! < newShape[axis]!) break;
      at[axis] = 0;
    }
  }
  return { shape: newShape, data: permuted };
}

/** The other way round: [I, O] becomes [O, I]. */
export function transposed(matrix: Tensor): Tensor {
  return permute(matrix, [1, 0]);
}

/** Elements `start` to `end` of an axis. */
export function slice({ shape, data }: Tensor, axis: number, start: number, end: number): Tensor {
  const inner = numElements(shape.slice(axis + 1));
  const outer = numElements(shape.slice(0, axis));
  const newShape = shape.map((size, i) => (i === axis ? end - start : size));
  const sliced = new Float64Array(numElements(newShape));
  for (let i = 0; i < outer; i++) {
    const from = (i * shape[axis]! + start) * inner;
    sliced.set(data.subarray(from, from + (end - start) * inner), i * (end - start) * inner);
  }
  return { shape: newShape, data: sliced };
}

/** One element of an axis, which goes; `axis` and `at` count from the end when negative. */
export function index(tensor: Tensor, axis: number, at: number): Tensor {
  const rank = tensor.shape.length;
  const positiveAxis = axis < 0 ? axis + rank : axis;
  const start = at < 0 ? at + tensor.shape[positiveAxis]! : at;
  const { shape, data } = slice(tensor, positiveAxis, start, start + 1);
  return { shape: shape.filter((_, i) => i !== positiveAxis), data };
}

/** Joins tensors that differ in their last axis only along it. */
export function concatLast(tensors: readonly Tensor[]): Tensor {
  const widths = tensors.map(({ shape }) => shape.at(-1)!);
  const width = widths.reduce((sum, size) => sum + size, 0);
  const leading = tensors[0]!.shape.slice(0, -1);
  const data = new Float64Array(numElements(leading) * width);
  for (let row = 0; row < numElements(leading); row++) {
    let start = row * width;
    tensors.forEach((tensor, i) => {
      data.set(tensor.data.subarray(row * widths[i]!, (row + 1) * widths[i]!), start);
      start += widths[i]!;
    });
  }
  return { shape: [...leading, width], data };
}

/** The index of each row's largest element, the first of several; the last axis goes. */
export function argmax({ shape, data }: Tensor): Tensor {
  const width = shape.at(-1)!;
  const leading = shape.slice(0, -1);
  const indices = Float64Array.from({ length: numElements(leading) }, (_, row) => {
    const values = data.subarray(row * width, (row + 1) * width);
    return values.indexOf(Math.max(...values));
  });
  return { shape: leading, data: indices };
}
