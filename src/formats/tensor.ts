import type { Storage } from "../layers/layerType.js";

/** A tensor from a file of any format. */
export interface Tensor {
  readonly shape: readonly number[];
  /** Widened to float32; for int8 the whole numbers, without their scale. */
  readonly values: Float32Array;
  /** The file's storage; bf16 and f64, which no kernel reads, count as f32. */
  readonly storage: Storage;
}

/** Limit of a tensor's axes in a file: far more than any layer has. */
export const MAX_RANK = 8;

/** Number of elements of a shape. */
export function numElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether a value is a list of at most `MAX_RANK` sizes. A longer one is not read: many tensors of a file may share it. */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);
}

/** Whether a value is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Joins tensors of one shape along a new first axis. The result counts as f32 if their storages differ. */
export function stack(tensors: readonly [Tensor, ...Tensor[]]): Tensor {
  const [first] = tensors;
  const values = new Float32Array(tensors.length * first.values.length);
  tensors.forEach((tensor, i) => values.set(tensor.values, i * first.values.length));
  const isAlike = tensors.every(({ storage }) => storage === first.storage);
  return { shape: [tensors.length, ...first.shape], values, storage: isAlike ? first.storage : "f32" };
}
