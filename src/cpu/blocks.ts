// The blocks of a weight that are not zero, where that leaves enough out: pruned models, as RNNoise, have whole blocks of zeros.

import { type CpuMemory } from "./cpuMemory.js";

/** Of a block of weights that is skipped where all of them are zero. */
const BLOCK_ROWS = 8;
const BLOCK_COLUMNS = 4;
export const BLOCK_WEIGHTS = BLOCK_ROWS * BLOCK_COLUMNS;

/** Blocks that are not zero, at most, as a share of all: with more, a product in panels is faster. */
const MOST_KEPT = 0.7;

/** A longer row would have longer sums than product.ts allows itself. */
const MAX_COLUMNS = 1024;

interface Weight {
  readonly numRows: number;
  readonly numColumns: number;
  /** [N, K] */
  readonly weight: Float32Array;
}

/** Blocks of a weight that are not zero, row of blocks by row of blocks. */
export interface Blocks {
  /** [N / 8], of each row of blocks */
  readonly counts: readonly number[];
  /** The first column of each. */
  readonly columns: readonly number[];
}

/** @returns null where too few are zero, or where they are not whole */
export function findBlocks({ numRows, numColumns, weight }: Weight): Blocks | null {
  if (numRows % BLOCK_ROWS !== 0 || numColumns % BLOCK_COLUMNS !== 0 || numColumns > MAX_COLUMNS) return null;
  const most = (MOST_KEPT * weight.length) / BLOCK_WEIGHTS;
  const counts: number[] = [];
  const columns: number[] = [];
  for (let row = 0; row < numRows; row += BLOCK_ROWS) {
    const before = columns.length;
    for (let column = 0; column < numColumns; column += BLOCK_COLUMNS) {
      if (isZero(weight, row * numColumns + column, numColumns)) continue;
      columns.push(column);
      if (columns.length > most) return null;
    }
    counts.push(columns.length - before);
  }
  return { counts, columns };
}

/** @param start of the block's first element */
function isZero(weight: Float32Array, start: number, numColumns: number): boolean {
  for (let row = 0; row < BLOCK_ROWS; row++) {
    for (let column = 0; column < BLOCK_COLUMNS; column++) {
      if (weight[start + row * numColumns + column] !== 0) return false;
    }
  }
  return true;
}

/** As src/cpu/wasm/blocks.ts reads them. @returns addresses, by the fields of MATRIX */
export function writeBlocks(memory: CpuMemory, { numColumns, weight }: Weight, numPaddedRows: number, blocks: Blocks) {
  const { counts, columns } = blocks;
  const [countsAt, columnsAt, weightAt] = [
    memory.allocate((4 * numPaddedRows) / BLOCK_ROWS),
    memory.allocate(4 * columns.length),
    memory.allocate(4 * BLOCK_WEIGHTS * columns.length),
  ];
  const { f32, i32 } = memory;
  i32.fill(0, countsAt / 4, (countsAt + (4 * numPaddedRows) / BLOCK_ROWS) / 4);
  i32.set(counts, countsAt / 4);
  i32.set(
    columns.map((column) => 4 * column),
    columnsAt / 4,
  );
  let at = weightAt / 4;
  let block = 0;
  counts.forEach((count, i) => {
    for (const end = block + count; block < end; block++) {
      for (let column = columns[block]!; column < columns[block]! + BLOCK_COLUMNS; column++) {
        for (let row = i * BLOCK_ROWS; row < (i + 1) * BLOCK_ROWS; row++)
          f32[at++] = weight[row * numColumns + column]!;
      }
    }
  });
  return { weight: weightAt, counts: countsAt, columns: columnsAt };
}
