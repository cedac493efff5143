// Mutations of aggregate.wgsl, attention.wgsl and flatten.wgsl.

import { type Mutation, mutationsOf } from "./mutation.js";

const aggregate = mutationsOf(
  "aggregate.wgsl",
  ["aggregate", "aggregate-chunks", "aggregate-input"],
  [
    ["counts the steps of the first row", "let length = lengths[row];", "let length = lengths[0];"],
    ["begins anew at each chunk", "count = max(0.0, state[before + padded(SIZE)]);", ""],
    ["takes counts below zero", "max(0.0, state[before + padded(SIZE)])", "state[before + padded(SIZE)]"],
    ["forgets the result so far", "var value = state[before + column];", "var value = 0.0;"],
    ["keeps the result to itself", "  state[after + column] = value;\n", ""],
    ["keeps the count to itself", "OPERATION != SUM && column == 0", "false"],
    [
      "counts rows without steps",
      "state[before + padded(SIZE)], count + f32(length), length > 0)",
      "0.0, count + f32(length), length > 0)",
    ],
    ["divides by the steps of the chunk", "count + f32(length), OPERATION == MEAN", "f32(length), OPERATION == MEAN"],
    ["gives a sum for a mean", "select(1.0, count + f32(length), OPERATION == MEAN)", "1.0"],
    ["adds up what is left of the mean", "select(0.0, value, OPERATION == MEAN)", "0.0"],
    ["gives a mean for the largest", "OPERATION == MAX) {", "false) {"],
    ["takes the least", "most > x || is_nan(most)", "most < x"],
    ["takes the state for known", "largest(value, count > 0.0,", "largest(value, true,"],
    ["never takes the state for known", "largest(value, count > 0.0,", "largest(value, false,"],
    ["leaves later parts out", "first < length; first += PART", "first < PART; first += PART"],
    ["reads the first row", "(step * params.batch_size + row)", "step * params.batch_size"],
    ["forgets that rows are padded", "padded(SIZE) + column];\n}", "SIZE + column];\n}"],
    ["writes all rows to the first one's", "output[row * padded(SIZE) + column]", "output[column]"],
  ],
);

const attention = mutationsOf(
  "attention.wgsl",
  ["attention", "attention-chunks"],
  [
    ["begins anew at each chunk", "let is_known = weight > 0.0;", "let is_known = false;"],
    ["takes weights below zero", "let is_known = weight > 0.0;", "let is_known = true;"],
    ["keeps the weight as it is", "weight * safe_exp(highest - most), is_known", "weight, is_known"],
    ["forgets the weight so far", "weight = kept + sums.x;", "weight = sums.x;"],
    ["adds up what is left of the mean", "weighted(value, most,", "weighted(0.0, most,"],
    ["drops the mean so far", "value += sums.y", "value = sums.y"],
    ["gives a sum", "sums.y / weight", "sums.y"],
    ["gives all values the first head", "let head = i / (VALUE_SIZE / HEADS);", "let head = 0u;"],
    [
      "exponentiates without a limit",
      "safe_exp(element(row, head, step) - most)",
      "safe_exp(element(row, head, step))",
    ],
    ["takes the lowest score", "most > score || is_nan(most)", "most < score"],
    ["takes scores for values", "element(row, HEADS + i, step)", "element(row, i, step)"],
    ["keeps the value to itself", "  state[after + i] = value;\n", ""],
    ["keeps the weight to itself", "    state[after + to_weight] = weight;\n", ""],
    ["keeps the score to itself", "    state[after + to_highest] = highest;\n", ""],
    ["puts the score on the weight", "padded(VALUE_SIZE) + padded(HEADS) + head", "padded(VALUE_SIZE) + head"],
    ["leaves later parts out", "first < length; first += PART", "first < PART; first += PART"],
    ["ignores lengths", "let length = lengths[row];", "let length = lengths[1];"],
    ["reads the first row", "(step * params.batch_size + row)", "step * params.batch_size"],
    ["writes all rows to the first one's", "output[row * padded(VALUE_SIZE) + i]", "output[i]"],
  ],
);

const flatten = mutationsOf(
  "flatten.wgsl",
  ["flatten"],
  [
    ["repeats the first step", "i / SIZE * num_workgroups.y + row", "row"],
    ["reads the first row", "num_workgroups.y + row", "num_workgroups.y"],
    ["forgets that rows are padded", "time_row * padded(SIZE)", "time_row * SIZE"],
    [
      "forgets that rows of the output are padded",
      "row * padded(SEQUENCE_LENGTH * SIZE)",
      "row * SEQUENCE_LENGTH * SIZE",
    ],
    ["leaves the last step out", "i >= SEQUENCE_LENGTH * SIZE", "i >= (SEQUENCE_LENGTH - 1) * SIZE"],
  ],
);

export const summaryMutations: readonly Mutation[] = [...aggregate, ...attention, ...flatten];
