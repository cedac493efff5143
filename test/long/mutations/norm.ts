// Mutations of norm.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const normMutations: readonly Mutation[] = mutationsOf(
  "norm.wgsl",
  ["norm", "norm-plain", "norm-offset", "norm-groups"],
  [
    ["starts every dispatch at the first row", "params.first_row + workgroup_id.x", "0u"],
    ["forgets that rows are padded", "* padded(INPUT_SIZE) + column;", "* INPUT_SIZE + column;"],
    ["gives all groups the first one", "let column = workgroup_id.y * GROUP_SIZE;", "let column = 0u;"],
    ["takes the features as they are", "let first = select(0.0, input[start], IS_CENTRED);", "let first = 0.0;"],
    ["keeps the mean", "(input[start + i] - first - mean) / deviation", "(input[start + i] - first) / deviation"],
    [
      "takes squares about zero",
      "let difference = input[start + i] - first - mean;",
      "let difference = input[start + i] - first;",
    ],
    ["centres all", "f32(GROUP_SIZE), IS_CENTRED);", "f32(GROUP_SIZE), true);"],
    ["subtracts the first feature from all", "input[start], IS_CENTRED)", "input[start], true)"],
    [
      "divides by the variance",
      "sqrt(workgroup_sum(squares, local_index) / f32(GROUP_SIZE) + EPSILON)",
      "workgroup_sum(squares, local_index) / f32(GROUP_SIZE) + EPSILON",
    ],
    ["drops epsilon", " + EPSILON);", ");"],
    ["divides by one less", "local_index) / f32(GROUP_SIZE) + EPSILON", "local_index) / f32(GROUP_SIZE - 1) + EPSILON"],
    ["drops the scale", "deviation * scale", "deviation"],
    [
      "gives all groups the first one's scale",
      "affine[padded(INPUT_SIZE) + column + i]",
      "affine[padded(INPUT_SIZE) + i]",
    ],
    ["drops the bias", " + affine[column + i];", ";"],
    ["gives all groups the first one's bias", " + affine[column + i];", " + affine[i];"],
    ["sums one invocation's own", "workgroup_sum(sum, local_index)", "sum"],
    [
      "stops at one workgroup's reach",
      "i < GROUP_SIZE; i += WORKGROUP_SIZE) {\n    let difference",
      "i < WORKGROUP_SIZE; i += WORKGROUP_SIZE) {\n    let difference",
    ],
  ],
);
