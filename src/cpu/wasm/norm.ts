// Normalisation over the features of each group of a row. See layers/norm.ts for the equations. Sums are in float64.

import { splat } from "./simd";

/**
 * @param x [M, xStride]
 * @param out [M, outStride]; up to three elements after a row's last one are written too
 * @param size of a group
 * @param weight [groups size], with room for the last four, and bias likewise; 0 for none
 */
export function normRows(
  x: usize,
  xStride: i32,
  out: usize,
  outStride: i32,
  numRows: i32,
  size: i32,
  groups: i32,
  center: bool,
  epsilon: f64,
  weight: usize,
  bias: usize,
): void {
  for (let m = 0; m < numRows; m++) {
    let from = x + 4 * m * xStride;
    let to = out + 4 * m * outStride;
    for (let at: usize = 0; at < <usize>(4 * groups * size); at += 4 * size) {
      normGroup(from + at, to + at, size, center, epsilon, weight == 0 ? 0 : weight + at, bias == 0 ? 0 : bias + at);
    }
  }
}

function normGroup(x: usize, out: usize, size: i32, center: bool, epsilon: f64, weight: usize, bias: usize): void {
  // Differences from the first feature keep their digits where features are large and alike; the mean is theirs.
  const first = splat(center ? load<f32>(x) : 0);
  const mean = center ? splat(<f32>(sums(x, size, first, splat(0), false) / size)) : splat(0);
  const variance = sums(x, size, first, mean, true) / size;
  const inverse = splat(<f32>(1 / sqrt(variance + epsilon)));
  for (const end = x + 4 * size; x < end; x += 16) {
    let y = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x), first), mean), inverse);
    if (weight != 0) {
      y = f32x4.mul(y, v128.load(weight));
      weight += 16;
    }
    if (bias != 0) {
      y = f32x4.add(y, v128.load(bias));
      bias += 16;
    }
    v128.store(out, y);
    out += 16;
  }
}

/** The sum of x - first - mean, or of its squares. */
function sums(x: usize, size: i32, first: v128, mean: v128, isSquare: bool): f64 {
  let low = f64x2.splat(0);
  let high = low;
  const end = x + 4 * size;
  for (; x + 12 < end; x += 16) {
    const d = f32x4.sub(f32x4.sub(v128.load(x), first), mean);
    const a = f64x2.promote_low_f32x4(d);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(d, d, 2, 3, 2, 3));
    low = f64x2.add(low, isSquare ? f64x2.mul(a, a) : a);
    high = f64x2.add(high, isSquare ? f64x2.mul(b, b) : b);
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; x < end; x += 4) {
    const d = <f64>(load<f32>(x) - f32x4.extract_lane(first, 0) - f32x4.extract_lane(mean, 0));
    sum += isSquare ? d * d : d;
  }
  return sum;
}
