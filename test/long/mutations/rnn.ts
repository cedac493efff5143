// Mutations of the equation of a unit of a simple recurrent layer.

import { type Mutation, mutationsOf } from "./mutation.js";

export const rnnMutations: readonly Mutation[] = [
  ...mutationsOf(
    "lib/rnn.wgsl",
    ["rnn-bidirectional"],
    [
      ["drops R h and c", "(x + recurrent);", "(x);"],
      ["drops x", "(x + recurrent);", "(recurrent);"],
      ["applies no function", "new_activation(x + recurrent)", "x + recurrent"],
    ],
  ),
  ...mutationsOf("lib/step_rnn.wgsl", ["rnn-bidirectional"], [["drops x", "step_rnn(x,", "step_rnn(0.0,"]]),
];
