import type { Storage } from "../layers/layerType.js";

/** A named tensor as a reader of some format gives it. */
export interface Tensor {
  readonly shape: readonly number[];
  /** Widened to float32; for int8 the whole numbers, without their scale. */
  readonly values: Float32Array;
  /** How the file keeps it; bf16 and f64, which no kernel reads, count as f32. */
  readonly storage: Storage;
}

/** Joins tensors of one shape along a new first axis. They count as f32 where they are not kept alike. */
export function stack(tensors: readonly [Tensor, ...Tensor[]]): Tensor {
  const [first] = tensors;
  const values = new Float32Array(tensors.length * first.values.length);
  tensors.forEach((tensor, i) => values.set(tensor.values, i * first.values.length));
  const isAlike = tensors.every(({ storage }) => storage === first.storage);
  return { shape: [tensors.length, ...first.shape], values, storage: isAlike ? first.storage : "f32" };
}
