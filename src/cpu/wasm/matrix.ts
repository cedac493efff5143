/** How a weight is stored. The numbers are those of `STORAGES` in wasmWeights.ts. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const INT8: i32 = 2;

/** W and b of W x + b, as JavaScript lays them out in memory: fields of 4 bytes, in this order. */
@unmanaged
export class Matrix {
  storage: i32;
  /** N, outputs, a multiple of 8; those past the true number have zero weights. */
  numRows: i32;
  /** K, of x. */
  numColumns: i32;
  /**
   * f32, bits of halves, or i8 in units of `scale`, in panels; columns up to a multiple of 8 are there, and zero. Of int8
   * a panel has four rows, [N / 4, K / 8, 4, 8].
   */
  weight: usize;
  /** [N] f32, for i8 only */
  scale: usize;
  /** [N] f32 */
  bias: usize;
}
