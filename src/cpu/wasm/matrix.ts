/** How a weight lies: the order of `LAYOUTS` in cpu/matrix.ts. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const BLOCKS: i32 = 2;

/** W and b of W x + b. `MATRIX` in cpu/matrix.ts lists the same fields. */
@unmanaged
export class Matrix {
  layout: i32;
  /** N, outputs, rounded up to a multiple of 16; the weights of the added ones are zero. */
  numRows: i32;
  /** K, elements of x. */
  numColumns: i32;
  /** f32, or bits of halves, in panels: see product.ts; or f32 of the blocks that are not zero: see blocks.ts. */
  weight: usize;
  /** [N / 8] i32, blocks of each eight rows; 0 for panels */
  counts: usize;
  /** [blocks] i32, bytes from the first element of x to those of each block; 0 for panels */
  columns: usize;
  /** [N] f32 */
  bias: usize;
}
