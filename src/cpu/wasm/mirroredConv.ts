// Convolutions of one channel whose kernels mirror themselves, as those of a Fourier transform do: w[k] = w[K - k] of the even
// outputs, w[k] = -w[K - k] of the odd ones. Sums, or differences, of the elements on both sides then go through half a kernel.
//
//   y[o] = w[0] x[0] + w[K / 2] x[K / 2] + sum over 0 < k < K / 2 of w[k] (x[k] + x[K - k])
//
// The elements at 0 and K / 2 have no other side: there an odd output has no weight.

import { Activation } from "./activation";
import { Axis, spanOf } from "./axis";
import { Matrix } from "./matrix";
import { product } from "./product";
import { activateRows } from "./rows";
import { copy, transpose } from "./transpose";

/** `MIRRORED` in cpu/conv/mirrored.ts lists the same fields. */
@unmanaged
export class MirroredConv {
  columns: Axis;
  numEven: i32;
  numOdd: i32;
  /** [numEven, K / 2 + 1] */
  even: Matrix;
  /** [numOdd, K / 2 + 1] */
  odd: Matrix;
  activation: Activation;
}

/** Elements of the work space of `convolveMirrored`; f64, since an i32 could overflow. */
export function mirroredWorkFloats(conv: MirroredConv): f64 {
  const rows = max(conv.even.numRows, conv.odd.numRows) + 2 * strideOf(conv);
  return <f64>spanOf(conv.columns) + <f64>conv.columns.outputSize * <f64>rows + 8;
}

/** Elements from one window's sums to the next one's. The last four may be written past K / 2 + 1. */
// @ts-ignore: decorator
@inline
function strideOf(conv: MirroredConv): i32 {
  return conv.columns.kernelSize / 2 + 4;
}

/** As `convolve` of conv.ts. @param work of `mirroredWorkFloats`: an input with its zeros, sums, differences, products */
export function convolveMirrored(
  conv: MirroredConv,
  output: usize,
  outputStride: i32,
  table: usize,
  numOutputs: i32,
  work: usize,
): void {
  const columns = conv.columns;
  const size = columns.outputSize;
  const span = spanOf(columns);
  const stride = strideOf(conv);
  const sums = work + 4 * span;
  const differences = sums + 4 * size * stride;
  const products = differences + 4 * size * stride;
  memory.fill(work, 0, 4 * span);
  for (let m = 0; m < numOutputs; m++) {
    copy(load<usize>(table + 4 * m), min(columns.inputSize, span - columns.before), work + 4 * columns.before);
    for (let q = 0; q < size; q++) {
      fold(work + 4 * q * columns.stride, columns.kernelSize, sums + 4 * q * stride, differences + 4 * q * stride);
    }
    const out = output + 4 * m * outputStride;
    give(conv, conv.even, conv.numEven, sums, products, out);
    give(conv, conv.odd, conv.numOdd, differences, products, out + 4 * conv.numEven * size);
  }
}

/** x[k] + x[K - k] and x[k] - x[K - k] for k up to K / 2; at both ends x[k] twice. */
function fold(x: usize, K: i32, sums: usize, differences: usize): void {
  store<f32>(sums, load<f32>(x));
  store<f32>(differences, 0);
  let other = x + 4 * (K - 4); // of k = 1 to 4: elements K - 4 to K - 1
  for (let k = 1; k <= K / 2; k += 4) {
    const a = v128.load(x + 4 * k);
    const four = v128.load(other);
    const b = v128.shuffle<f32>(four, four, 3, 2, 1, 0);
    v128.store(sums + 4 * k, f32x4.add(a, b));
    v128.store(differences + 4 * k, f32x4.sub(a, b));
    other -= 16;
  }
  store<f32>(sums + 2 * K, load<f32>(x + 2 * K));
}

/** The outputs of one matrix, channels first. */
function give(conv: MirroredConv, matrix: Matrix, count: i32, x: usize, products: usize, to: usize): void {
  if (count == 0) return;
  const size = conv.columns.outputSize;
  product(products, matrix.numRows, x, strideOf(conv), matrix, size);
  activateRows(conv.activation, products, matrix.numRows, size);
  transpose(products, matrix.numRows, size, count, to, size);
}
