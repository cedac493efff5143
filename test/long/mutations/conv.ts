// Mutations of conv.wgsl and of what windows share.

import { type Mutation, mutationsOf } from "./mutation.js";

export const convMutations: readonly Mutation[] = [
  ...mutationsOf(
    "conv.wgsl",
    ["conv-2d", "conv"],
    [
      ["starts every dispatch at the first row", "params.first_row + global_id.y", "0u"],
      ["takes the row of the output for its column", "global_id.x % OUTPUT_COLUMNS", "out_row"],
      ["takes the column of the output for its row", "% positions / OUTPUT_COLUMNS", "% OUTPUT_COLUMNS"],
      ["gives every group the first one's channels", "/ (OUTPUT_CHANNELS / GROUPS) * group_channels", "* 0u"],
      ["reads all channels in each group", "c < group_channels", "c < CHANNELS"],
      ["reads the first channel for all", "(first_channel + c) * INPUT_ROWS", "first_channel * INPUT_ROWS"],
      ["loses the last rows of the kernel", "i < KERNEL_ROWS", "i < 1u"],
      ["loses the last columns of the kernel", "j < KERNEL_COLUMNS", "j < 1u"],
      [
        "forgets that output rows are padded",
        "row * padded(OUTPUT_CHANNELS * positions)",
        "row * (OUTPUT_CHANNELS * positions)",
      ],
      ["reads rows beside the frame", "in_row != NOWHERE && in_column", "in_column"],
      ["reads columns beside the frame", "in_row != NOWHERE && in_column != NOWHERE", "in_row != NOWHERE"],
      ["skips the weights of the zeros", "            part +=", "            k++;\n            part +="],
      ["reads the first weight of each four", "[k % 4]", "[0]"],
      ["reads the first four weights", "weights + k / 4 * TO_NEXT", "weights"],
      ["keeps the last channel's sum alone", "sum += part;", "sum = part;"],
      ["drops the bias", " + bias[out_channel];", ";"],
      ["applies no function", "activate(FUNCTION,", "activate(0u,"],
    ],
  ),
  ...mutationsOf(
    "conv.wgsl",
    ["conv-int8"],
    [["drops the scale", "sum * bias[padded(OUTPUT_CHANNELS) + out_channel]", "sum"]],
  ),
  ...mutationsOf(
    "conv.wgsl",
    ["conv-past"],
    [
      ["reads the newest frames alone", "var t = 0u", "var t = TIME_KERNEL - 1"],
      ["reads the oldest frame for all", "frame_under(row, t)", "frame_under(row, 0u)"],
      ["takes the first frame's weights for all", "(c * TIME_KERNEL + t) * kernel", "c * TIME_KERNEL * kernel"],
      ["keeps no past", "global_id.y < params.batch_size", "false"],
      ["keeps the first elements of the past", "num_workgroups.x * WORKGROUP_SIZE)", "0xffffff)"],
    ],
  ),
  ...mutationsOf(
    "lib/frame_own.wgsl",
    ["conv-2d", "conv"],
    [
      ["forgets that rows are padded", "row * padded(FRAME_SIZE)", "row * FRAME_SIZE"],
      ["reads the first row for all", "return row * padded(FRAME_SIZE)", "return 0u"],
      ["reads the first element for all", "frame + i", "frame"],
    ],
  ),
  ...mutationsOf(
    "lib/frame_past.wgsl",
    ["conv-past"],
    [
      ["reads frames side by side", " + k * TIME_DILATION", " + k"],
      ["takes the step for the row", "row % params.batch_size, row /", "row / params.batch_size, row /"],
      ["reads no past", "frame < PAST)", "false)"],
      ["reads the first slot's state", "slots[row] * STATE_SIZE + frame", "frame"],
      ["reads the oldest frame of the past for all", " + frame * FRAME_SIZE", ""],
      ["reads the chunk's frames late", "(frame - PAST)", "frame"],
      ["reads the first row's frames", " + row) * padded", ") * padded"],
      ["forgets that rows are padded", "* padded(FRAME_SIZE)", "* FRAME_SIZE"],
      ["reads the first element of the past for all", "state[frame.start + i]", "state[frame.start]"],
      ["reads the first element of a frame for all", "input[frame.start + i]", "input[frame.start]"],
      ["writes the state that it reads", "(slots[row] ^ 1)", "slots[row]"],
      ["keeps the past of the whole chunk", "lengths[row] + i", "lengths[0] + i"],
      ["keeps the past as it is", "lengths[row] + i", "i"],
      ["keeps the oldest frame for all", "lengths[row] + i / FRAME_SIZE", "lengths[row]"],
      ["keeps the first element for all", "i % FRAME_SIZE", "0u"],
    ],
  ),
  ...mutationsOf("lib/window.wgsl", ["conv-2d"], [["takes the first element for nowhere", "0xffffffffu", "0u"]]),
  ...mutationsOf(
    "lib/window_under.wgsl",
    ["conv-2d", "conv"],
    [
      ["drops the stride of rows", "output * ROW_STRIDE", "output"],
      ["drops the stride of columns", "output * COLUMN_STRIDE", "output"],
      ["drops the dilation of rows", "k * ROW_DILATION", "k"],
      ["drops the dilation of columns", "k * COLUMN_DILATION", "k"],
      ["drops the padding of rows", "ROWS_BEFORE, INPUT_ROWS", "0u, INPUT_ROWS"],
      ["drops the padding of columns", "COLUMNS_BEFORE, INPUT_COLUMNS", "0u, INPUT_COLUMNS"],
      ["reads beside the frame", "element < size", "true"],
    ],
  ),
  ...mutationsOf(
    "lib/window_over.wgsl",
    ["conv-transposed"],
    [
      ["drops the stride of columns", "COLUMN_STRIDE, INPUT_COLUMNS", "1u, INPUT_COLUMNS"],
      ["drops the dilation of rows", "k * ROW_DILATION", "k"],
      ["drops the padding of rows", "output + ROWS_BEFORE", "output"],
      ["drops the padding of columns", "output + COLUMNS_BEFORE", "output"],
      ["takes what lies between two elements", " && (output - k) % stride == 0", ""],
      ["reads beside the frame", "element < size && ", ""],
    ],
  ),
  ...mutationsOf(
    "lib/window_over.wgsl",
    ["conv-depthwise"],
    [
      ["drops the stride of rows", "ROW_STRIDE, INPUT_ROWS", "1u, INPUT_ROWS"],
      ["drops the dilation of columns", "k * COLUMN_DILATION", "k"],
    ],
  ),
];
