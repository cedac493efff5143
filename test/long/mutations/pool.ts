// Mutations of pool.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

const alongAxes = mutationsOf(
  "pool.wgsl",
  ["pool-2d", "pool"],
  [
    ["starts every dispatch at the first row", "params.first_row + global_id.y", "0u"],
    ["takes the row of the output for its column", "global_id.x % OUTPUT_COLUMNS", "out_row"],
    ["takes the column of the output for its row", "% positions / OUTPUT_COLUMNS", "% OUTPUT_COLUMNS"],
    ["reads the first channel for all", "let start = channel * INPUT_ROWS * INPUT_COLUMNS", "let start = 0u"],
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
      "select(count, TIME_KERNEL * KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING)",
      "TIME_KERNEL * KERNEL_ROWS * KERNEL_COLUMNS",
    ],
    ["never counts the padding", "select(count, TIME_KERNEL * KERNEL_ROWS * KERNEL_COLUMNS, COUNTS_PADDING)", "count"],
    ["gives the sum", "sum / f32(number)", "sum"],
  ],
);

const alongTime = [
  ...mutationsOf(
    "pool.wgsl",
    ["pool-same"],
    [
      ["takes padding for frames", "!is_there(frame) || ", ""],
      ["reads the newest frame alone", "var t = 0u", "var t = TIME_KERNEL - 1"],
      ["reads the oldest frame for all", "frame_under(row, t)", "frame_under(row, 0u)"],
      ["counts one frame's padding", "TIME_KERNEL * KERNEL_ROWS", "KERNEL_ROWS"],
    ],
  ),
  ...mutationsOf("pool.wgsl", ["pool-past"], [["keeps no past", "global_id.y < params.batch_size", "false"]]),
  ...mutationsOf(
    "lib/lengths_binding_3.wgsl",
    ["pool-same"],
    [
      [
        "gives each row the whole sequence",
        "@group(0) @binding(3) var<storage, read> lengths: array<u32>;",
        "const lengths = array<u32, 4>(8, 8, 8, 8);",
      ],
    ],
  ),
  ...mutationsOf(
    "lib/past_bindings_3.wgsl",
    ["pool-past"],
    [
      [
        "takes lengths for slots",
        "lengths: array<u32>;     // [B], the steps of each row\n@group(0) @binding(4) var<storage, read> slots",
        "slots: array<u32>;\n@group(0) @binding(4) var<storage, read> lengths",
      ],
    ],
  ),
];

export const poolMutations: readonly Mutation[] = [...alongAxes, ...alongTime];
