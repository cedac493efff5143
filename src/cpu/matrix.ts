// A weight in a module's memory, in the layouts that src/cpu/wasm/product.ts and productInt8.ts read.

import type { Storage } from "../layers/layerType.js";
import { type CpuMemory, roundUp } from "./cpuMemory.js";
import { writeStruct } from "./struct.js";

/** Matrix of wasm/matrix.ts, which says what the fields mean. */
export const MATRIX = {
  storage: "i32",
  numRows: "i32",
  numColumns: "i32",
  weight: "i32",
  scale: "i32",
  start: "i32",
  bias: "i32",
} as const;

/** The order is the numbers of storages in wasm/matrix.ts. */
export const STORAGES: readonly Storage[] = ["f32", "f16", "int8"];

/** `product` makes this many outputs together: the outputs of a row are rounded up to it. */
export const OUTPUTS_TOGETHER = 16;

/** Rows of each panel except a narrower last one, columns of a row that lie together, and how a weight is written. */
const PANELS = {
  f32: { rows: 32, columns: 1, Elements: Float32Array, encoder: () => (weight: number) => weight },
  f16: { rows: 32, columns: 1, Elements: Uint16Array, encoder: () => halfBits },
  int8: {
    rows: OUTPUTS_TOGETHER,
    columns: 4,
    Elements: Int8Array,
    encoder: (scale: number) => (weight: number) => Math.round(weight / scale),
  },
};

/** Sums of longer int8 rows could overflow an i32. Such a matrix is written as f32, with the same values. */
const MAX_INT8_COLUMNS = 2 ** 17;

/** The highest digit of zero, in productInt8.ts. */
const HIGH_DIGIT_OF_ZERO = 64;

/** W and b of W x + b, in JavaScript's own memory. */
export interface Rows {
  readonly storage: Storage;
  readonly numRows: number;
  readonly numColumns: number;
  /** [N, K] */
  readonly weight: Float32Array;
  /** [N], for int8 */
  readonly scale: Float32Array | null;
  /** [N]; null means none */
  readonly bias: Float32Array | null;
}

/** The rows from `start` up to `end`. */
export function sliceRows(rows: Rows, start: number, end: number): Rows {
  const { numColumns, weight, scale, bias } = rows;
  return {
    ...rows,
    numRows: end - start,
    weight: weight.subarray(start * numColumns, end * numColumns),
    scale: scale && scale.subarray(start, end),
    bias: bias && bias.subarray(start, end),
  };
}

/**
 * Writes a matrix in panels, [N / rows, K / columns, rows, columns]. Rows and columns added by rounding up are zeros.
 *
 * @returns address of the Matrix
 */
export function writeMatrix(memory: CpuMemory, rows: Rows): number {
  const { numRows, numColumns, scale, bias } = rows;
  const storage = rows.storage === "int8" && numColumns > MAX_INT8_COLUMNS ? "f32" : rows.storage;
  const numPaddedRows = roundUp(numRows, OUTPUTS_TOGETHER);
  const weight = writePanels(memory, { ...rows, storage }, numPaddedRows);
  return writeStruct(memory, MATRIX, {
    storage: STORAGES.indexOf(storage),
    numRows: numPaddedRows,
    numColumns,
    weight,
    scale: writeFloats(memory, scale, numPaddedRows),
    start: storage === "int8" ? writeStarts(memory, weight, numPaddedRows, numColumns) : 0,
    bias: writeFloats(memory, bias, numPaddedRows),
  });
}

function writePanels(memory: CpuMemory, rows: Rows, numPaddedRows: number): number {
  const { storage, numRows, numColumns, weight, scale } = rows;
  const { rows: panelRows, columns, Elements, encoder } = PANELS[storage];
  const numPaddedColumns = roundUp(numColumns, columns);
  const numElements = numPaddedRows * numPaddedColumns;
  const address = memory.allocate(numElements * Elements.BYTES_PER_ELEMENT);
  const elements = new Elements(memory.bytes.buffer as ArrayBuffer, address, numElements).fill(0);
  for (let row = 0; row < numRows; row++) {
    const rowInPanel = row % panelRows;
    const firstRow = row - rowInPanel;
    const width = Math.min(panelRows, numPaddedRows - firstRow);
    const start = firstRow * numPaddedColumns + rowInPanel * columns;
    const encode = encoder(scale?.[row] ?? 1);
    for (let column = 0; column < numColumns; column++) {
      const columnInPanel = column % columns;
      const at = start + (column - columnInPanel) * width + columnInPanel;
      elements[at] = encode(weight[row * numColumns + column]!);
    }
  }
  return address;
}

/** Writes the first value of each row's sum of the highest digits, so that a row of zeros gives zero. */
function writeStarts(memory: CpuMemory, weightAt: number, numPaddedRows: number, numColumns: number): number {
  const { rows, columns } = PANELS.int8;
  const address = memory.allocate(4 * numPaddedRows);
  const starts = memory.i32.subarray(address / 4, address / 4 + numPaddedRows).fill(0);
  const numPaddedColumns = roundUp(numColumns, columns);
  const weights = new Int8Array(memory.bytes.buffer, weightAt, numPaddedRows * numPaddedColumns);
  weights.forEach((weight, at) => {
    const panel = Math.floor(at / (rows * numPaddedColumns));
    const rowInPanel = Math.floor(at / columns) % rows;
    starts[panel * rows + rowInPanel]! -= HIGH_DIGIT_OF_ZERO * weight;
  });
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
