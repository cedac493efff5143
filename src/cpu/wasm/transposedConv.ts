// Transposed convolutions of frames [C, R, S] along their inner axes, with a stride; those without one are ordinary ones with the
// kernel turned around. See layers/conv.ts for the equations.
//
// Each input element is a row of a product, whose results are added where its window lies.

import { Activation } from "./activation";
import { Axis } from "./axis";
import { Matrix } from "./matrix";
import { product } from "./product";
import { activateRows } from "./rows";
import { transpose } from "./transpose";

/** `TRANSPOSED` in cpu/conv/transposed.ts lists the same fields. */
@unmanaged
export class TransposedConv {
  rows: Axis;
  columns: Axis;
  groups: i32;
  /** Of a group. */
  channels: i32;
  outputChannels: i32;
  /** Frames of a window along time. */
  frames: i32;
  /** [groups] addresses of a Matrix [outputChannels kernel, frames channels] */
  matrices: usize;
  /** [groups outputChannels] f32 */
  bias: usize;
  activation: Activation;
}

// @ts-ignore: decorator
@inline
function matrixOf(conv: TransposedConv, group: i32): Matrix {
  return changetype<Matrix>(load<usize>(conv.matrices + 4 * group));
}

/** Elements of the work space of `convolveTransposed`; f64, since an i32 could overflow. */
export function transposedWorkFloats(conv: TransposedConv): f64 {
  const matrix = matrixOf(conv, 0);
  return <f64>(conv.rows.inputSize * conv.columns.inputSize) * <f64>(matrix.numColumns + matrix.numRows);
}

/** As `convolve` of conv.ts. @param work of `transposedWorkFloats`: a frame's elements, channels last; their products */
export function convolveTransposed(
  conv: TransposedConv,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const numInputs = conv.rows.inputSize * conv.columns.inputSize;
  const inputBytes: usize = 4 * conv.channels * numInputs;
  const outputBytes: usize = 4 * conv.outputChannels * conv.rows.outputSize * conv.columns.outputSize;
  const K = matrixOf(conv, 0).numColumns;
  const N = matrixOf(conv, 0).numRows;
  const products = work + 4 * numInputs * K;
  for (let m = 0; m < numOutputs; m++) {
    const out = output + 4 * m * outputStride;
    for (let group = 0; group < conv.groups; group++) {
      for (let t = 0; t < conv.frames; t++) {
        const frame = load<usize>(table + 4 * (m * conv.frames + t)) + group * inputBytes;
        transpose(frame, numInputs, conv.channels, numInputs, work + 4 * t * conv.channels, K);
      }
      product(products, N, work, K, matrixOf(conv, group), numInputs);
      give(conv, group, products, N, out + group * outputBytes);
    }
    activateRows(conv.activation, out, outputStride, 1);
  }
}

/** A frame's products to its output, channels first. */
function give(conv: TransposedConv, group: i32, from: usize, stride: i32, to: usize): void {
  const numOutputs = conv.rows.outputSize * conv.columns.outputSize;
  const channels = conv.outputChannels;
  for (let c = 0; c < channels; c++) {
    const bias = load<f32>(conv.bias + 4 * (group * channels + c));
    for (let i = 0; i < numOutputs; i++) store<f32>(to + 4 * (c * numOutputs + i), bias);
  }
  addWindows(conv.rows, conv.columns, channels, from, stride, to);
}

/**
 * Adds windows to a frame: of each input element a window of each output channel.
 *
 * @param from [inputs, stride], of which [channels, kernel] are read
 * @param to [channels, outputs]
 */
function addWindows(
  rows: Axis,
  columns: Axis,
  channels: i32,
  from: usize,
  stride: i32,
  to: usize,
): void {
  const outputs = rows.outputSize * columns.outputSize;
  for (let p = 0; p < rows.inputSize; p++) {
    for (let q = 0; q < columns.inputSize; q++) {
      let at = from;
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < rows.kernelSize; i++) {
          const r = p * rows.stride + i * rows.dilation - rows.before;
          if (r >= 0 && r < rows.outputSize) addRow(columns, q, at, to + 4 * (c * outputs + r * columns.outputSize));
          at += 4 * columns.kernelSize;
        }
      }
      from += 4 * stride;
    }
  }
}

function addRow(columns: Axis, q: i32, from: usize, to: usize): void {
  const first = q * columns.stride - columns.before;
  for (let j = 0; j < columns.kernelSize; j++) {
    const s = first + j * columns.dilation;
    if (s < 0 || s >= columns.outputSize) continue;
    const at = to + 4 * s;
    store<f32>(at, load<f32>(at) + load<f32>(from + 4 * j));
  }
}
