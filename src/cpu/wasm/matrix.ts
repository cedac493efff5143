/** How a weight is stored. The numbers are those of `STORAGES` in wasmWeights.ts. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const INT8: i32 = 2;

/** W and b of W x + b, as JavaScript lays them out in memory: fields of 4 bytes, in this order. */
@unmanaged
export class Matrix {
  storage: i32;
  /** N, outputs, a multiple of 16; those past the true number have zero weights. */
  numRows: i32;
  /** K, of x. */
  numColumns: i32;
  /** f32, bits of halves, or i8 in units of `scale`, in panels: see product.ts, and productInt8.ts. */
  weight: usize;
  /** [N] f32, for i8 only */
  scale: usize;
  /** [N] i32, for i8 only: where the sums of the highest digits begin, so that digits of zero come to nothing */
  start: usize;
  /** [N] f32 */
  bias: usize;
}
