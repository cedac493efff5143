// Mutations of carry_read.wgsl and carry_write.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const carryMutations: readonly Mutation[] = [
  ...mutationsOf(
    "carry_read.wgsl",
    ["carry"],
    [
      ["reads the other state", "state_of(row, params.step)", "state_of(row, params.step + 1)"],
      ["reads the first row's state", "state_of(row, ", "state_of(0u, "],
      ["forgets the step", "(params.first_row + row)", "row"],
      ["forgets that rows are padded", "padded(SIZE)", "SIZE"],
    ],
  ),
  ...mutationsOf(
    "carry_write.wgsl",
    ["carry"],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["writes the state that it reads", "params.step + 1", "params.step"],
      ["writes the first row's state", "state_of(row, ", "state_of(0u, "],
      ["forgets the step", "(params.first_row + row)", "row"],
      ["forgets that rows are padded", "padded(SIZE)", "SIZE"],
    ],
  ),
];
