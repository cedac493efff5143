import type { Axes } from "../../layers/axis.js";
import type { ConvLayer } from "../../layers/conv.js";
import { writeAxis } from "../axis.js";
import type { CpuTarget } from "../cpuLayer.js";
import { writeMatrix } from "../matrix.js";
import { writeStruct } from "../struct.js";

/** MirroredConv of wasm/mirroredConv.ts, which says what the fields mean. */
export const MIRRORED = {
  columns: "i32",
  numEven: "i32",
  numOdd: "i32",
  even: "i32",
  odd: "i32",
  activation: "i32",
} as const;

/** A kernel that is shorter gains too little. */
const MIN_KERNEL = 32;

/**
 * Of a convolution of one channel whose first outputs are even and whose others are odd, how many are even; null of any other.
 * A Fourier transform's cosines are even and its sines are odd, under a window too.
 */
export function countEven(layer: ConvLayer, [rows, columns]: Axes): number | null {
  const { inputShape, outputChannels, transposed, timeKernelSize, weight } = layer;
  const length = columns.kernelSize;
  const isOneChannel = inputShape[0] === 1 && !transposed && timeKernelSize === 1;
  const isLine = rows.inputSize === 1 && rows.kernelSize === 1 && rows.outputSize === 1;
  if (!isOneChannel || !isLine || columns.dilation > 1 || length % 2 > 0 || length < MIN_KERNEL) return null;
  const is = (o: number, sign: 1 | -1) => isMirrored(weight.subarray(o * length, (o + 1) * length), sign);
  let numEven = 0;
  while (numEven < outputChannels && is(numEven, 1)) numEven++;
  for (let o = numEven; o < outputChannels; o++) if (!is(o, -1)) return null;
  return numEven;
}

/** Whether w[k] = sign w[K - k], where both are; an odd kernel is 0 where it has no other side. */
function isMirrored(kernel: Float32Array, sign: 1 | -1): boolean {
  if (sign < 0 && kernel[0] !== 0) return false;
  for (let k = 1; k <= kernel.length / 2; k++) {
    if (kernel[k] !== sign * kernel[kernel.length - k]!) return false;
  }
  return true;
}

/** @returns address */
export function writeMirrored(
  layer: ConvLayer,
  [, columns]: Axes,
  numEven: number,
  activation: number,
  target: CpuTarget,
): number {
  const { outputChannels, weight, bias, storage } = layer;
  const numColumns = columns.kernelSize / 2 + 1;
  const half = (start: number, end: number) =>
    writeMatrix(target, {
      storage,
      numRows: end - start,
      numColumns,
      weight: Float32Array.from({ length: (end - start) * numColumns }, (_, i) => {
        const row = Math.floor(i / numColumns);
        return weight[(start + row) * columns.kernelSize + (i % numColumns)]!;
      }),
      bias: bias && bias.subarray(start, end),
    });
  return writeStruct(target.memory, MIRRORED, {
    columns: writeAxis(target.memory, columns),
    numEven,
    numOdd: outputChannels - numEven,
    even: half(0, numEven),
    odd: half(numEven, outputChannels),
    activation,
  });
}
