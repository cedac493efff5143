// Mutations of pool.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const poolMutations: readonly Mutation[] = mutationsOf(
  "pool.wgsl",
  ["pool-2d", "pool"],
  [
    ["starts every dispatch at the first row", "params.first_row + global_id.y", "0u"],
    ["takes the row of the output for its column", "global_id.x % OUTPUT_COLUMNS", "out_row"],
    ["takes the column of the output for its row", "% positions / OUTPUT_COLUMNS", "% OUTPUT_COLUMNS"],
    ["reads the first channel for all", " + channel * INPUT_ROWS * INPUT_COLUMNS", ""],
    ["forgets that input rows are padded", "padded(CHANNELS * INPUT_ROWS", "(CHANNELS * INPUT_ROWS"],
    ["forgets that output rows are padded", "padded(CHANNELS * positions)", "(CHANNELS * positions)"],
    ["loses the last rows of the kernel", "i < KERNEL_ROWS", "i < 1u"],
    ["loses the last columns of the kernel", "j < KERNEL_COLUMNS", "j < 1u"],
    ["reads rows beside the frame", "in_row == NOWHERE || ", ""],
    ["reads columns beside the frame", " || in_column == NOWHERE", ""],
    ["takes the last element", "count == 0 || x > largest || is_nan(x)", "true"],
    ["never takes less than zero", "count == 0 || ", ""],
    ["takes the smallest", "x > largest", "x < largest"],
    [
      "always counts the padding",
      "select(count, KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING)",
      "KERNEL_ROWS * KERNEL_COLUMNS",
    ],
    ["never counts the padding", "select(count, KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING)", "count"],
    ["gives the sum", "sum / f32(number)", "sum"],
  ],
);
