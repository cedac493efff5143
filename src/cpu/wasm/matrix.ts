/** How a weight lies: the order of `LAYOUTS` in cpu/matrix.ts. */
export const F32: i32 = 0;
export const F16: i32 = 1;

/** W and b of W x + b. `MATRIX` in cpu/matrix.ts lists the same fields. */
@unmanaged
export class Matrix {
  layout: i32;
  /** N, outputs, rounded up to a multiple of 16; the weights of the added ones are zero. */
  numRows: i32;
  /** K, elements of x. */
  numColumns: i32;
  /** f32, or bits of halves, in panels: see product.ts. */
  weight: usize;
  /** [N] f32 */
  bias: usize;
}
