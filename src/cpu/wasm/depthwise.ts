// Convolutions of frames [C, R, S] with a group for each channel: sums of neighbours in a plane, four windows at once.

import { Activation } from "./activation";
import { Axis, spanOf } from "./axis";
import { activateRows } from "./rows";
import { multiplyAdd, splat } from "./simd";
import { copy } from "./transpose";

/** `DEPTHWISE` in cpu/conv/depthwise.ts lists the same fields. */
@unmanaged
export class Depthwise {
  /** Of the transposed form, with stride 1, the input's elements apart in the plane. */
  rows: Axis;
  columns: Axis;
  channels: i32;
  /** Elements from one of the input to its next one in the plane. */
  rowStep: i32;
  columnStep: i32;
  /** Frames of a window along time. */
  frames: i32;
  /** [channels, frames, kernel] f32 */
  weight: usize;
  /** [channels] f32 */
  bias: usize;
  activation: Activation;
}

/** Elements of the work space of `convolveDepthwise`; f64, since an i32 could overflow. */
export function depthwiseWorkFloats(conv: Depthwise): f64 {
  return <f64>conv.frames * <f64>spanOf(conv.rows) * <f64>spanOf(conv.columns) + 4;
}

/** As `convolve` of conv.ts. @param work of `depthwiseWorkFloats`: a channel of each frame of a window, with its zeros */
export function convolveDepthwise(
  conv: Depthwise,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const inputBytes: usize = 4 * conv.rows.inputSize * conv.columns.inputSize;
  const outputBytes: usize = 4 * conv.rows.outputSize * conv.columns.outputSize;
  const planeBytes: usize = 4 * spanOf(conv.rows) * spanOf(conv.columns);
  const kernelBytes: usize = 4 * conv.frames * conv.rows.kernelSize * conv.columns.kernelSize;
  memory.fill(work, 0, conv.frames * planeBytes);
  for (let m = 0; m < numOutputs; m++) {
    for (let c = 0; c < conv.channels; c++) {
      for (let t = 0; t < conv.frames; t++) {
        writePlane(conv, load<usize>(table + 4 * t) + c * inputBytes, work + t * planeBytes);
      }
      const bias = load<f32>(conv.bias + 4 * c);
      slide(conv, work, planeBytes, conv.weight + c * kernelBytes, bias, output + c * outputBytes);
    }
    activateRows(conv.activation, output, outputStride, 1);
    table += 4 * conv.frames;
    output += 4 * outputStride;
  }
}

/** Writes a channel's elements to their places in the plane; the zeros stay. */
function writePlane(conv: Depthwise, x: usize, plane: usize): void {
  const rows = conv.rows;
  const columns = conv.columns;
  const height = spanOf(rows);
  const width = spanOf(columns);
  const first = max(0, -columns.before);
  const count = min(columns.inputSize, width - columns.before) - first;
  for (let i = 0; i < rows.inputSize; i++) {
    const row = i * conv.rowStep + rows.before;
    if (row >= 0 && row < height) {
      const to = plane + 4 * row * width;
      if (conv.columnStep == 1) copy(x + 4 * first, count, to + 4 * (first + columns.before));
      else spreadRow(conv, x, to, width);
    }
    x += 4 * columns.inputSize;
  }
}

function spreadRow(conv: Depthwise, x: usize, to: usize, width: i32): void {
  let column = conv.columns.before;
  for (let j = 0; j < conv.columns.inputSize; j++) {
    if (column >= 0 && column < width) store<f32>(to + 4 * column, load<f32>(x + 4 * j));
    column += conv.columnStep;
  }
}

/** The sums of a channel's windows. */
function slide(conv: Depthwise, plane: usize, planeBytes: usize, weight: usize, bias: f32, to: usize): void {
  const rows = conv.rows;
  const columns = conv.columns;
  const widthBytes: usize = 4 * spanOf(columns);
  const size = columns.outputSize;
  const fourBytes: usize = 16 * columns.stride;
  for (let p = 0; p < rows.outputSize; p++) {
    let at = plane + p * rows.stride * widthBytes;
    for (let count = size; count > 0; count -= 4) {
      const sums = sumFour(conv, rows, columns, min(4, count) - 1, at, planeBytes, widthBytes, weight, bias);
      if (count >= 4) v128.store(to, sums);
      else {
        v128.store32_lane(to, sums, 0);
        if (count > 1) v128.store32_lane(to, sums, 1, 4);
        if (count > 2) v128.store32_lane(to, sums, 2, 8);
      }
      at += fourBytes;
      to += 4 * min(4, count);
    }
  }
}

/** Four windows side by side. @param last of them that is one; those past it are anything */
// @ts-ignore: decorator
@inline
function sumFour(
  conv: Depthwise,
  rows: Axis,
  columns: Axis,
  last: i32,
  plane: usize,
  planeBytes: usize,
  widthBytes: usize,
  weight: usize,
  bias: f32,
): v128 {
  let sums = splat(bias);
  const kernelBytes: usize = 4 * columns.kernelSize;
  const isStrided = columns.stride > 1;
  // A window past the last one may lie past the end of the memory.
  const second: usize = 4 * columns.stride * min(1, last);
  const third: usize = 4 * columns.stride * min(2, last);
  const fourth: usize = 4 * columns.stride * min(3, last);
  const apartBytes: usize = 4 * columns.dilation;
  const rowBytes = rows.dilation * widthBytes;
  const numRows = rows.kernelSize;
  for (let t = conv.frames; t > 0; t--) {
    let row = plane;
    for (let i = numRows; i > 0; i--) {
      let at = row;
      for (const end = weight + kernelBytes; weight < end; weight += 4) {
        let four = v128.load(at);
        if (isStrided) {
          four = v128.load32_lane(at + second, four, 1);
          four = v128.load32_lane(at + third, four, 2);
          four = v128.load32_lane(at + fourth, four, 3);
        }
        sums = multiplyAdd(v128.load32_splat(weight), four, sums);
        at += apartBytes;
      }
      row += rowBytes;
    }
    plane += planeBytes;
  }
  return sums;
}
