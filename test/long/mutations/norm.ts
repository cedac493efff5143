// Mutations of norm.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const normMutations: readonly Mutation[] = mutationsOf(
  "norm.wgsl",
  ["norm", "norm-plain", "norm-offset"],
  [
    ["starts every dispatch at the first row", "params.first_row + workgroup_id.x", "0u"],
    [
      "forgets that rows are padded",
      "let row = (params.first_row + workgroup_id.x) * padded(INPUT_SIZE);",
      "let row = (params.first_row + workgroup_id.x) * INPUT_SIZE;",
    ],
    ["takes the features as they are", "let first = input[row];", "let first = 0.0;"],
    ["keeps the mean", "(input[row + i] - first - mean) / deviation", "(input[row + i] - first) / deviation"],
    [
      "takes squares about zero",
      "let difference = input[row + i] - first - mean;",
      "let difference = input[row + i] - first;",
    ],
    [
      "divides by the variance",
      "sqrt(workgroup_sum(squares, local_index) / f32(INPUT_SIZE) + EPSILON)",
      "workgroup_sum(squares, local_index) / f32(INPUT_SIZE) + EPSILON",
    ],
    ["drops epsilon", " + EPSILON);", ");"],
    ["divides by one less", "local_index) / f32(INPUT_SIZE) + EPSILON", "local_index) / f32(INPUT_SIZE - 1) + EPSILON"],
    ["drops the scale", " * affine[padded(INPUT_SIZE) + i]", ""],
    ["drops the bias", " + affine[i];", ";"],
    ["sums one invocation's own", "workgroup_sum(sum, local_index)", "sum"],
    [
      "stops at one workgroup's reach",
      "i < INPUT_SIZE; i += WORKGROUP_SIZE) {\n    let difference",
      "i < WORKGROUP_SIZE; i += WORKGROUP_SIZE) {\n    let difference",
    ],
  ],
);
