// Mutations of reduce.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

export const reduceMutations: readonly Mutation[] = [
  ...mutationsOf(
    "reduce.wgsl",
    ["reduce-sum", "reduce-mean", "reduce-long"],
    [
      ["starts every dispatch at the first row", "params.first_row + workgroup_id.y", "0u"],
      ["makes the first lines alone", "(workgroup_id.x * WORKGROUP_SIZE + local_index) / LANES", "local_index / LANES"],
      ["forgets that rows of the input are padded", "row * padded(INPUT_SIZE)", "row * INPUT_SIZE"],
      ["forgets that rows of the output are padded", "row * padded(OUTPUT_SIZE)", "row * OUTPUT_SIZE", 3],
      ["takes neighbours for a line", "places[NUM_LINES + k]];\n}", "k];\n}"],
      ["begins every line at the first one's start", "places[min(line, NUM_LINES - 1)];\n\n", "places[0];\n\n"],
      ["gives a sum for a mean", "OPERATION == MEAN);", "false);"],
      ["gives a mean for a sum", "OPERATION == MEAN);", "true);"],
      [
        "leaves the end of long lines out",
        "k < LENGTH; k += LANES) {\n      sum",
        "k < LANES; k += LANES) {\n      sum",
      ],
      ["gives one lane's sum", "sum = joined(sum, local_index, false);", ""],
      ["joins half of the lanes", "width = LANES / 2;", "width = LANES / 4;"],
      ["gives every line the first one's total", "parts[local_index - lane]", "parts[0]"],
    ],
  ),
  ...mutationsOf(
    "reduce.wgsl",
    ["reduce-max", "reduce-min", "reduce-long"],
    [
      ["takes the smaller for the larger", "x > y || is_nan(x)", "x < y"],
      ["takes the largest for the least", "-1.0, OPERATION == MIN", "-1.0, false"],
      ["gives the negative of the least", "factor * largest;", "largest;"],
      ["leaves the rest of a lane out", "largest = larger(largest, factor * element(start, k));", ""],
      ["adds up lanes for the largest", "local_index, true)", "local_index, false)"],
    ],
  ),
  ...mutationsOf(
    "reduce.wgsl",
    ["reduce-softmax", "reduce-logSoftmax", "reduce-large", "reduce-long"],
    [
      ["exponentiates without a limit", "safe_exp(element(start, k) - largest)", "safe_exp(element(start, k))"],
      ["gives each lane its own sum", "safe_log(joined(sum, local_index, false))", "safe_log(sum)"],
      ["keeps the largest", "element(start, k) - largest - log_sum", "element(start, k) - log_sum"],
      ["gives exponentials for logarithms", "OPERATION == SOFTMAX);", "true);"],
      ["gives logarithms for exponentials", "OPERATION == SOFTMAX);", "false);"],
      ["puts results side by side", "output[first + places[NUM_LINES + k]]", "output[first + k]"],
    ],
  ),
];
