/** How a weight is stored: the order of `STORAGES` in cpu/matrix.ts. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const INT8: i32 = 2;

/** W and b of W x + b. `MATRIX` in cpu/matrix.ts lists the same fields. */
@unmanaged
export class Matrix {
  storage: i32;
  /** N, outputs, rounded up to a multiple of 16; the weights of the added ones are zero. */
  numRows: i32;
  /** K, elements of x. */
  numColumns: i32;
  /** f32, bits of halves, or i8 in units of `scale`. Panels: see product.ts and productInt8.ts. */
  weight: usize;
  /** [N] f32, for i8 only */
  scale: usize;
  /** [N] i32, for i8 only: the first value of each sum of the highest digits, so that a row of zeros gives zero */
  start: usize;
  /** [N] f32 */
  bias: usize;
}
