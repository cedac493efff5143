import { type Axes, axesOf, inputUnder } from "../layers/axis.js";
import type { PoolLayer } from "../layers/pool.js";
import { writeAxis } from "./axis.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { writeStruct } from "./struct.js";

/** Pool of wasm/pool.ts, which says what the fields mean. */
export const POOL = {
  rows: "i32",
  columns: "i32",
  channels: "i32",
  isMean: "i32",
  countsPadding: "i32",
} as const;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    pool(
      pool: number,
      output: number,
      outputStride: number,
      x: number,
      xStride: number,
      numFrames: number,
      work: number,
    ): void;
  }
}

/** The largest element, or the mean, of each window. */
export function createPool(layer: PoolLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainPool(layer, target);
  const [rows, columns] = axesOf(layer);
  const pool = writeStruct(memory, POOL, {
    rows: writeAxis(memory, rows),
    columns: writeAxis(memory, columns),
    channels: layer.inputShape[0]!,
    isMean: Number(layer.operation === "average"),
    countsPadding: Number(layer.countPadding),
  });
  return {
    workFloats: () => columns.inputSize + 3,
    run: ({ x, xStride, output, outputStride, numRows, work }) =>
      wasm.pool(pool, output, outputStride, x, xStride, numRows, work),
  };
}

/** Window by window, in plain JavaScript. */
function createPlainPool(layer: PoolLayer, { memory }: CpuTarget): CpuLayer {
  const { inputShape, operation, countPadding } = layer;
  const axes = axesOf(layer);
  const [rows, columns] = axes;
  const windows = windowsOf(axes);
  const numInputs = rows.inputSize * columns.inputSize;
  const isMean = operation === "average";
  const kernel = rows.kernelSize * columns.kernelSize;

  function join(f32: Float32Array, plane: number, window: readonly number[]): number {
    let joined = f32[plane + window[0]!]!;
    for (let k = 1; k < window.length; k++) {
      const x = f32[plane + window[k]!]!;
      joined = isMean ? joined + x : Math.max(joined, x);
    }
    return isMean ? joined / (countPadding ? kernel : window.length) : joined;
  }

  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let m = 0; m < numRows; m++) {
        let to = output / 4 + m * outputStride;
        for (let c = 0; c < inputShape[0]!; c++) {
          const plane = x / 4 + m * xStride + c * numInputs;
          for (const window of windows) f32[to++] = join(f32, plane, window);
        }
      }
    },
  };
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
