// The recurrence of one direction of one GRU layer, over a chunk of steps, all rows together.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))    reset after
//   n = g(x_n + R_n (r * h) + c_n)    reset before
//   h' = (1 - z) * n + z * h
//
// x_* is the input projection of the step, its bias included.

import { activate, Activation, gateSigmoid, SIGMOID, TANH, tanh } from "./activation";
import { Matrix } from "./matrix";
import { product, productScratchBytes } from "./product";
import { greatest, least, multiplyAdd, splat } from "./simd";

/** One direction of a layer. `CELL` in cpu/gru.ts lists the same fields. */
@unmanaged
export class Cell {
  hiddenSize: i32;
  resetAfter: i32;
  isReverse: i32;
  /** R and c of r, z and n; of r and z alone when the reset comes before. */
  recurrent: Matrix;
  /** R and c of n, when the reset comes before. */
  recurrentNew: Matrix;
  /** f */
  gateActivation: Activation;
  /** g */
  newActivation: Activation;
  /** Arguments of f and g are limited to [-clip, clip]; infinite for no limit. */
  clip: f32;
}

/** Elements from row to row of h and of r * h: H rounded up to 4. */
// @ts-ignore: decorator
@inline
function hiddenStride(cell: Cell): i32 {
  return (cell.hiddenSize + 3) & ~3;
}

/** Elements from row to row of R h + c: 3 H, with room for outputs rounded up to 16. */
// @ts-ignore: decorator
@inline
function sumStride(cell: Cell): i32 {
  return 3 * cell.hiddenSize + 16;
}

/** Bytes of the scratch of `recur`; f64, since an i32 could overflow. */
export function recurScratchBytes(cell: Cell, numRows: i32): f64 {
  const ofProduct = productScratchBytes(cell.recurrent);
  return 4 * <f64>numRows * <f64>(sumStride(cell) + hiddenStride(cell)) + <f64>ofProduct;
}

/**
 * @param projection [T, B, projectionStride], this direction's 3 H of each row first
 * @param h [B, H rounded up to 4], the rows in the order of `order`; replaced
 * @param order [B] i32, rows of the batch, the longest first
 * @param lengths [B] i32, steps of each row, in the same order
 * @param output [T, B, outputStride], this direction's H of each row first
 * @param scratch [B, sumStride] of R h + c, then [B, hiddenStride] of r * h, then the scratch of `product`
 */
export function recur(
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  h: usize,
  order: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  const stateStride = hiddenStride(cell);
  const sumsStride = sumStride(cell);
  const reset = scratch + 4 * numRows * sumsStride;
  const rest = reset + 4 * numRows * stateStride;
  const usual = isUsual(cell) && cell.resetAfter != 0;
  let numActive = numRows;
  for (let step = 0; ; step++) {
    while (numActive > 0 && load<i32>(lengths + 4 * (numActive - 1)) <= step) numActive--;
    if (numActive == 0) return;
    product(scratch, sumsStride, h, stateStride, cell.recurrent, numActive, rest);
    if (!cell.resetAfter) {
      for (let m = 0; m < numActive; m++) {
        const x = projection + 4 * timeRow(cell, step, m, order, lengths, numRows) * projectionStride;
        resetState(cell, reset + 4 * m * stateStride, x, scratch + 4 * m * sumsStride, h + 4 * m * stateStride);
      }
      const sums = scratch + 4 * 2 * cell.hiddenSize;
      product(sums, sumsStride, reset, stateStride, cell.recurrentNew, numActive, rest);
    }
    for (let m = 0; m < numActive; m++) {
      const row = timeRow(cell, step, m, order, lengths, numRows);
      const x = projection + 4 * row * projectionStride;
      const sums = scratch + 4 * m * sumsStride;
      const state = h + 4 * m * stateStride;
      const to = output + 4 * row * outputStride;
      if (usual) updateUsual(cell, x, sums, state, to);
      else updateAny(cell, x, sums, state, to);
    }
  }
}

/** The row of [T, B] that a row's step is. */
// @ts-ignore: decorator
@inline
function timeRow(cell: Cell, step: i32, m: i32, order: usize, lengths: usize, numRows: i32): i32 {
  const time = cell.isReverse ? load<i32>(lengths + 4 * m) - 1 - step : step;
  return time * numRows + load<i32>(order + 4 * m);
}

/** Whether a layer has the usual activations and no limit: the compiler then inlines them in the loop. */
function isUsual(cell: Cell): bool {
  return cell.gateActivation.kind == SIGMOID && cell.newActivation.kind == TANH && cell.clip == f32.POSITIVE_INFINITY;
}

/** f of a sum. */
// @ts-ignore: decorator
@inline
function gate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? gateSigmoid(x) : activate(cell.gateActivation, limit(cell, x));
}

/** g of a sum. */
// @ts-ignore: decorator
@inline
function newGate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? tanh(x) : activate(cell.newActivation, limit(cell, x));
}

// @ts-ignore: decorator
@inline
function limit(cell: Cell, x: v128): v128 {
  return greatest(least(x, splat(cell.clip)), splat(-cell.clip));
}

/** r * h of one row. */
function resetState(cell: Cell, reset: usize, x: usize, sums: usize, h: usize): void {
  const end = h + 4 * cell.hiddenSize;
  for (; h < end; h += 16) {
    const r = gate(cell, false, f32x4.add(v128.load(x), v128.load(sums)));
    v128.store(reset, f32x4.mul(r, v128.load(h)));
    reset += 16;
    x += 16;
    sums += 16;
  }
}

/** h' of one row, to `h` and to `output`. The last vector may write up to three elements past H. */
// @ts-ignore: decorator
@inline
function update(cell: Cell, usual: bool, resetAfter: bool, x: usize, sums: usize, h: usize, output: usize): void {
  const gateBytes: usize = 4 * cell.hiddenSize;
  const end = h + gateBytes;
  const zx = x + gateBytes;
  const zs = sums + gateBytes;
  const nx = zx + gateBytes;
  const ns = zs + gateBytes;
  for (let at: usize = 0; h < end; at += 16) {
    const z = gate(cell, usual, f32x4.add(v128.load(zx + at), v128.load(zs + at)));
    let n = v128.load(ns + at);
    if (resetAfter) n = f32x4.mul(gate(cell, usual, f32x4.add(v128.load(x + at), v128.load(sums + at))), n);
    n = newGate(cell, usual, f32x4.add(v128.load(nx + at), n));
    // (1 - z) n + z h, exactly h where z is 1
    const next = multiplyAdd(z, v128.load(h), f32x4.mul(f32x4.sub(splat(1), z), n));
    v128.store(h, next);
    v128.store(output + at, next);
    h += 16;
  }
}

function updateUsual(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, true, true, x, sums, h, output);
}

function updateAny(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, false, cell.resetAfter != 0, x, sums, h, output);
}
