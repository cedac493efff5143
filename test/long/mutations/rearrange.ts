// Mutations of rearrange.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const rearrangeMutations: readonly Mutation[] = mutationsOf(
  "rearrange.wgsl",
  ["rearrange", "rearrange-runs"],
  [
    ["keeps the order", "let index = indices[i];", "let index = i32(i % INPUT_SIZE);"],
    ["starts every dispatch at the first row", "params.first_row + global_id.y", "0u"],
    ["forgets that rows of the input are padded", "row * padded(INPUT_SIZE)", "row * INPUT_SIZE"],
    ["forgets that rows of the output are padded", "row * padded(OUTPUT_SIZE)", "row * OUTPUT_SIZE"],
    ["fills nothing", "select(x, FILL, index < 0)", "x"],
    ["fills with zeros", "select(x, FILL, index < 0)", "select(x, 0.0, index < 0)"],
    ["fills what comes from the first feature", "index < 0)", "index <= 0)"],
    ["leaves the last features out", "i >= OUTPUT_SIZE", "i >= OUTPUT_SIZE / 2"],
  ],
);
