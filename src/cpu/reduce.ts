import { keepsShape, type Lines, linesOf, type ReduceLayer, REDUCTIONS } from "../layers/reduce.js";
import { rowFunction } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { type CpuMemory, roundUp } from "./cpuMemory.js";
import { writeStruct } from "./struct.js";

/** Lines of wasm/reduce.ts, which says what the fields mean. */
export const LINES = {
  operation: "i32",
  count: "i32",
  length: "i32",
  isWhole: "i32",
  starts: "i32",
  offsets: "i32",
} as const;

declare module "./wasmModule.js" {
  interface WasmFunctions {
    reduceRows(
      lines: number,
      x: number,
      xStride: number,
      out: number,
      outStride: number,
      numRows: number,
      work: number,
    ): void;
  }
}

/** One number of each line of a row, or its softmax. */
export function createReduce(layer: ReduceLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  const lines = linesOf(layer);
  const { starts, offsets } = lines;
  const workFloats = roundUp(offsets.length, 4);
  if (wasm === null) return createPlainReduce(layer, lines, target);
  const written = writeStruct(memory, LINES, {
    operation: REDUCTIONS.indexOf(layer.operation),
    count: starts.length,
    length: offsets.length,
    isWhole: Number(offsets.every((offset, k) => offset === k)),
    starts: writeNumbers(memory, starts),
    offsets: writeNumbers(memory, offsets),
  });
  return {
    workFloats: () => workFloats,
    run({ x, xStride, output, outputStride, numRows, work }) {
      wasm.reduceRows(written, x, xStride, output, outputStride, numRows, work);
    },
  };
}

/** @returns address */
function writeNumbers(memory: CpuMemory, numbers: Int32Array): number {
  const address = memory.allocate(numbers.byteLength);
  memory.i32.set(numbers, address / 4);
  return address;
}

function createPlainReduce(layer: ReduceLayer, { starts, offsets }: Lines, { memory }: CpuTarget): CpuLayer {
  const line = new Float32Array(offsets.length);
  const isSame = keepsShape(layer);
  const softmax = isSame ? rowFunction({ name: layer.operation as "softmax", alpha: 1, beta: 0 }) : null;
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const to = output / 4 + row * outputStride;
        for (let i = 0; i < starts.length; i++) {
          const from = x / 4 + row * xStride + starts[i]!;
          for (let k = 0; k < line.length; k++) line[k] = f32[from + offsets[k]!]!;
          if (softmax === null) {
            f32[to + i] = reduceLine(layer, line);
            continue;
          }
          softmax(line, 0, line.length);
          for (let k = 0; k < line.length; k++) f32[to + starts[i]! + offsets[k]!] = line[k]!;
        }
      }
    },
  };
}

function reduceLine({ operation }: ReduceLayer, line: Float32Array): number {
  let result = operation === "max" || operation === "min" ? line[0]! : 0;
  if (operation === "max") for (const value of line) result = Math.max(result, value);
  else if (operation === "min") for (const value of line) result = Math.min(result, value);
  else for (const value of line) result += value;
  return operation === "mean" ? result / line.length : result;
}
