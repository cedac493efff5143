// The recurrence of one direction of one GRU layer, over a piece of a sequence, all rows together.
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
import { product } from "./product";
import { greatest, least, multiplyAdd, splat } from "./simd";

/** One direction of a layer, as JavaScript lays it out in memory: fields of 4 bytes, in this order. */
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
  gate: Activation;
  /** g */
  candidate: Activation;
  /** What f and g get is limited to [-clip, clip]; infinite for no limit. */
  clip: f32;
}

/**
 * @param projection [T, B, projectionStride], this direction's 3 H of each row first
 * @param h [B, H rounded up to 4], the rows in the order of `rows`; replaced
 * @param rows [B] i32, which row of the batch each is, the longest first
 * @param lengths [B] i32, steps of each, in the same order
 * @param output [T, B, outputStride], this direction's H of each row first
 * @param scratch [B, 3 H + 16] of R h + c, then [B, H rounded up to 4] of r * h, then what `product` wants
 */
export function recur(
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  h: usize,
  rows: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  const hiddenStride = (cell.hiddenSize + 3) & ~3;
  const sumStride = 3 * cell.hiddenSize + 16;
  const reset = scratch + 4 * numRows * sumStride;
  const rest = reset + 4 * numRows * hiddenStride;
  const usual = isUsual(cell) && cell.resetAfter != 0;
  let numActive = numRows;
  for (let step = 0; ; step++) {
    while (numActive > 0 && load<i32>(lengths + 4 * (numActive - 1)) <= step) numActive--;
    if (numActive == 0) return;
    product(scratch, sumStride, h, hiddenStride, cell.recurrent, numActive, rest);
    if (!cell.resetAfter) {
      for (let m = 0; m < numActive; m++) {
        const x = projection + 4 * timeRow(cell, step, m, rows, lengths, numRows) * projectionStride;
        resetState(cell, reset + 4 * m * hiddenStride, x, scratch + 4 * m * sumStride, h + 4 * m * hiddenStride);
      }
      const sums = scratch + 4 * 2 * cell.hiddenSize;
      product(sums, sumStride, reset, hiddenStride, cell.recurrentNew, numActive, rest);
    }
    for (let m = 0; m < numActive; m++) {
      const row = timeRow(cell, step, m, rows, lengths, numRows);
      const x = projection + 4 * row * projectionStride;
      const sums = scratch + 4 * m * sumStride;
      const state = h + 4 * m * hiddenStride;
      const to = output + 4 * row * outputStride;
      if (usual) updateUsual(cell, x, sums, state, to);
      else updateAny(cell, x, sums, state, to);
    }
  }
}

/** Where in [T, B] a row's step is. */
// @ts-ignore: decorator
@inline
function timeRow(cell: Cell, step: i32, m: i32, rows: usize, lengths: usize, numRows: i32): i32 {
  const time = cell.isReverse ? load<i32>(lengths + 4 * m) - 1 - step : step;
  return time * numRows + load<i32>(rows + 4 * m);
}

/** Whether a layer has the usual activations and no limit: they are then part of the loop. */
function isUsual(cell: Cell): bool {
  return cell.gate.kind == SIGMOID && cell.candidate.kind == TANH && cell.clip == f32.POSITIVE_INFINITY;
}

/** f of a sum. */
// @ts-ignore: decorator
@inline
function gate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? gateSigmoid(x) : activate(cell.gate, limit(cell, x));
}

/** g of a sum. */
// @ts-ignore: decorator
@inline
function candidate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? tanh(x) : activate(cell.candidate, limit(cell, x));
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

/** h' of one row, to `h` and to `output`. The last vector may write up to three elements more. */
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
    n = candidate(cell, usual, f32x4.add(v128.load(nx + at), n));
    // (1 - z) n + z h, which is h itself where z is 1
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
