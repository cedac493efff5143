// A network's weights in a module's memory, in the layouts that src/cpu/wasm reads.

import { type Activation, ELEMENT_FUNCTIONS } from "../layers/activation.js";
import type { GruLayer } from "../layers/gru.js";
import type { Storage } from "../layers/layerType.js";
import type { CpuMemory } from "./cpuMemory.js";

/** The order is their number in wasm/matrix.ts. */
const STORAGES: readonly Storage[] = ["f32", "f16", "int8"];

/** What a row's outputs are rounded up to. */
export const ROWS_TOGETHER = 16;

/** Rows of a panel but the last, how many columns of a row lie together in it, and how a weight is written. */
const PANELS = {
  f32: { rows: 32, columns: 1, Elements: Float32Array, encoder: () => (weight: number) => weight },
  f16: { rows: 32, columns: 1, Elements: Uint16Array, encoder: () => halfBits },
  int8: {
    rows: ROWS_TOGETHER,
    columns: 4,
    Elements: Int8Array,
    encoder: (scale: number) => (weight: number) => Math.round(weight / scale),
  },
};

/** The whole numbers of longer rows of int8 could overflow. Theirs are kept as f32, which is as right. */
const MAX_INT8_COLUMNS = 2 ** 17;

/** What the highest digit of zero is, in productInt8.ts. */
const HIGH_DIGIT_OF_ZERO = 64;

/** Rows of x that `product` makes whole numbers of at once. */
const PRODUCT_ROWS = 32;

/** Elements of work space that `product` takes for x of so many columns. */
export function productFloats(numColumns: number): number {
  return PRODUCT_ROWS * (4 + roundUp(numColumns, 4));
}

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

/** Some of its rows. */
function sliceRows(rows: Rows, start: number, end: number): Rows {
  const { numColumns, weight, scale, bias } = rows;
  return {
    ...rows,
    numRows: end - start,
    weight: weight.subarray(start * numColumns, end * numColumns),
    scale: scale && scale.subarray(start, end),
    bias: bias && bias.subarray(start, end),
  };
}

/** The next multiple of `unit`. */
export function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}

/**
 * Writes a matrix in panels, [N / rows, K / columns, rows, columns], zeros where rows and columns were added.
 *
 * @returns address of the Matrix of wasm/matrix.ts
 */
export function writeMatrix(memory: CpuMemory, rows: Rows): number {
  const { numRows, numColumns, scale, bias } = rows;
  const storage = rows.storage === "int8" && numColumns > MAX_INT8_COLUMNS ? "f32" : rows.storage;
  const numPaddedRows = roundUp(numRows, ROWS_TOGETHER);
  const matrix = memory.allocate(28);
  const weightAt = writePanels(memory, { ...rows, storage }, numPaddedRows);
  const scaleAt = writeFloats(memory, scale, numPaddedRows);
  const startAt = storage === "int8" ? writeStarts(memory, weightAt, numPaddedRows, numColumns) : 0;
  const biasAt = writeFloats(memory, bias, numPaddedRows);
  const fields = [STORAGES.indexOf(storage), numPaddedRows, numColumns, weightAt, scaleAt, startAt, biasAt];
  memory.i32.set(fields, matrix / 4);
  return matrix;
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

/** Writes where each row's sum of the highest digits begins, so that a row of zeros comes to zero. */
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

/** Writes numbers and zeros after them. */
function writeFloats(memory: CpuMemory, values: Float32Array | null, length: number): number {
  const address = memory.allocate(4 * length);
  memory.f32.fill(0, address / 4, address / 4 + length);
  if (values !== null) memory.f32.set(values, address / 4);
  return address;
}

const SMALLEST_NORMAL_HALF = 2 ** -14;
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Bits of a half, of a number that is one. */
function halfBits(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (magnitude < SMALLEST_NORMAL_HALF) return sign | (magnitude * 2 ** 24);
  return sign | (((bits & 0x7fffffff) - (112 << 23)) >>> 13);
}

/** @returns address of the Activation of wasm/activation.ts */
export function writeActivation(memory: CpuMemory, { name, alpha, beta }: Activation): number {
  const address = memory.allocate(12);
  memory.i32[address / 4] = ELEMENT_FUNCTIONS.indexOf(name);
  memory.f32.set([alpha, beta], address / 4 + 1);
  return address;
}

/** One direction of a GRU layer. @returns address of the Cell of wasm/gru.ts */
export function writeCell(memory: CpuMemory, layer: GruLayer, direction: number): number {
  const { hiddenSize, resetAfter, storage } = layer;
  const all: Rows = {
    storage,
    numRows: 0,
    numColumns: hiddenSize,
    weight: layer.recurrentWeight,
    scale: layer.recurrentWeightScale,
    bias: layer.recurrentBias,
  };
  const start = 3 * hiddenSize * direction;
  const [newStart, end] = [start + 2 * hiddenSize, start + 3 * hiddenSize];
  const recurrent = writeMatrix(memory, sliceRows(all, start, resetAfter ? end : newStart));
  const recurrentNew = resetAfter ? 0 : writeMatrix(memory, sliceRows(all, newStart, end));
  const gate = writeActivation(memory, layer.gateActivation);
  const candidate = writeActivation(memory, layer.newActivation);
  const isReverse = layer.direction === "reverse" || direction === 1;
  const cell = memory.allocate(32);
  const flags = [resetAfter, isReverse].map(Number);
  memory.i32.set([hiddenSize, ...flags, recurrent, recurrentNew, gate, candidate], cell / 4);
  memory.f32[cell / 4 + 7] = layer.clip ?? Infinity;
  return cell;
}
