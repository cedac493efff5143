import { type Axes, type Axis, axesOf, inputUnder } from "../layers/axis.js";
import { pool as room, type PoolLayer } from "../layers/pool.js";
import { isEachElement, writeAxis } from "./axis.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createWindowLayer } from "./frameTable.js";
import { writeStruct } from "./struct.js";

/** Pool of wasm/pool.ts, which says what the fields mean. */
export const POOL = {
  rows: "i32",
  columns: "i32",
  channels: "i32",
  frames: "i32",
  isMean: "i32",
  countsPadding: "i32",
} as const;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    pool(pool: number, output: number, outputStride: number, table: number, numOutputs: number, work: number): void;
  }
}

/** Address of a frame of padding, which is never read. */
const NO_FRAME = -1;

/** The largest element, or the mean, of each window. */
export function createPool(layer: PoolLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainPool(layer, target);
  const [rows, columns, channels] = sidesOf(layer);
  const pool = writeStruct(memory, POOL, {
    rows: writeAxis(memory, rows),
    columns: writeAxis(memory, columns),
    channels,
    frames: layer.timeKernelSize,
    isMean: Number(layer.operation === "average"),
    countsPadding: Number(layer.countPadding),
  });
  return createWindowLayer(layer, room.inputSize(layer), target, NO_FRAME, columns.inputSize + 3, (outputs) => {
    const { output, outputStride, table, numOutputs, work } = outputs;
    wasm.pool(pool, output, outputStride, table, numOutputs, work);
  });
}

/** The axes, and the channels. Frames of features alone are one channel: neighbours are joined four at once. */
function sidesOf(layer: PoolLayer): [rows: Axis, columns: Axis, channels: number] {
  const [rows, columns] = axesOf(layer);
  const size = layer.inputShape[0]!;
  const isFlat = [rows, columns].every((axis) => isEachElement(axis) && axis.inputSize === 1);
  return isFlat ? [rows, { ...columns, inputSize: size, outputSize: size }, 1] : [rows, columns, size];
}

/** Window by window, in plain JavaScript. */
function createPlainPool(layer: PoolLayer, target: CpuTarget): CpuLayer {
  const { inputShape, timeKernelSize, operation, countPadding } = layer;
  const { memory } = target;
  const axes = axesOf(layer);
  const [rows, columns] = axes;
  const windows = windowsOf(axes);
  const numInputs = rows.inputSize * columns.inputSize;
  const isMean = operation === "average";
  const all = timeKernelSize * rows.kernelSize * columns.kernelSize;

  /** @param frames index of the table's row @param offset elements from a frame to the channel */
  function join(frames: number, offset: number, window: readonly number[]): number {
    const { f32, i32 } = memory;
    let joined = isMean ? 0 : -Infinity;
    let count = 0;
    for (let t = 0; t < timeKernelSize; t++) {
      const frame = i32[frames + t]!;
      if (frame === NO_FRAME) continue;
      for (const element of window) {
        const x = f32[frame / 4 + offset + element]!;
        joined = isMean ? joined + x : Math.max(joined, x);
      }
      count += window.length;
    }
    return isMean ? joined / (countPadding ? all : count) : joined;
  }

  return createWindowLayer(layer, room.inputSize(layer), target, NO_FRAME, 0, (outputs) => {
    const { output, outputStride, table, numOutputs } = outputs;
    const { f32 } = memory;
    for (let m = 0; m < numOutputs; m++) {
      let to = output / 4 + m * outputStride;
      for (let c = 0; c < inputShape[0]!; c++) {
        for (const window of windows) f32[to++] = join(table / 4 + m * timeKernelSize, c * numInputs, window);
      }
    }
  });
}

/** Of each output of a channel, the input's elements in its window. */
function windowsOf([rows, columns]: Axes): number[][] {
  const windows: number[][] = [];
  for (let p = 0; p < rows.outputSize; p++) {
    for (let q = 0; q < columns.outputSize; q++) {
      const window: number[] = [];
      for (let i = 0; i < rows.kernelSize; i++) {
        for (let j = 0; j < columns.kernelSize; j++) {
          const [r, s] = [inputUnder(rows, p, i), inputUnder(columns, q, j)];
          if (r >= 0 && s >= 0) window.push(r * columns.inputSize + s);
        }
      }
      windows.push(window);
    }
  }
  return windows;
}
