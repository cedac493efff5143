/** A named tensor as a reader of some format gives it: its values in float32, its shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
