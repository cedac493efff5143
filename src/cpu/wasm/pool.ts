// The largest element, or the mean, of windows along time and the rows and columns of a frame's channels, [C, R, S].

import { Axis } from "./axis";
import { splat } from "./simd";
import { copy } from "./transpose";

/** `POOL` in cpu/pool.ts lists the same fields. */
@unmanaged
export class Pool {
  rows: Axis;
  columns: Axis;
  channels: i32;
  /** Frames of a window along time. */
  frames: i32;
  isMean: i32;
  countsPadding: i32;
}

/**
 * @param table [numOutputs, frames] addresses, the largest number for padding; each window has a frame
 * @param work a row of a channel, and three elements more
 */
export function pool(
  pool: Pool,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const rows = pool.rows;
  const columns = pool.columns;
  const planeBytes: usize = 4 * rows.inputSize * columns.inputSize;
  for (let m = 0; m < numOutputs; m++) {
    let to = output + 4 * m * outputStride;
    for (let c = 0; c < pool.channels; c++) {
      for (let p = 0; p < rows.outputSize; p++) {
        const first = p * rows.stride - rows.before;
        const start = max(0, first);
        const end = min(rows.inputSize, first + rows.kernelSize);
        let numRows = 0;
        for (let t = 0; t < pool.frames; t++) {
          const frame = load<usize>(table + 4 * t);
          if (frame == usize.MAX_VALUE) continue;
          const x = frame + c * planeBytes + 4 * start * columns.inputSize;
          joinRows(pool, x, end - start, work, numRows == 0);
          numRows += end - start;
        }
        joinColumns(pool, work, numRows, to);
        to += 4 * columns.outputSize;
      }
    }
    table += 4 * pool.frames;
  }
}

/** Adds the sums, or the largest, of each column of some rows to those of the rows before. */
function joinRows(pool: Pool, x: usize, numRows: i32, to: usize, isFirst: bool): void {
  const size = pool.columns.inputSize;
  for (let s = 0; s < size; s += 4) {
    let joined = v128.load(isFirst ? x + 4 * s : to + 4 * s);
    for (let row = isFirst ? 1 : 0; row < numRows; row++) {
      const four = v128.load(x + 4 * (row * size + s));
      joined = pool.isMean ? f32x4.add(joined, four) : f32x4.max(joined, four);
    }
    v128.store(to + 4 * s, joined);
  }
}

/** The means, or the largest, of each window of a row of joined columns. */
function joinColumns(pool: Pool, x: usize, numRows: i32, to: usize): void {
  const columns = pool.columns;
  if (columns.kernelSize == 1 && columns.stride == 1 && columns.before == 0) return giveColumns(pool, x, numRows, to);
  for (let q = 0; q < columns.outputSize; q++) {
    const first = q * columns.stride - columns.before;
    const start = max(0, first);
    const end = min(columns.inputSize, first + columns.kernelSize);
    let joined = load<f32>(x + 4 * start);
    for (let s = start + 1; s < end; s++) {
      const one = load<f32>(x + 4 * s);
      joined = pool.isMean ? joined + one : max(joined, one);
    }
    if (pool.isMean) {
      const all = pool.frames * pool.rows.kernelSize * columns.kernelSize;
      joined /= <f32>(pool.countsPadding ? all : numRows * (end - start));
    }
    store<f32>(to + 4 * q, joined);
  }
}

/** The same of windows of one column each. */
function giveColumns(pool: Pool, x: usize, numRows: i32, to: usize): void {
  const size = pool.columns.outputSize;
  if (pool.isMean) {
    const count = pool.countsPadding ? pool.frames * pool.rows.kernelSize : numRows;
    for (let s = 0; s < size; s += 4) v128.store(x + 4 * s, f32x4.div(v128.load(x + 4 * s), splat(<f32>count)));
  }
  copy(x, size, to);
}
