// One number of each line of a row, or the line's softmax where it is. See layers/reduce.ts for lines.

import { softmaxRows } from "./rows";

/** Operations: the order of `REDUCTIONS` in layers/reduce.ts. */
const SUM: i32 = 0;
const MEAN: i32 = 1;
const MAX: i32 = 2;
const MIN: i32 = 3;
const SOFTMAX: i32 = 4;

/** `LINES` in cpu/reduce.ts lists the same fields. */
@unmanaged
export class Lines {
  operation: i32;
  count: i32;
  length: i32;
  /** Whether a line's elements are neighbours. */
  isWhole: i32;
  /** [count] i32, the first element of each line in a row */
  starts: usize;
  /** [length] i32, from there to each element of a line */
  offsets: usize;
}

/**
 * @param x [M, xStride]
 * @param out [M, outStride]
 * @param work a line, rounded up to four elements
 */
export function reduceRows(
  lines: Lines,
  x: usize,
  xStride: i32,
  out: usize,
  outStride: i32,
  numRows: i32,
  work: usize,
): void {
  const length = lines.length;
  for (let m = 0; m < numRows; m++) {
    const row = x + 4 * m * xStride;
    const to = out + 4 * m * outStride;
    for (let i = 0; i < lines.count; i++) {
      const start = 4 * load<i32>(lines.starts + 4 * i);
      const line = lines.isWhole ? row + start : gather(lines, row + start, work);
      if (lines.operation < SOFTMAX) {
        store<f32>(to + 4 * i, lines.operation > MEAN ? extreme(lines.operation, line, length) : sum(lines, line));
        continue;
      }
      if (lines.isWhole) memory.copy(work, line, 4 * length);
      softmaxRows(lines.operation != SOFTMAX, work, 0, 1, length);
      if (lines.isWhole) memory.copy(to + start, work, 4 * length);
      else scatter(lines, work, to + start);
    }
  }
}

function gather(lines: Lines, from: usize, work: usize): usize {
  for (let k = 0; k < 4 * lines.length; k += 4) {
    store<f32>(work + k, load<f32>(from + 4 * load<i32>(lines.offsets + k)));
  }
  return work;
}

function scatter(lines: Lines, work: usize, to: usize): void {
  for (let k = 0; k < 4 * lines.length; k += 4) {
    store<f32>(to + 4 * load<i32>(lines.offsets + k), load<f32>(work + k));
  }
}

/** The sum or the mean of a line; sums are in float64. */
function sum(lines: Lines, line: usize): f32 {
  let low = f64x2.splat(0);
  let high = low;
  const end = line + 4 * lines.length;
  for (; line + 12 < end; line += 16) {
    const four = v128.load(line);
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3)));
  }
  low = f64x2.add(low, high);
  let total = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; line < end; line += 4) total += <f64>load<f32>(line);
  return <f32>(lines.operation == MEAN ? total / <f64>lines.length : total);
}

/** The largest or the smallest of a line; NaN where any is. */
function extreme(operation: i32, line: usize, length: i32): f32 {
  const end = line + 4 * length;
  let first = load<f32>(line);
  let most = f32x4.splat(first);
  for (; line + 12 < end; line += 16) {
    const four = v128.load(line);
    most = operation == MAX ? f32x4.max(most, four) : f32x4.min(most, four);
  }
  for (; line < end; line += 4) {
    const one = v128.load32_splat(line);
    most = operation == MAX ? f32x4.max(most, one) : f32x4.min(most, one);
  }
  const other = v128.shuffle<f32>(most, most, 2, 3, 0, 1);
  most = operation == MAX ? f32x4.max(most, other) : f32x4.min(most, other);
  const a = f32x4.extract_lane(most, 0);
  const b = f32x4.extract_lane(most, 1);
  return operation == MAX ? max(a, b) : min(a, b);
}
