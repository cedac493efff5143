// Mutations of rnn_step.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const rnnMutations: readonly Mutation[] = [
  ...mutationsOf(
    "rnn_step.wgsl",
    ["rnn-bidirectional"],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["gives both directions the first one's rows", "direction * HIDDEN_SIZE + unit", "unit"],
      ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
      ["reads the first direction's state", "state_start(direction, row,", "state_start(0u, row,"],
      ["reads the first vec4 of the state for all", "state_vec4(start, k)", "state_vec4(start, 0u)"],
      ["drops R h", "x + recurrent)", "x + recurrent_bias[unit_row])"],
      ["drops c", " + recurrent_bias[unit_row];", ";"],
      ["drops x", "x + recurrent)", "recurrent)"],
      ["applies no function", "activate(FUNCTION,", "activate(0u,"],
      ["forgets that rows are padded", "padded(NUM_DIRECTIONS * HIDDEN_SIZE)", "NUM_DIRECTIONS * HIDDEN_SIZE"],
    ],
  ),
  ...mutationsOf("rnn_step.wgsl", ["rnn-wide"], [["loses the last units", "k < HIDDEN_VEC4S", "k < HIDDEN_SIZE / 4"]]),
  ...mutationsOf("rnn_step.wgsl", ["rnn-relu"], [["drops the scale", "sum * recurrent_bias[rows + unit_row]", "sum"]]),
];
