// Mutations of map.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

/** An operation that gives its first argument, which no other one does. */
const operations = ["add", "subtract", "multiply", "divide", "minimum", "maximum", "prelu"].flatMap((name, i) =>
  mutationsOf(
    "map.wgsl",
    [`map-${name}`],
    [[`makes an identity of ${name}`, `case ${i < 4 ? i + 1 : i + 2}: { // ${name}`, `case ${100 + i}: { // ${name}`]],
  ),
);

export const mapMutations: readonly Mutation[] = [
  ...operations,
  ...mutationsOf(
    "map.wgsl",
    ["map-subtract", "map-identity"],
    [
      ["starts every dispatch at the first row", "params.first_row + global_id.y", "0u"],
      ["leaves the last features out", "i >= SIZE", "i >= SIZE - 1"],
      ["forgets that rows are padded", "row * padded(SIZE)", "row * SIZE"],
      ["drops the bias", "y + bias[i]", "y"],
      ["applies no function", "activate(FUNCTION,", "activate(0u,"],
      ["drops a function's parameters", "ALPHA, BETA, y", "0.0, 0.0, y"],
      ["reads the first row of a alone", "a[row * A_STRIDE +", "a["],
      ["reads the first row of b alone", "b[row * B_STRIDE +", "b["],
      ["reads the first half of a", "A_FIRST + i", "i"],
      ["reads the first half of b", "B_FIRST + i", "i"],
    ],
  ),
  ...mutationsOf("map.wgsl", ["map-minimum"], [["takes the larger for the smaller", "x < y ||", "x > y ||"]]),
  ...mutationsOf("map.wgsl", ["map-maximum"], [["takes the smaller for the larger", "x > y ||", "x < y ||"]]),
  ...mutationsOf("map.wgsl", ["map-prelu"], [["bends the other half", "y * x, x < 0.0", "y * x, x > 0.0"]]),
  ...mutationsOf(
    "map.wgsl",
    ["map-power"],
    [
      ["makes an identity of power", "case 5: { // power", "case 105: { // power"],
      ["forgets that an exponent is negative", "select(product, 1.0 / product, y < 0.0)", "product"],
      ["gives roots for their inverses", "select(sqrt(x), 1.0 / sqrt(x), y < 0.0)", "sqrt(x)"],
      ["forgets the sign of odd powers", "x < 0.0 && is_whole && is_odd", "false"],
      ["mirrors even powers", "x < 0.0 && is_whole && is_odd", "x < 0.0"],
      ["has no powers of negative numbers", "is_whole || x >= 0.0", "x >= 0.0"],
      ["takes every exponent for whole", "y == floor(y)", "true"],
    ],
  ),
];
