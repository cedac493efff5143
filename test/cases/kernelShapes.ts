// Kernel families in several shapes, each taken whatever the device would choose, and a few twin cases that differ where it
// may: units and rows past the last four, directions, lengths, storages. test/long/kernels.test.ts runs all cases by each.

import { type RecurrentRow, TUNING_TABLE } from "../../src/plan/recurrent/table.js";

/** A kernel family in one shape. */
export interface KernelShape {
  /** Finishes the sentence "agrees with the reference ...". */
  readonly name: string;
  readonly table: readonly RecurrentRow[];
  /** Ids of the twin cases of every run. */
  readonly cases: readonly string[];
}

/** A table that has the family alone: where that does not fit, single steps are taken. */
const tableOf = (family: RecurrentRow["family"]): readonly RecurrentRow[] => [{ family }];

export const kernelShapes: readonly KernelShape[] = [
  {
    name: "persistent, one invocation a unit",
    table: tableOf({ kernel: "persistent", workgroupSize: 64, lanes: 1 }),
    cases: [
      "i4-h7",
      "i2-h7-3-1",
      "bidirectional-after-lengths",
      "reverse-before-lengths",
      "int8-mixed",
      "clip-softsign",
      "rnn-bidirectional",
    ],
  },
  {
    name: "persistent, lanes that share a unit",
    table: tableOf({ kernel: "persistent", workgroupSize: 128, lanes: 4 }),
    cases: [
      "i4-h7",
      "i9-h64",
      "bidirectional-before-lengths",
      "bidirectional-after-h130",
      "f16-h33",
      "lstm-bidirectional",
      "lstm-int8-h33",
    ],
  },
  {
    name: "persistent, four units by one invocation",
    table: tableOf({ kernel: "persistent", workgroupSize: 16, lanes: 1, units: 4 }),
    cases: ["i1-h1", "i31-h127", "bidirectional-after-lengths", "int8-h33", "clip-tanh", "lstm-i31-h127", "rnn-wide"],
  },
  {
    name: "persistent, fewer invocations than units",
    table: tableOf({ kernel: "persistent", workgroupSize: 16, lanes: 2 }),
    cases: ["i31-h127", "i9-h64", "reverse-after-stack", "last-text", "f16-text", "lstm-stack"],
  },
  {
    name: "by wavefronts through the layers",
    table: tableOf({ kernel: "wavefront" }),
    cases: [
      "stack-three-after",
      "stack-three-before",
      "stack-smaller-after",
      "stack-smaller-before",
      "stack-int8-after",
      "stack-int8-before",
    ],
  },
  {
    name: "by steps, one unit of one row by one invocation",
    table: [],
    cases: [
      "i1-h1",
      "i31-h127",
      "bidirectional-after-lengths",
      "stack-int8-after",
      "clip-relu",
      "lstm-activations-3",
      "rnn-few",
    ],
  },
  {
    name: "by steps from the input",
    table: tableOf({ kernel: "cell" }),
    cases: [
      "i4-h7",
      "i31-h127",
      "bidirectional-after-lengths",
      "int8-text",
      "f16-mixed",
      "clip-hardSigmoid",
      "lstm-f16-text",
      "rnn-relu",
    ],
  },
  {
    name: "by steps, four units of one row by one invocation",
    table: tableOf({ kernel: "step", units: 4, rows: 1 }),
    cases: [
      "i4-h7",
      "i31-h127",
      "bidirectional-after-lengths",
      "f16-h33",
      "stack-int8-after",
      "clip-tanh",
      "lstm-bidirectional",
      "rnn-bidirectional",
    ],
  },
  {
    name: "by steps, one unit of four rows by one invocation",
    table: tableOf({ kernel: "step", units: 1, rows: 4 }),
    cases: [
      "i4-h7",
      "i31-h127",
      "bidirectional-after-lengths",
      "int8-h33",
      "reverse-after-stack",
      "clip-relu",
      "lstm-i4-h7",
      "rnn-relu",
    ],
  },
];

/** Ids of twin cases for whole tables. */
export const TABLE_CASES: readonly string[] = ["stack-three-after", "f16-text"];

/** The library's table as each kind of device has it, for any adapter: a software adapter computes a GPU's kernels too. */
export function deviceTables(rows: readonly RecurrentRow[] = TUNING_TABLE): Record<string, readonly RecurrentRow[]> {
  return { software: rows, gpu: rows.filter(({ adapter }) => adapter !== "software").map(onAnyAdapter) };
}

function onAnyAdapter(row: RecurrentRow): RecurrentRow {
  const { adapter: _adapter, vendor: _vendor, ...rest } = row;
  return rest;
}
