/**
 * Row `row` of W x + b: sum over k of weight[row, k] * x[k], plus bias[row].
 *
 * @param weight [rows, x.length]
 * @param bias [rows], or null for none
 */
export function productRow(
  row: number,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: Float64Array,
): number {
  let sum = bias === null ? 0 : bias[row]!;
  for (let k = 0; k < x.length; k++) sum += weight[row * x.length + k]! * x[k]!;
  return sum;
}

/** All of W x + b. @param numRows rows of `weight` */
export function product(
  numRows: number,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: Float64Array,
): Float64Array {
  return Float64Array.from({ length: numRows }, (_, row) => productRow(row, weight, bias, x));
}
