import { GruError } from "../errors.js";
import { copyNumbers, lengthOf } from "./takeNumbers.js";

/** Rows of a batch, each [T, I] of its own length, flat or as a list of frames. */
export type Rows = readonly (ArrayLike<number> | readonly ArrayLike<number>[])[];

/** A batch of rows. */
export interface LaidOutRows {
  /** [T, B, I], zeros past a row's end; T is that of the longest row. */
  readonly input: ArrayLike<number>;
  readonly batchSize: number;
  /** Undefined where all rows have T steps. */
  readonly lengths: number[] | undefined;
}

/** Whether an input is a list of rows. */
export function areRows(input: unknown): input is Rows {
  return beginsWithList(input);
}

function beginsWithList(value: unknown): boolean {
  try {
    return Array.isArray(value) && (Array.isArray(value[0]) || ArrayBuffer.isView(value[0]));
  } catch {
    return false; // a revoked proxy, a getter that throws
  }
}

/** @throws GruError `shape-mismatch`, `bad-input` for a row that has no whole number of steps */
export function layOutRows(rows: Rows, inputSize: number): LaidOutRows {
  const taken = rows.map((row, i) => {
    const values = takeRow(row, `input[${i}]`);
    if (values.length % inputSize === 0) return values;
    const expected = `a multiple of ${inputSize} elements (inputSize ${inputSize})`;
    throw new GruError("shape-mismatch", `input[${i}]: expected ${expected}, got ${values.length}`);
  });
  const [batchSize, lengths] = [rows.length, taken.map((row) => row.length / inputSize)];
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  // Indices too large for float32 must reach the check as they are.
  const input = new Float64Array(longest * batchSize * inputSize);
  taken.forEach((row, b) => {
    for (let i = 0; i < row.length; i++) {
      const t = Math.floor(i / inputSize);
      input[(t * batchSize + b) * inputSize + (i % inputSize)] = row[i]!;
    }
  });
  return { input, batchSize, lengths: lengths.every((length) => length === longest) ? undefined : lengths };
}

function takeRow(row: Rows[number], what: string): ArrayLike<number> {
  if (!beginsWithList(row)) {
    const values = row as ArrayLike<number>;
    return copyNumbers(values, lengthOf(values, what), what);
  }
  return (row as readonly ArrayLike<number>[]).flatMap((frame: ArrayLike<number>, t) => {
    const name = `${what}[${t}]`;
    return [...copyNumbers(frame, lengthOf(frame, name), name)];
  });
}
