import type { Axes } from "../../layers/axis.js";
import type { ConvLayer } from "../../layers/conv.js";
import { turnedAxis, writeAxis } from "../axis.js";
import type { CpuMemory } from "../cpuMemory.js";
import { writeFloats } from "../matrix.js";
import { writeStruct } from "../struct.js";

/** Depthwise of wasm/depthwise.ts, which says what the fields mean. */
export const DEPTHWISE = {
  rows: "i32",
  columns: "i32",
  channels: "i32",
  rowStep: "i32",
  columnStep: "i32",
  frames: "i32",
  weight: "i32",
  bias: "i32",
  activation: "i32",
} as const;

/** A transposed one as one of stride 1, over the input's elements apart, with the kernel turned around. @returns address */
export function writeDepthwise(layer: ConvLayer, [rows, columns]: Axes, activation: number, memory: CpuMemory): number {
  const { transposed, outputChannels, weight, bias } = layer;
  const kernel = rows.kernelSize * columns.kernelSize;
  const turned = weight.map((_, i) => weight[i - (i % kernel) + (kernel - 1 - (i % kernel))]!);
  return writeStruct(memory, DEPTHWISE, {
    rows: writeAxis(memory, transposed ? turnedAxis(rows) : rows),
    columns: writeAxis(memory, transposed ? turnedAxis(columns) : columns),
    channels: outputChannels,
    rowStep: transposed ? rows.stride : 1,
    columnStep: transposed ? columns.stride : 1,
    frames: layer.timeKernelSize,
    weight: writeFloats(memory, transposed ? turned : weight, weight.length),
    bias: writeFloats(memory, bias, outputChannels),
    activation,
  });
}
