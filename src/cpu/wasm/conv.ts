// Convolutions of frames [C, R, S] along time and their inner axes. See layers/conv.ts for the equations.
//
// The frames of each output's window along time come as a table of addresses, the oldest first. Windows are gathered into rows, so that a group's weights are the matrix of one product for some frames together. The
// transposed form is a product of each input element, whose results are added where its window lies.

import { addWindows, Axis, gatherWindows, transpose } from "./axis";
import { Matrix } from "./matrix";
import { product } from "./product";
import { multiplyAdd, splat } from "./simd";

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
  isTransposed: i32;
  /**
   * [groups] addresses of a Matrix [outputChannels, channels frames kernel], transposed [outputChannels kernel, channels
   * frames]
   */
  matrices: usize;
  /** [groups outputChannels] f32, of the transposed form; of the others the matrices have it */
  bias: usize;
  /** Frames whose windows are gathered together. */
  framesAtOnce: i32;
  /** Whether a frame has no inner axes: the columns of the matrix are then [frames, channels], as the frames lie. */
  isTimeFirst: i32;
  /** Whether a window is one element of each channel of one frame, and there is one for each. */
  isPointwise: i32;
}

/** Rows of the product that a frame gives. */
// @ts-ignore: decorator
@inline
function rowsOfFrame(conv: Conv): i32 {
  return conv.isTransposed
    ? conv.rows.inputSize * conv.columns.inputSize
    : conv.rows.outputSize * conv.columns.outputSize;
}

// @ts-ignore: decorator
@inline
function matrixOf(conv: Conv, group: i32): Matrix {
  return changetype<Matrix>(load<usize>(conv.matrices + 4 * group));
}

/** Elements of the work space of `convolve`; f64, since an i32 could overflow. */
export function convolveWorkFloats(conv: Conv): f64 {
  const matrix = matrixOf(conv, 0);
  const ofRow = <f64>(matrix.numColumns + matrix.numRows);
  return <f64>(conv.framesAtOnce * rowsOfFrame(conv)) * ofRow + 4;
}

/**
 * @param output [numOutputs, outputStride]
 * @param table [numOutputs, frames] addresses
 * @param work of `convolveWorkFloats`: windows of some outputs, their products
 */
export function convolve(
  conv: Conv,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const numRows = rowsOfFrame(conv);
  const K = matrixOf(conv, 0).numColumns;
  const N = matrixOf(conv, 0).numRows;
  const inputBytes: usize = 4 * conv.channels * conv.rows.inputSize * conv.columns.inputSize;
  const outputBytes: usize = 4 * conv.outputChannels * conv.rows.outputSize * conv.columns.outputSize;
  // Of one group, whose rows the output has room for.
  const isWrittenInPlace = conv.groups == 1 && !conv.isTransposed && numRows == 1;
  const products = work + 4 * (conv.framesAtOnce * numRows * K + 4);
  for (let first = 0; first < numOutputs; first += conv.framesAtOnce) {
    const count = min(conv.framesAtOnce, numOutputs - first);
    for (let group = 0; group < conv.groups; group++) {
      for (let m = 0; m < count; m++) {
        gather(conv, table + 4 * (first + m) * conv.frames, group * inputBytes, work + 4 * m * numRows * K);
      }
      if (isWrittenInPlace) {
        product(output + 4 * first * outputStride, outputStride, work, K, matrixOf(conv, 0), count);
        continue;
      }
      product(products, N, work, K, matrixOf(conv, group), count * numRows);
      let to = output + 4 * first * outputStride + group * outputBytes;
      for (let m = 0; m < count; m++) {
        give(conv, group, products + 4 * m * numRows * N, N, to);
        to += 4 * outputStride;
      }
    }
  }
}

/** The rows of an output's product. @param frames [frames] addresses @param offset bytes from a frame to the group's channels */
function gather(conv: Conv, frames: usize, offset: usize, to: usize): void {
  if (conv.isTimeFirst) {
    const bytes: usize = 4 * conv.channels;
    for (let t = 0; t < conv.frames; t++) memory.copy(to + t * bytes, load<usize>(frames + 4 * t) + offset, bytes);
    return;
  }
  if (!conv.isTransposed) {
    if (conv.isPointwise) {
      const numInputs = conv.columns.inputSize * conv.rows.inputSize;
      return transpose(load<usize>(frames) + offset, numInputs, conv.channels, numInputs, to, conv.channels);
    }
    return gatherWindows(conv.rows, conv.columns, conv.channels, frames, conv.frames, offset, to);
  }
  const numInputs = conv.rows.inputSize * conv.columns.inputSize;
  for (let t = 0; t < conv.frames; t++) {
    const frame = load<usize>(frames + 4 * t) + offset;
    scatter(frame, conv.channels, numInputs, to + 4 * t, conv.frames, conv.channels * conv.frames);
  }
}

/** [numRows, numColumns] -> element [row rowStep + column columnStep]. */
function scatter(from: usize, numRows: i32, numColumns: i32, to: usize, rowStep: i32, columnStep: i32): void {
  for (let row = 0; row < numRows; row++) {
    for (let column = 0; column < numColumns; column++) {
      store<f32>(to + 4 * (row * rowStep + column * columnStep), load<f32>(from + 4 * column));
    }
    from += 4 * numColumns;
  }
}

/** A frame's product to its output, channels first. */
function give(conv: Conv, group: i32, from: usize, stride: i32, to: usize): void {
  const numOutputs = conv.rows.outputSize * conv.columns.outputSize;
  const channels = conv.outputChannels;
  if (!conv.isTransposed) return transpose(from, stride, numOutputs, channels, to, numOutputs);
  for (let c = 0; c < channels; c++) {
    const bias = load<f32>(conv.bias + 4 * (group * channels + c));
    for (let i = 0; i < numOutputs; i++) store<f32>(to + 4 * (c * numOutputs + i), bias);
  }
  addWindows(conv.rows, conv.columns, channels, from, stride, to);
}

/** A convolution with a group for each channel. `DEPTHWISE` in cpu/conv.ts lists the same fields. */
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
}

/** Elements of a channel with its zeros around and in between, in one direction. */
// @ts-ignore: decorator
@inline
function planeSize(axis: Axis): i32 {
  return (axis.outputSize - 1) * axis.stride + (axis.kernelSize - 1) * axis.dilation + 1;
}

/** Elements of the work space of `convolveDepthwise`. */
export function depthwiseWorkFloats(conv: Depthwise): f64 {
  return <f64>conv.frames * <f64>planeSize(conv.rows) * <f64>planeSize(conv.columns) + 4;
}

/** @param work of `depthwiseWorkFloats`: a channel of each frame of a window, with its zeros */
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
  const planeBytes: usize = 4 * planeSize(conv.rows) * planeSize(conv.columns);
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
    table += 4 * conv.frames;
    output += 4 * outputStride;
  }
}

/** Writes a channel's elements to their places in the plane; the zeros stay. */
function writePlane(conv: Depthwise, x: usize, plane: usize): void {
  const height = planeSize(conv.rows);
  const width = planeSize(conv.columns);
  for (let i = 0; i < conv.rows.inputSize; i++) {
    const row = i * conv.rowStep + conv.rows.before;
    if (row >= 0 && row < height) {
      for (let j = 0; j < conv.columns.inputSize; j++) {
        const column = j * conv.columnStep + conv.columns.before;
        if (column >= 0 && column < width) store<f32>(plane + 4 * (row * width + column), load<f32>(x + 4 * j));
      }
    }
    x += 4 * conv.columns.inputSize;
  }
}

/** The sums of a channel's windows. */
function slide(conv: Depthwise, plane: usize, planeBytes: usize, weight: usize, bias: f32, to: usize): void {
  const width = planeSize(conv.columns);
  const step = conv.columns.stride;
  for (let p = 0; p < conv.rows.outputSize; p++) {
    const row = plane + 4 * p * conv.rows.stride * width;
    for (let q = 0; q < conv.columns.outputSize; q += 4) {
      const sums = sumFour(conv, row + 4 * q * step, planeBytes, 4 * width, weight, bias);
      const count = conv.columns.outputSize - q;
      if (count >= 4) v128.store(to, sums);
      else {
        v128.store32_lane(to, sums, 0);
        if (count > 1) v128.store32_lane(to, sums, 1, 4);
        if (count > 2) v128.store32_lane(to, sums, 2, 8);
      }
      to += 4 * min(4, count);
    }
  }
}

/** Four windows side by side. Those past the last one read what comes after. */
// @ts-ignore: decorator
@inline
function sumFour(
  conv: Depthwise,
  plane: usize,
  planeBytes: usize,
  widthBytes: usize,
  weight: usize,
  bias: f32,
): v128 {
  let sums = splat(bias);
  const stepBytes: usize = 4 * conv.columns.stride;
  for (let t = 0; t < conv.frames; t++) {
    for (let i = 0; i < conv.rows.kernelSize; i++) {
      let at = plane + i * conv.rows.dilation * widthBytes;
      for (let j = 0; j < conv.columns.kernelSize; j++) {
        let four = v128.load(at);
        if (stepBytes != 4) {
          four = v128.load32_lane(at + stepBytes, four, 1);
          four = v128.load32_lane(at + 2 * stepBytes, four, 2);
          four = v128.load32_lane(at + 3 * stepBytes, four, 3);
        }
        sums = multiplyAdd(v128.load32_splat(weight), four, sums);
        weight += 4;
        at += 4 * conv.columns.dilation;
      }
    }
    plane += planeBytes;
  }
  return sums;
}
