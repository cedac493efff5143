// A weight in a module's memory, in the layouts that src/cpu/wasm/product.ts reads.

import type { Storage } from "../layers/layerType.js";
import { BLOCK_WEIGHTS, findBlocks, writeBlocks } from "./blocks.js";
import type { CpuTarget } from "./cpuLayer.js";
import { type CpuMemory, roundUp } from "./cpuMemory.js";
import { writeStruct } from "./struct.js";

/** Matrix of wasm/matrix.ts, which says what the fields mean. */
export const MATRIX = {
  layout: "i32",
  numRows: "i32",
  numColumns: "i32",
  weight: "i32",
  counts: "i32",
  columns: "i32",
  bias: "i32",
} as const;

/** The order is the numbers of layouts in wasm/matrix.ts. */
export const LAYOUTS = ["f32", "f16", "blocks"] as const;

/** `product` makes this many outputs together: the outputs of a row are rounded up to it. */
export const OUTPUTS_TOGETHER = 16;

/** Rows of each panel except a narrower last one. */
const PANEL_ROWS = 32;

/** W and b of W x + b, in JavaScript's own memory. */
export interface Rows {
  readonly storage: Storage;
  readonly numRows: number;
  readonly numColumns: number;
  /** [N, K] */
  readonly weight: Float32Array;
  /** [N]; null means none */
  readonly bias: Float32Array | null;
}

/** The rows from `start` up to `end`. */
export function sliceRows(rows: Rows, start: number, end: number): Rows {
  const { numColumns, weight, bias } = rows;
  return {
    ...rows,
    numRows: end - start,
    weight: weight.subarray(start * numColumns, end * numColumns),
    bias: bias && bias.subarray(start, end),
  };
}

/**
 * Writes a matrix in panels, [N / rows, K, rows]. Rows added by rounding up are zeros. int8 weights are written as the float32
 * numbers that they stand for: no engine multiplies int8 by float32 as fast.
 *
 * @returns address of the Matrix
 */
export function writeMatrix({ memory, weights }: Pick<CpuTarget, "memory" | "weights">, rows: Rows): number {
  const numPaddedRows = roundUp(rows.numRows, OUTPUTS_TOGETHER);
  const blocks = findBlocks(rows);
  const numWeights = rows.numRows * rows.numColumns;
  weights.total += numWeights;
  if (blocks !== null) weights.skipped += numWeights - BLOCK_WEIGHTS * blocks.columns.length;
  const isHalf = rows.storage === "f16";
  return writeStruct(memory, MATRIX, {
    layout: LAYOUTS.indexOf(blocks !== null ? "blocks" : isHalf ? "f16" : "f32"),
    numRows: numPaddedRows,
    numColumns: rows.numColumns,
    ...(blocks === null
      ? { weight: writePanels(memory, rows, numPaddedRows, isHalf), counts: 0, columns: 0 }
      : writeBlocks(memory, rows, numPaddedRows, blocks)),
    bias: writeFloats(memory, rows.bias, numPaddedRows),
  });
}

/** @returns address of the addresses of the matrices of each group's rows */
export function writeMatrices(target: Pick<CpuTarget, "memory" | "weights">, all: Rows, groups: number): number {
  const numRows = all.numRows / groups;
  const matrices = Array.from({ length: groups }, (_, g) =>
    writeMatrix(target, sliceRows(all, g * numRows, (g + 1) * numRows)),
  );
  const addresses = target.memory.allocate(4 * groups);
  target.memory.i32.set(matrices, addresses / 4);
  return addresses;
}

function writePanels(memory: CpuMemory, rows: Rows, numPaddedRows: number, isHalf: boolean): number {
  const { numRows, numColumns, weight } = rows;
  const numElements = numPaddedRows * numColumns;
  const address = memory.allocate(numElements * (isHalf ? 2 : 4));
  const buffer = memory.bytes.buffer as ArrayBuffer;
  const elements = new (isHalf ? Uint16Array : Float32Array)(buffer, address, numElements).fill(0);
  for (let row = 0; row < numRows; row++) {
    const rowInPanel = row % PANEL_ROWS;
    const firstRow = row - rowInPanel;
    const width = Math.min(PANEL_ROWS, numPaddedRows - firstRow);
    const start = firstRow * numColumns + rowInPanel;
    for (let column = 0; column < numColumns; column++) {
      const value = weight[row * numColumns + column]!;
      elements[start + column * width] = isHalf ? halfBits(value) : value;
    }
  }
  return address;
}

/** Writes `values` and then zeros, `length` numbers in all. */
export function writeFloats(memory: CpuMemory, values: Float32Array | null, length: number): number {
  const address = memory.allocate(4 * length);
  memory.f32.fill(0, address / 4, address / 4 + length);
  if (values !== null) memory.f32.set(values, address / 4);
  return address;
}

const SMALLEST_NORMAL_HALF = 2 ** -14;
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of a number as a half, which can hold it exactly: several times as fast as model/float16.ts, which rounds. */
function halfBits(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (magnitude < SMALLEST_NORMAL_HALF) return sign | (magnitude * 2 ** 24);
  return sign | (((bits & 0x7fffffff) - (112 << 23)) >>> 13);
}
