// A function of each element of a row by itself, or of each two of two rows.
//
//   out = activation(operation(a, b) + bias)
//
// Four elements at once: up to three after a row's last one are written too.

import { Activation, where } from "./activation";
import { activateAll } from "./rows";
import { splat } from "./simd";

// @ts-ignore: decorator
@external("math", "pow")
declare function pow(a: f64, b: f64): f64;

/** Operations: the order of `OPERATIONS` in layers/map.ts. */
const ADD: i32 = 1;
const SUBTRACT: i32 = 2;
const MULTIPLY: i32 = 3;
const DIVIDE: i32 = 4;
const POWER: i32 = 5;
const MINIMUM: i32 = 6;
const MAXIMUM: i32 = 7;
const PRELU: i32 = 8;

/**
 * @param a [M, aStride]
 * @param b [M, bStride]; one row for all where bStride is 0
 * @param bias [size], with room for the last four; 0 for none
 * @param out [M, outStride]
 */
export function mapRows(
  operation: i32,
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  bias: usize,
  activation: Activation,
  out: usize,
  outStride: i32,
  size: i32,
  numRows: i32,
): void {
  for (let m = 0; m < numRows; m++) {
    mapRow(operation, a + 4 * m * aStride, b + 4 * m * bStride, out + 4 * m * outStride, size);
    const row = out + 4 * m * outStride;
    const end = row + 4 * size;
    if (bias != 0) {
      let from = bias;
      for (let at = row; at < end; at += 16) {
        v128.store(at, f32x4.add(v128.load(at), v128.load(from)));
        from += 16;
      }
    }
    activateAll(activation, row, end);
  }
}

function mapRow(operation: i32, a: usize, b: usize, out: usize, size: i32): void {
  switch (operation) {
    case ADD:
      return each(ADD, a, b, out, size);
    case SUBTRACT:
      return each(SUBTRACT, a, b, out, size);
    case MULTIPLY:
      return each(MULTIPLY, a, b, out, size);
    case DIVIDE:
      return each(DIVIDE, a, b, out, size);
    case POWER:
      return each(POWER, a, b, out, size);
    case MINIMUM:
      return each(MINIMUM, a, b, out, size);
    case MAXIMUM:
      return each(MAXIMUM, a, b, out, size);
    case PRELU:
      return each(PRELU, a, b, out, size);
    default:
      memory.copy(out, a, 4 * size);
  }
}

/** One loop for each operation: the compiler makes one of each call. */
// @ts-ignore: decorator
@inline
function each(operation: i32, a: usize, b: usize, out: usize, size: i32): void {
  for (const end = out + 4 * size; out < end; out += 16) {
    v128.store(out, operate(operation, v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
}

// @ts-ignore: decorator
@inline
function operate(operation: i32, x: v128, y: v128): v128 {
  if (operation == ADD) return f32x4.add(x, y);
  if (operation == SUBTRACT) return f32x4.sub(x, y);
  if (operation == MULTIPLY) return f32x4.mul(x, y);
  if (operation == DIVIDE) return f32x4.div(x, y);
  if (operation == MINIMUM) return f32x4.min(x, y);
  if (operation == MAXIMUM) return f32x4.max(x, y);
  if (operation == PRELU) return where(f32x4.lt(x, splat(0)), f32x4.mul(y, x), x);
  return power(x, y);
}

/** x^y; squares and roots, the usual ones, without a call. */
function power(x: v128, y: v128): v128 {
  if (i32x4.all_true(f32x4.eq(y, splat(2)))) return f32x4.mul(x, x);
  if (i32x4.all_true(f32x4.eq(y, splat(0.5)))) return f32x4.sqrt(x);
  let z = splat(lanePower(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  z = f32x4.replace_lane(z, 1, lanePower(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  z = f32x4.replace_lane(z, 2, lanePower(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(z, 3, lanePower(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

function lanePower(x: f32, y: f32): f32 {
  return <f32>pow(x, y);
}
