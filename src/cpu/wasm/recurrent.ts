// The recurrence of one direction of one recurrent layer, over a chunk of steps, all rows together: the product of the
// recurrent weight and the state, then the new state, whose equations are in gru.ts, lstm.ts and rnn.ts.

import { Cell, isUsual } from "./cell";
import { resetState, updateGru, updateUsualGru } from "./gru";
import { updateLstm, updateUsualLstm } from "./lstm";
import { product } from "./product";
import { updateRnn, updateUsualRnn } from "./rnn";

const GRU: i32 = 0;
const LSTM: i32 = 1;
const RNN: i32 = 2;

/** Elements from row to row of a block of the state, and of r * h: H rounded up to 4. */
// @ts-ignore: decorator
@inline
function stateStride(cell: Cell): i32 {
  return (cell.hiddenSize + 3) & ~3;
}

/** Elements from row to row of R h + c: H of each gate, with room for outputs rounded up to 16. */
// @ts-ignore: decorator
@inline
function sumStride(cell: Cell): i32 {
  return cell.numGates * cell.hiddenSize + 16;
}

/** Bytes of the scratch of `recurGru` and the others; f64, since an i32 could overflow. */
export function recurScratchBytes(cell: Cell, numRows: i32): f64 {
  return 4 * <f64>numRows * <f64>(sumStride(cell) + stateStride(cell));
}

/**
 * Of a layer of a type that the compiler knows: each type has a function of its own, without the others' code.
 *
 * @param projection [T, B, projectionStride], this direction's gates of each row first
 * @param state [B, H rounded up to 4] of each block, h first, the rows in the order of `order`; replaced
 * @param order [B] i32, rows of the batch, the longest first
 * @param lengths [B] i32, steps of each row, in the same order
 * @param output [T, B, outputStride], this direction's H of each row first
 * @param scratch [B, sumStride] of R h + c, then [B, stateStride] of r * h
 */
// @ts-ignore: decorator
@inline
function recur(
  type: i32,
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  state: usize,
  order: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  const hiddenStride = stateStride(cell);
  const sumsStride = sumStride(cell);
  const cells = state + 4 * numRows * hiddenStride;
  const reset = scratch + 4 * numRows * sumsStride;
  const usual = isUsual(cell);
  let numActive = numRows;
  for (let step = 0; ; step++) {
    while (numActive > 0 && load<i32>(lengths + 4 * (numActive - 1)) <= step) numActive--;
    if (numActive == 0) return;
    product(scratch, sumsStride, state, hiddenStride, cell.recurrent, numActive);
    if (type == GRU && !cell.resetAfter) {
      for (let m = 0; m < numActive; m++) {
        const x = projection + 4 * timeRow(cell, step, m, order, lengths, numRows) * projectionStride;
        resetState(cell, reset + 4 * m * hiddenStride, x, scratch + 4 * m * sumsStride, state + 4 * m * hiddenStride);
      }
      const sums = scratch + 4 * 2 * cell.hiddenSize;
      product(sums, sumsStride, reset, hiddenStride, cell.recurrentNew, numActive);
    }
    for (let m = 0; m < numActive; m++) {
      const row = timeRow(cell, step, m, order, lengths, numRows);
      const x = projection + 4 * row * projectionStride;
      const sums = scratch + 4 * m * sumsStride;
      const h = state + 4 * m * hiddenStride;
      const to = output + 4 * row * outputStride;
      if (type == LSTM) {
        const c = cells + 4 * m * hiddenStride;
        if (usual) updateUsualLstm(cell, x, sums, h, c, to);
        else updateLstm(cell, x, sums, h, c, to);
      } else if (type == GRU) {
        if (usual && cell.resetAfter) updateUsualGru(cell, x, sums, h, to);
        else updateGru(cell, x, sums, h, to);
      } else if (usual) updateUsualRnn(cell, x, sums, h, to);
      else updateRnn(cell, x, sums, h, to);
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

/** See `recur`. */
export function recurGru(
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  state: usize,
  order: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  recur(GRU, cell, projection, projectionStride, state, order, lengths, numRows, output, outputStride, scratch);
}

/** See `recur`. */
export function recurLstm(
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  state: usize,
  order: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  recur(LSTM, cell, projection, projectionStride, state, order, lengths, numRows, output, outputStride, scratch);
}

/** See `recur`. */
export function recurRnn(
  cell: Cell,
  projection: usize,
  projectionStride: i32,
  state: usize,
  order: usize,
  lengths: usize,
  numRows: i32,
  output: usize,
  outputStride: i32,
  scratch: usize,
): void {
  recur(RNN, cell, projection, projectionStride, state, order, lengths, numRows, output, outputStride, scratch);
}
