import { type Axes, axesOf } from "../layers/axis.js";
import { conv as room, type ConvLayer, windowLength } from "../layers/conv.js";
import { writeActivation } from "./activation.js";
import { turnedAxis, writeAxis } from "./axis.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { writeDepthwise } from "./conv/depthwise.js";
import { createWindowLayer } from "./frameTable.js";
import { type Rows, writeFloats, writeMatrices } from "./matrix.js";
import { countEven, writeMirrored } from "./conv/mirrored.js";
import { createPlainConv } from "./conv/plain.js";
import { writeStruct } from "./struct.js";
import { writeTransposed } from "./conv/transposed.js";

/** Conv of wasm/conv.ts, which says what the fields mean. */
export const CONV = {
  rows: "i32",
  columns: "i32",
  groups: "i32",
  channels: "i32",
  outputChannels: "i32",
  frames: "i32",
  matrices: "i32",
  framesAtOnce: "i32",
  activation: "i32",
} as const;

/** @param conv address of its struct @param table [numOutputs, frames] addresses */
type Convolve = (
  conv: number,
  output: number,
  outputStride: number,
  table: number,
  numOutputs: number,
  work: number,
) => void;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    convolve: Convolve;
    convolveWorkFloats(conv: number): number;
    convolveDepthwise: Convolve;
    depthwiseWorkFloats(conv: number): number;
    convolveMirrored: Convolve;
    mirroredWorkFloats(conv: number): number;
    convolveTransposed: Convolve;
    transposedWorkFloats(conv: number): number;
  }
}

/** Rows of a product that are made together where a frame gives one: they and their results stay in the cache. */
const ROWS_AT_ONCE = 64;

/** Elements under windows, about, above which no copy of them is made: far apart, they are mostly zeros. */
const MAX_SPAN = 2 ** 24;

/** Products of windows; a channel's own windows, where each is a group, directly. */
export function createConv(layer: ConvLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  const axes = axesOf(layer);
  if (wasm === null || spanOf(layer, axes) > MAX_SPAN) return createPlainConv(layer, target);
  const activation = writeActivation(memory, layer.activation);
  const [convolve, address, floats] = choose();
  const inputSize = room.inputSize(layer);
  const zeros = writeFloats(memory, null, inputSize);
  return createWindowLayer(layer, inputSize, target, zeros, floats, (outputs) => {
    const { output, outputStride, numOutputs, table, work } = outputs;
    convolve(address, output, outputStride, table, numOutputs, work);
  });

  function choose(): [Convolve, conv: number, workFloats: number] {
    if (layer.groups === layer.inputShape[0] && layer.groups === layer.outputChannels) {
      const conv = writeDepthwise(layer, axes, activation, memory);
      return [wasm!.convolveDepthwise, conv, wasm!.depthwiseWorkFloats(conv)];
    }
    if (layer.transposed && axes.some(({ stride }) => stride > 1)) {
      const conv = writeTransposed(layer, axes, activation, target);
      return [wasm!.convolveTransposed, conv, wasm!.transposedWorkFloats(conv)];
    }
    const numEven = countEven(layer, axes);
    if (numEven !== null) {
      const conv = writeMirrored(layer, axes, numEven, activation, target);
      return [wasm!.convolveMirrored, conv, wasm!.mirroredWorkFloats(conv)];
    }
    const conv = writeConv(layer, axes, activation, target);
    return [wasm!.convolve, conv, wasm!.convolveWorkFloats(conv)];
  }
}

/** Elements of a channel under all windows, with those beside the frame. */
function spanOf({ timeKernelSize }: ConvLayer, axes: Axes): number {
  const spans = axes.map(({ inputSize, outputSize, kernelSize, stride, dilation }) =>
    Math.max(inputSize, (outputSize - 1) * stride + (kernelSize - 1) * dilation + 1),
  );
  return timeKernelSize * spans[0]! * spans[1]!;
}

/** @returns address of the Conv */
function writeConv(layer: ConvLayer, axes: Axes, activation: number, target: CpuTarget): number {
  const { memory } = target;
  const { groups, transposed, outputChannels, inputShape, timeKernelSize: frames } = layer;
  const [rows, columns] = transposed ? axes.map(turnedAxis) : axes;
  return writeStruct(memory, CONV, {
    rows: writeAxis(memory, rows!),
    columns: writeAxis(memory, columns!),
    groups,
    channels: inputShape[0]! / groups,
    outputChannels: outputChannels / groups,
    frames,
    matrices: writeMatrices(target, rowsOf(layer, axes), groups),
    framesAtOnce: rows!.outputSize * columns!.outputSize === 1 ? ROWS_AT_ONCE : 1,
    activation,
  });
}

/** [outputChannels, kernel columns, frames, kernel rows, channels], the kernel turned around where the layer is transposed */
function rowsOf(layer: ConvLayer, [rows, columns]: Axes): Rows {
  const { storage, outputChannels: numRows, weight, bias, timeKernelSize: frames, transposed } = layer;
  const [height, width] = [rows.kernelSize, columns.kernelSize];
  const numColumns = windowLength(layer);
  const channels = numColumns / (frames * height * width);
  const ordered = new Float32Array(weight.length);
  let to = 0;
  for (let o = 0; o < numRows; o++) {
    for (let j = 0; j < width; j++) {
      for (let t = 0; t < frames; t++) {
        for (let i = 0; i < height; i++) {
          const element = i * width + j;
          const place = transposed ? height * width - 1 - element : element;
          for (let c = 0; c < channels; c++) {
            ordered[to++] = weight[((o * channels + c) * frames + t) * height * width + place]!;
          }
        }
      }
    }
  }
  return { storage, numRows, numColumns, weight: ordered, bias };
}
