// Mutations of lstm_step.wgsl and of the equations of an LSTM unit.

import { type Mutation, mutationsOf } from "./mutation.js";

export const lstmMutations: readonly Mutation[] = [
  ...mutationsOf(
    "lstm_step.wgsl",
    ["lstm-bidirectional"],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["gives both directions the first one's rows", "direction * 4 * HIDDEN_SIZE + unit", "unit"],
      ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
      ["reads the first direction's state", "start = state_start(direction, row,", "start = state_start(0u, row,"],
      ["reads the first vec4 of the state for all", "state_vec4(start, k)", "state_vec4(start, 0u)"],
      ["keeps the cell", "= after.y;", "= state[start + cells + unit];"],
      ["puts the cell where h is", "state[start + cells + unit]", "state[start + unit]"],
      ["gives one direction the cells of the other", "NUM_DIRECTIONS * 4 * HIDDEN_VEC4S", "4 * HIDDEN_VEC4S"],
      ["drops the recurrent bias", " + four_of_bias(rows)", ""],
      [
        "swaps f and g",
        "vec4u(first, first + HIDDEN_SIZE, first + 2",
        "vec4u(first, first + 2 * HIDDEN_SIZE, first + 1",
      ],
    ],
  ),
  ...mutationsOf("lstm_step.wgsl", ["lstm-int8-h33"], [["drops the scale", "sums * four_of_bias(scale)", "sums"]]),
  ...mutationsOf(
    "lib/lstm.wgsl",
    ["lstm-forward", "lstm-activations-0"],
    [
      [
        "swaps i and f",
        "gate_activation(sums.y) * c + gate_activation(sums.x)",
        "gate_activation(sums.x) * c + gate_activation(sums.y)",
      ],
      ["forgets the cell", "gate_activation(sums.y) * c +", ""],
      ["takes the gates' function for g", "new_activation(sums.z)", "gate_activation(sums.z)"],
      ["gives the cell as it is", "output_activation(after)", "after"],
      ["gives the cell before", "output_activation(after)", "output_activation(c)"],
      ["drops the output gate", "gate_activation(sums.w) * output", "output"],
      ["drops x", "x + recurrent;", "recurrent;"],
    ],
  ),
  ...mutationsOf("lib/output_default.wgsl", ["lstm-forward"], [["is linear", "safe_tanh(x)", "x"]]),
  ...mutationsOf(
    "lib/output_general.wgsl",
    ["lstm-activations-2", "lstm-activations-3"],
    [
      ["ignores the clip", "limit(x, -CLIP, CLIP)", "x"],
      [
        "applies the gates' function",
        "activate(OUTPUT_FUNCTION, OUTPUT_ALPHA, OUTPUT_BETA",
        "activate(GATE_FUNCTION, GATE_ALPHA, GATE_BETA",
      ],
    ],
  ),
];
