import { type Axis, axesOf, inputOver, inputUnder } from "../layers/axis.js";
import { conv as room, type ConvLayer, windowLength } from "../layers/conv.js";
import { elementFunction, writeActivation } from "./activation.js";
import { isEachElement, writeAxis } from "./axis.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createWindowLayer } from "./frameTable.js";
import { type Rows, sliceRows, writeFloats, writeMatrix } from "./matrix.js";
import { writeStruct } from "./struct.js";

/** Conv of wasm/conv.ts, which says what the fields mean. */
export const CONV = {
  rows: "i32",
  columns: "i32",
  groups: "i32",
  channels: "i32",
  outputChannels: "i32",
  frames: "i32",
  isTransposed: "i32",
  matrices: "i32",
  bias: "i32",
  framesAtOnce: "i32",
  isTimeFirst: "i32",
  isPointwise: "i32",
} as const;

/** Depthwise of wasm/conv.ts. */
export const DEPTHWISE = {
  rows: "i32",
  columns: "i32",
  channels: "i32",
  rowStep: "i32",
  columnStep: "i32",
  frames: "i32",
  weight: "i32",
  bias: "i32",
} as const;

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
  }
}

/** Rows of a product that are gathered together, about: they and their results stay in the cache. */
const ROWS_AT_ONCE = 64;

/** A product of windows; a channel's own windows, where each is a group, directly. */
export function createConv(layer: ConvLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainConv(layer, target);
  const isDepthwise = layer.groups === layer.inputShape[0] && layer.groups === layer.outputChannels;
  const conv = isDepthwise ? writeDepthwise(layer, target) : writeConv(layer, target);
  const [convolve, floats] = isDepthwise
    ? [wasm.convolveDepthwise, wasm.depthwiseWorkFloats(conv)]
    : [wasm.convolve, wasm.convolveWorkFloats(conv)];
  const activation = writeActivation(memory, layer.activation);
  const isLinear = layer.activation.name === "linear";
  const inputSize = room.inputSize(layer);
  const zeros = writeFloats(memory, null, inputSize);
  return createWindowLayer(layer, inputSize, target, zeros, floats, (outputs) => {
    const { output, outputStride, numOutputs, table, work } = outputs;
    convolve(conv, output, outputStride, table, numOutputs, work);
    if (!isLinear) wasm.activateRows(activation, output, outputStride, numOutputs);
  });
}

/** @returns address of the Conv */
function writeConv(layer: ConvLayer, target: CpuTarget): number {
  const { memory } = target;
  const { groups, transposed, outputChannels, bias } = layer;
  const [rows, columns] = axesOf(layer);
  const all = transposed ? transposedRows(layer) : rowsOf(layer);
  const numRows = all.numRows / groups;
  const matrices = Array.from({ length: groups }, (_, g) =>
    writeMatrix(target, sliceRows(all, g * numRows, (g + 1) * numRows)),
  );
  const addresses = memory.allocate(4 * groups);
  memory.i32.set(matrices, addresses / 4);
  const side = transposed ? "inputSize" : "outputSize";
  return writeStruct(memory, CONV, {
    rows: writeAxis(memory, rows),
    columns: writeAxis(memory, columns),
    groups,
    channels: layer.inputShape[0]! / groups,
    outputChannels: outputChannels / groups,
    frames: layer.timeKernelSize,
    isTransposed: Number(transposed),
    matrices: addresses,
    bias: writeFloats(memory, bias, outputChannels),
    framesAtOnce: Math.max(1, Math.floor(ROWS_AT_ONCE / (rows[side] * columns[side]))),
    isTimeFirst: Number(isTimeFirst(layer)),
    isPointwise: Number(layer.timeKernelSize === 1 && [rows, columns].every(isEachElement)),
  });
}

/** [outputChannels, channels frames kernel]; [outputChannels, frames channels] where frames have no inner axes */
function rowsOf(layer: ConvLayer): Rows {
  const { storage, outputChannels: numRows, weight, bias, timeKernelSize } = layer;
  const numColumns = windowLength(layer);
  const channels = numColumns / timeKernelSize;
  const timeFirst = (_: number, i: number) => {
    const column = i % numColumns;
    return weight[i - column + (column % channels) * timeKernelSize + Math.floor(column / channels)]!;
  };
  return { storage, numRows, numColumns, weight: isTimeFirst(layer) ? weight.map(timeFirst) : weight, bias };
}

/** Whether frames are features alone, whose windows are along time. */
function isTimeFirst(layer: ConvLayer): boolean {
  return !layer.transposed && axesOf(layer).every((axis) => isEachElement(axis) && axis.inputSize === 1);
}

/** [outputChannels kernel, channels frames], without the bias. */
function transposedRows(layer: ConvLayer): Rows {
  const { storage, outputChannels, weight, inputShape, groups, timeKernelSize } = layer;
  const numColumns = (inputShape[0]! / groups) * timeKernelSize;
  const kernel = windowLength(layer) / numColumns;
  const numRows = outputChannels * kernel;
  const turned = weight.map((_, i) => {
    const row = Math.floor(i / numColumns);
    const column = Math.floor(row / kernel) * numColumns + (i % numColumns);
    return weight[column * kernel + (row % kernel)]!;
  });
  return { storage, numRows, numColumns, weight: turned, bias: null };
}

/** A transposed one as one of stride 1, over the input's elements apart, with the kernel turned around. @returns address */
function writeDepthwise(layer: ConvLayer, { memory }: CpuTarget): number {
  const { transposed, outputChannels, weight, bias } = layer;
  const [rows, columns] = axesOf(layer);
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
  });
}

function turnedAxis({ kernelSize, dilation, before, ...axis }: Axis): Axis {
  return { ...axis, kernelSize, dilation, stride: 1, before: (kernelSize - 1) * dilation - before };
}

/** One sum after the other, in plain JavaScript. */
function createPlainConv(layer: ConvLayer, target: CpuTarget): CpuLayer {
  const { inputShape, outputChannels, timeKernelSize, groups, transposed, weight, bias } = layer;
  const { memory } = target;
  const [rows, columns] = axesOf(layer);
  const activate = elementFunction(layer.activation);
  const channels = inputShape[0]! / groups;
  const numInputs = rows.inputSize * columns.inputSize;
  // Of each row and column of the output, the input's that its window has.
  const [inputRows, inputColumns] = [rows, columns].map((axis) =>
    Array.from({ length: axis.outputSize }, (_, p) =>
      Array.from({ length: axis.kernelSize }, (__, k) => (transposed ? inputOver : inputUnder)(axis, p, k)),
    ),
  );

  /** @param frames address of the table's row */
  function sum(frames: number, o: number, rowsUnder: number[], columnsUnder: number[]): number {
    const { f32, i32 } = memory;
    let total = bias === null ? 0 : bias[o]!;
    let k = o * channels * timeKernelSize * rowsUnder.length * columnsUnder.length;
    const firstChannel = Math.floor((o * groups) / outputChannels) * channels;
    for (let c = firstChannel; c < firstChannel + channels; c++) {
      for (let t = 0; t < timeKernelSize; t++) {
        const plane = i32[frames / 4 + t]! / 4 + c * numInputs;
        for (const row of rowsUnder) {
          for (const column of columnsUnder) {
            if (row >= 0 && column >= 0) total += weight[k]! * f32[plane + row * columns.inputSize + column]!;
            k++;
          }
        }
      }
    }
    return total;
  }

  const inputSize = room.inputSize(layer);
  const zeros = writeFloats(memory, null, inputSize);
  return createWindowLayer(layer, inputSize, target, zeros, 0, ({ output, outputStride, numOutputs, table }) => {
    const { f32 } = memory;
    for (let m = 0; m < numOutputs; m++) {
      let to = output / 4 + m * outputStride;
      for (let o = 0; o < outputChannels; o++) {
        for (const rowsUnder of inputRows!) {
          for (const columnsUnder of inputColumns!) {
            f32[to++] = activate(sum(table + 4 * m * timeKernelSize, o, rowsUnder, columnsUnder));
          }
        }
      }
    }
  });
}
