// Mutations of the equations of an LSTM unit.

import { type Mutation, mutationsOf } from "./mutation.js";

export const lstmMutations: readonly Mutation[] = [
  ...mutationsOf(
    "last_state.wgsl",
    ["lstm-cell-of-bidirectional"],
    [
      ["takes h for the cell", "+ START", ""],
      ["takes the state before the last step", "state_of(row, lengths[row])", "state_of(row, lengths[row] - 1)"],
      ["takes the state before the first step", "state_of(row, lengths[row])", "state_of(row, 0)"],
      ["takes the first row's state", "state_of(row,", "state_of(0u,"],
      ["forgets the other direction", "i / PART_SIZE * padded(PART_SIZE) +", ""],
      ["forgets that directions are padded", "* padded(PART_SIZE)", "* PART_SIZE"],
      ["forgets that rows are padded", "row * padded(SIZE)", "row * SIZE"],
    ],
  ),
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
  ...mutationsOf(
    "lib/step_lstm.wgsl",
    ["lstm-forward"],
    [
      ["takes h for the cell", "before.y", "before.x"],
      ["drops x", "step_lstm(x,", "step_lstm(vec4f(),"],
    ],
  ),
  ...mutationsOf("lib/output_function_default.wgsl", ["lstm-forward"], [["is linear", "safe_tanh(x)", "x"]]),
  ...mutationsOf(
    "lib/output_function_general.wgsl",
    ["lstm-activations-2", "lstm-activations-3"],
    [
      ["limits the cell", "OUTPUT_BETA, x)", "OUTPUT_BETA, limit(x, -CLIP, CLIP))"],
      [
        "applies the gates' function",
        "activate(OUTPUT_FUNCTION, OUTPUT_ALPHA, OUTPUT_BETA",
        "activate(GATE_FUNCTION, GATE_ALPHA, GATE_BETA",
      ],
    ],
  ),
];
