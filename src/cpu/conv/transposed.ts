import type { Axes } from "../../layers/axis.js";
import { type ConvLayer, windowLength } from "../../layers/conv.js";
import { writeAxis } from "../axis.js";
import type { CpuTarget } from "../cpuLayer.js";
import { type Rows, writeFloats, writeMatrices } from "../matrix.js";
import { writeStruct } from "../struct.js";

/** TransposedConv of wasm/transposedConv.ts, which says what the fields mean. */
export const TRANSPOSED = {
  rows: "i32",
  columns: "i32",
  groups: "i32",
  channels: "i32",
  outputChannels: "i32",
  frames: "i32",
  matrices: "i32",
  bias: "i32",
  activation: "i32",
} as const;

/** @returns address */
export function writeTransposed(
  layer: ConvLayer,
  [rows, columns]: Axes,
  activation: number,
  target: CpuTarget,
): number {
  const { memory } = target;
  const { groups, outputChannels, inputShape, timeKernelSize: frames, bias } = layer;
  return writeStruct(memory, TRANSPOSED, {
    rows: writeAxis(memory, rows),
    columns: writeAxis(memory, columns),
    groups,
    channels: inputShape[0]! / groups,
    outputChannels: outputChannels / groups,
    frames,
    matrices: writeMatrices(target, rowsOf(layer), groups),
    bias: writeFloats(memory, bias, outputChannels),
    activation,
  });
}

/** [outputChannels kernel, frames channels], without the bias. */
function rowsOf(layer: ConvLayer): Rows {
  const { storage, outputChannels, weight, inputShape, groups, timeKernelSize: frames } = layer;
  const channels = inputShape[0]! / groups;
  const numColumns = channels * frames;
  const kernel = windowLength(layer) / numColumns;
  const turned = weight.map((_, i) => {
    const [row, column] = [Math.floor(i / numColumns), i % numColumns];
    const [o, k] = [Math.floor(row / kernel), row % kernel];
    const [t, c] = [Math.floor(column / channels), column % channels];
    return weight[((o * channels + c) * frames + t) * kernel + k]!;
  });
  return { storage, numRows: outputChannels * kernel, numColumns, weight: turned, bias: null };
}
