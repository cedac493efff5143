import type { Storage } from "../layers/layerType.js";

/** A tensor from a file of any format. */
export interface Tensor {
  readonly shape: readonly number[];
  /** Widened to float32; for int8 the whole numbers, without their scale. */
  readonly values: Float32Array;
  /** The file's storage; bf16 and f64, which no kernel reads, count as f32. */
  readonly storage: Storage;
}

/** Joins tensors of one shape along a new first axis. The result counts as f32 if their storages differ. */
export function stack(tensors: readonly [Tensor, ...Tensor[]]): Tensor {
  const [first] = tensors;
  const values = new Float32Array(tensors.length * first.values.length);
  tensors.forEach((tensor, i) => values.set(tensor.values, i * first.values.length));
  const isAlike = tensors.every(({ storage }) => storage === first.storage);
  return { shape: [tensors.length, ...first.shape], values, storage: isAlike ? first.storage : "f32" };
}
