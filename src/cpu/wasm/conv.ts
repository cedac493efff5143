// Convolutions of frames [C, R, S] along time and their inner axes. See layers/conv.ts for the equations.
//
// The frames of each output's window along time come as a table of addresses, the oldest first. For each row of an output, what
// is under its windows is written with channels last, [S with zeros beside it, frames, rows, channels]: a window is then
// neighbours, and those of the next outputs begin some elements further on. So they are rows of one product, whose matrix is a
// group's weights, without a copy of each.

import { activateRows } from "./rows";
import { Activation } from "./activation";
import { Axis, spanOf } from "./axis";
import { Matrix } from "./matrix";
import { product } from "./product";
import { copy, transpose } from "./transpose";

/** `CONV` in cpu/conv.ts lists the same fields. */
@unmanaged
export class Conv {
  rows: Axis;
  columns: Axis;
  groups: i32;
  /** Of a group. */
  channels: i32;
  outputChannels: i32;
  /** Frames of a window along time. */
  frames: i32;
  /** [groups] addresses of a Matrix: [outputChannels, kernel columns, frames, kernel rows, channels] */
  matrices: usize;
  /** Frames that go through the weights together: 1 where a frame gives more than one row of a product. */
  framesAtOnce: i32;
  activation: Activation;
}

/** Elements side by side at one column: of all frames and rows of a window. */
// @ts-ignore: decorator
@inline
function depthOf(conv: Conv): i32 {
  return conv.frames * conv.rows.kernelSize * conv.channels;
}

/** Whether the elements of a window are apart. */
// @ts-ignore: decorator
@inline
function isDilated(conv: Conv): bool {
  return conv.columns.dilation > 1 && conv.columns.kernelSize > 1;
}

// @ts-ignore: decorator
@inline
function matrixOf(conv: Conv, group: i32): Matrix {
  return changetype<Matrix>(load<usize>(conv.matrices + 4 * group));
}

/** Elements of the work space of `convolve`; f64, since an i32 could overflow. */
export function convolveWorkFloats(conv: Conv): f64 {
  const matrix = matrixOf(conv, 0);
  const ofRow = matrix.numRows + (isDilated(conv) ? matrix.numColumns : 0);
  const ofPlane = <f64>spanOf(conv.columns) * <f64>depthOf(conv);
  return <f64>conv.framesAtOnce * (ofPlane + <f64>conv.columns.outputSize * <f64>ofRow);
}

/**
 * @param output [numOutputs, outputStride]
 * @param table [numOutputs, frames] addresses
 * @param work of `convolveWorkFloats`: planes of some frames, their windows where they are dilated, products
 */
export function convolve(
  conv: Conv,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const columns = conv.columns;
  const K = matrixOf(conv, 0).numColumns;
  const N = matrixOf(conv, 0).numRows;
  const size = columns.outputSize;
  const depth = depthOf(conv);
  const plane = spanOf(columns) * depth;
  const inputBytes: usize = 4 * conv.channels * conv.rows.inputSize * columns.inputSize;
  const outputBytes: usize = 4 * conv.outputChannels * conv.rows.outputSize * size;
  const isOne = conv.rows.outputSize * size == 1;
  const windows = work + 4 * conv.framesAtOnce * plane;
  const products = isDilated(conv) ? windows + 4 * conv.framesAtOnce * size * K : windows;
  // The zeros beside a frame stay.
  if (columns.before > 0 || columns.before + columns.inputSize < spanOf(columns)) memory.fill(work, 0, windows - work);
  for (let first = 0; first < numOutputs; first += conv.framesAtOnce) {
    const count = min(conv.framesAtOnce, numOutputs - first);
    const out = output + 4 * first * outputStride;
    for (let group = 0; group < conv.groups; group++) {
      for (let row = 0; row < conv.rows.outputSize; row++) {
        for (let m = 0; m < count; m++) {
          const frames = table + 4 * (first + m) * conv.frames;
          writePlane(conv, frames, group * inputBytes, row, work + 4 * m * plane);
          if (isDilated(conv)) writeWindows(columns, depth, work + 4 * m * plane, windows + 4 * m * K);
        }
        const x = isDilated(conv) ? windows : work;
        const xStride = isDilated(conv) ? K : isOne ? plane : columns.stride * depth;
        if (isOne && conv.groups == 1) {
          product(out, outputStride, x, xStride, matrixOf(conv, 0), count);
          activateRows(conv.activation, out, outputStride, count);
          continue;
        }
        product(products, N, x, xStride, matrixOf(conv, group), count * size);
        activateRows(conv.activation, products, N, count * size);
        let to = out + group * outputBytes + 4 * row * size;
        for (let m = 0; m < count; m++) {
          transpose(products + 4 * m * N, N, size, conv.outputChannels, to, conv.rows.outputSize * size);
          to += 4 * outputStride;
        }
      }
    }
  }
}

/**
 * Writes what is under the windows of a row of outputs, channels last.
 *
 * @param frames [frames] addresses
 * @param offset bytes from a frame to the group's channels
 */
function writePlane(conv: Conv, frames: usize, offset: usize, row: i32, plane: usize): void {
  const rows = conv.rows;
  const columns = conv.columns;
  const channels = conv.channels;
  const depth = depthOf(conv);
  const first = max(0, -columns.before);
  const count = min(columns.inputSize, spanOf(columns) - columns.before) - first;
  if (count <= 0) return;
  let to = plane + 4 * (first + columns.before) * depth;
  for (let t = 0; t < conv.frames; t++) {
    const frame = load<usize>(frames + 4 * t) + offset + 4 * first;
    for (let i = 0; i < rows.kernelSize; i++) {
      const r = row * rows.stride + i * rows.dilation - rows.before;
      if (r < 0 || r >= rows.inputSize) clear(to, channels, depth, count);
      else {
        const stride = rows.inputSize * columns.inputSize;
        transpose(frame + 4 * r * columns.inputSize, stride, channels, count, to, depth);
      }
      to += 4 * channels;
    }
  }
}

function clear(to: usize, channels: i32, depth: i32, count: i32): void {
  for (let column = 0; column < count; column++) {
    for (let c = 0; c < channels; c++) store<f32>(to + 4 * c, 0);
    to += 4 * depth;
  }
}

/** Dilated windows one after the other, [outputs, kernel, depth]. */
function writeWindows(columns: Axis, depth: i32, plane: usize, to: usize): void {
  for (let q = 0; q < columns.outputSize; q++) {
    for (let j = 0; j < columns.kernelSize; j++) {
      copy(plane + 4 * (q * columns.stride + j * columns.dilation) * depth, depth, to);
      to += 4 * depth;
    }
  }
}
