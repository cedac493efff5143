// Mutations of the kernel that finds the highest numbers of a row, and of the order that it goes by.

import { type Mutation, mutationsOf } from "./mutation.js";

const ALL = "highest-all";
const FEW = "highest-of-50000";
const TIES = "highest-ties";
const NEGATIVE = "highest-negative";
const LAST = "highest-last";

/** Of top_k.wgsl and lib/key.wgsl. */
export const topKMutations: readonly Mutation[] = [
  ...mutationsOf(
    "top_k.wgsl",
    [ALL],
    [
      ["starts every dispatch at the first row", "params.first_row + workgroup_id.x", "workgroup_id.x"],
      ["gives all rows the first one's", "params.first_row + workgroup_id.x", "params.first_row"],
      ["forgets that rows are padded", "padded(OUTPUT_SIZE)", "OUTPUT_SIZE"],
      ["loses the last score", "i < OUTPUT_SIZE;", "i + 1 < OUTPUT_SIZE;"],
      ["stops at what one workgroup reaches at once", "i < OUTPUT_SIZE;", "i < WORKGROUP_SIZE;"],
      ["loses the last of them", "rank < TOP_K;", "rank + 1 < TOP_K;"],
      ["finds one of each column", "if (own.y == found.y) {", "if (rank == 0) {"],
      ["finds the highest again and again", "is_above(found, place) && ", ""],
      ["takes the last of a column", " && is_above(place, own)", ""],
      ["takes the lowest", "is_above(place, own)", "is_above(own, place)"],
      ["takes the highest of half a workgroup", "places[local_index] = places[local_index + width];", ""],
      ["gives the index's complement", "= ~found.y;", "= found.y;"],
      ["gives another score", "scores[row_start + ~found.y]", "scores[~found.y]"],
      ["gives the key for the score", "bitcast<u32>(scores[row_start + ~found.y])", "found.x"],
      ["writes every pair to the first place", "pairs[pairs_start + 2 * rank]", "pairs[pairs_start]"],
      ["writes the score over the next index", "2 * rank + 1]", "2 * rank + 2]"],
    ],
  ),
  ...mutationsOf("top_k.wgsl", [LAST], [["forgets that pairs are padded", "padded(2 * TOP_K)", "(2 * TOP_K)"]]),
  ...mutationsOf(
    "top_k.wgsl",
    [FEW],
    [["goes through a column of a smaller workgroup", "i += WORKGROUP_SIZE", "i += 2 * WORKGROUP_SIZE"]],
  ),
  ...mutationsOf(
    "top_k.wgsl",
    [TIES],
    [
      ["takes the last of equals", "a.y > b.y", "a.y < b.y"],
      ["takes one of equals", " || (a.x == b.x && a.y > b.y)", ""],
      ["goes by the index alone", "a.x > b.x || (a.x == b.x && a.y > b.y)", "a.y > b.y"],
    ],
  ),
  ...mutationsOf(
    "lib/key.wgsl",
    [TIES],
    [
      ["puts numbers below zero above the others", " ^ 0x80000000u", ""],
      ["takes all numbers for zero or above", "bits < 0 && ", "false && "],
    ],
  ),
  ...mutationsOf(
    "lib/key.wgsl",
    [NEGATIVE],
    [["orders numbers below zero the other way round", "select(size, -size,", "select(size, size - 0x7fffffff,"]],
  ),
];
