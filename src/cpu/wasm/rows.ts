// Functions of rows after a product.

import { activate, Activation, exp, LINEAR, RELU, relu } from "./activation";
import { greatest, splat } from "./simd";

// @ts-ignore: decorator
@external("math", "log")
declare function log(x: f64): f64;

/** Applies an activation to [M, stride] elements, in place. */
export function activateRows(activation: Activation, rows: usize, stride: i32, numRows: i32): void {
  activateAll(activation, rows, rows + 4 * numRows * stride);
}

/** Applies an activation to the elements up to `end`, four at once. A call for each would take longer than most of relu. */
export function activateAll(activation: Activation, at: usize, end: usize): void {
  if (activation.kind == LINEAR) return;
  if (activation.kind == RELU) for (; at < end; at += 16) v128.store(at, relu(v128.load(at)));
  else for (; at < end; at += 16) v128.store(at, activate(activation, v128.load(at)));
}

/**
 * The softmax of the first `size` elements of each row of [M, stride], or its logarithm, in place. Overwrites the elements
 * after them up to a multiple of four.
 */
export function softmaxRows(isLogarithm: bool, rows: usize, stride: i32, numRows: i32, size: i32): void {
  for (let m = 0; m < numRows; m++) {
    const row = rows + 4 * m * stride;
    const whole = (size + 3) & ~3;
    for (let i = size; i < whole; i++) store<f32>(row + 4 * i, f32.NEGATIVE_INFINITY);
    softmax(isLogarithm, row, row + 4 * whole);
  }
}

function softmax(isLogarithm: bool, row: usize, end: usize): void {
  let most = v128.load(row);
  for (let at = row; at < end; at += 16) most = greatest(v128.load(at), most);
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  let sums = f64x2.splat(0);
  for (let at = row; at < end; at += 16) {
    const difference = f32x4.sub(v128.load(at), splat(largest));
    const e = exp(difference);
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(e));
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f32>(e, e, 2, 3, 2, 3)));
    v128.store(at, isLogarithm ? difference : e);
  }
  const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  const shift = splat(<f32>log(sum));
  const factor = splat(<f32>(1 / sum));
  for (let at = row; at < end; at += 16) {
    v128.store(at, isLogarithm ? f32x4.sub(v128.load(at), shift) : f32x4.mul(v128.load(at), factor));
  }
}
