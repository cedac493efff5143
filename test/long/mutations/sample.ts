// Mutations of the kernel that draws tokens, and of the functions that it alone uses.

import { type Mutation, mutationsOf } from "./mutation.js";

const WARM = "tokens-warm";
const GREEDY = "tokens-greedy";
const TOP = "tokens-top-p";
const TOP_OF_EQUALS = "tokens-top-p-ties";
/** The fewest end where the k largest do. */
const TOP_OF_FEW = "tokens-top-p-of-30";
const TIES = "tokens-ties";
const LOGITS = "tokens-negative";
const FAR = "tokens-large";
/** Several scores for each invocation of a larger workgroup. */
const MANY = "tokens-top-k-of-5000";

/** Of sample.wgsl, lib/likeliest.wgsl, lib/random.wgsl and lib/ratio_*.wgsl. */
export const sampleMutations: readonly Mutation[] = [
  ...mutationsOf(
    "sample.wgsl",
    [WARM],
    [
      ["forgets the temperature", "exp(ratio / sampling.temperature)", "exp(ratio)"],
      ["multiplies by the temperature", "exp(ratio / sampling.temperature)", "exp(ratio * sampling.temperature)"],
      ["gives all streams one number", "sampling.seed, workgroup_id.x, position", "sampling.seed, 0, position"],
      ["gives all positions one number", "workgroup_id.x, position)", "workgroup_id.x, 0)"],
      ["counts positions from each chunk", "sampling.first_position + params.step", "params.step"],
      ["gives a chunk one position", "sampling.first_position + params.step", "sampling.first_position"],
      ["ignores the seed", "random_number(sampling.seed,", "random_number(0,"],
      ["gives all rows the first one's", "let row = params.first_row + workgroup_id.x", "let row = params.first_row"],
      ["starts every step at the first row", "let row = params.first_row + workgroup_id.x", "let row = workgroup_id.x"],
      ["writes over its own input", "(row + num_workgroups.x) %", "row %"],
      ["feeds the next row", "(row + num_workgroups.x) %", "(row + 1) %"],
      ["forgets the next chunk", "(row + num_workgroups.x) % sampling.num_index_rows", "row + num_workgroups.x"],
      [
        "draws from the first segment alone",
        "segment.row_start + i];\n    let is_tie",
        "segment.row_start + i % 2];\n    let is_tie",
      ],
      ["starts every segment at no sum", "draw(segment, sums.before, wanted)", "draw(segment, 0.0, wanted)"],
      ["does not add the weights up", "sum += w;", "sum = w;"],
      ["takes the token after it", "select(token, i, w > 0.0)", "select(token, i + 1, w > 0.0)"],
      ["wants all of the sum", "let wanted = sums.total *", "let wanted = 0.5 + 0.0 *"],
      [
        "loses the last scores",
        "min(segment.start + length, OUTPUT_SIZE)",
        "min(segment.start + length, OUTPUT_SIZE - 4)",
      ],
      ["forgets that rows are padded", "padded(OUTPUT_SIZE)", "OUTPUT_SIZE"],
    ],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [TIES],
    [
      ["takes all of equals", "(is_tie && ties < segment.num_ties)", "is_tie"],
      ["takes none of equals", "(is_tie && ties < segment.num_ties)", "false"],
      ["takes one equal too many", "ties < segment.num_ties", "ties <= segment.num_ties"],
      ["forgets the equals before each segment", "var ties = segment.ties_before;", "var ties = 0.0;"],
      ["takes all but the k largest", "key(x) > segment.threshold", "key(x) < segment.threshold"],
      ["takes all", "sampling.top_k < OUTPUT_SIZE", "false"],
      ["takes one more of the largest", "f32(sampling.top_k)", "f32(sampling.top_k + 1)"],
    ],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [TOP],
    [
      ["draws from all for the top p", "sampling.top_p < 1.0", "false"],
      ["takes the top p for a number of tokens", "sampling.top_p * total, true", "sampling.top_p * total, false"],
      ["takes the top p of one", "sampling.top_p * total", "sampling.top_p"],
      [
        "takes the top p of each segment",
        "workgroup_sum(draw(segment, 0.0, 3.4028234e38).sum, local_index)",
        "draw(segment, 0.0, 3.4028234e38).sum",
      ],
      [
        "draws from the weights before the top p",
        "let own = draw(segment,",
        "segment.threshold = 0;\n  let own = draw(segment,",
      ],
    ],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [TOP_OF_FEW],
    [
      ["counts no equals as it goes", "ties += f32(is_tie);", ""],
      ["takes k for a sum of weights", "f32(sampling.top_k), false", "f32(sampling.top_k), true"],
      [
        "takes the top p before the top k",
        "if (sampling.top_k < OUTPUT_SIZE)",
        "if (sampling.top_k < OUTPUT_SIZE && sampling.top_p == 1.0)",
      ],
    ],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [LOGITS],
    [
      ["takes nothing below zero for the largest", "var largest = -3.4028234e38;", "var largest = 0.0;"],
      [
        "takes the smallest for the largest",
        "max(largest, scores[segment.row_start + i])",
        "min(largest, scores[segment.row_start + i])",
      ],
    ],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [FAR],
    [["takes each invocation's own for the largest", "workgroup_max(largest, segment.local_index)", "largest"]],
  ),
  ...mutationsOf(
    "sample.wgsl",
    [MANY],
    [
      [
        "takes a segment's first score alone",
        "segment.end = min(segment.start + length, OUTPUT_SIZE);",
        "segment.end = min(segment.start + 1, OUTPUT_SIZE);",
      ],
      ["adds one weight of each segment", "sum += w;", "sum = before + w;"],
    ],
  ),
  ...mutationsOf(
    "lib/likeliest.wgsl",
    [GREEDY, TIES],
    [
      ["takes all for one", "select(0u, key(before.largest), is_one)", "0u"],
      ["puts numbers below zero above the others", "bits | 0x80000000u, ~bits", "bits, ~bits"],
      ["orders numbers below zero the other way round", "~bits, bits >> 31 == 1", "bits, bits >> 31 == 1"],
      ["takes the first equals of each segment", "workgroup_sums(ties, kept.local_index).before", "0.0"],
      ["takes the equals of all segments for those before", "kept.local_index).before", "kept.local_index).total"],
      ["counts the equals of one segment", "ties += f32(key(", "ties = f32(key("],
      ["counts the threshold itself as above it", "kept.threshold + 1,", "kept.threshold,"],
      ["counts each invocation's own", "return workgroup_sum(sum, segment.local_index);", "return sum;"],
      ["counts half", "return 1.0;", "return 0.5;"],
      ["counts all", "if (key(x) >= smallest)", "if (true)"],
      ["leaves the smallest out", "key(x) >= smallest", "key(x) > smallest"],
      ["counts the first row's", "scores[segment.row_start + i]", "scores[i]"],
    ],
  ),
  ...mutationsOf(
    "lib/likeliest.wgsl",
    [MANY],
    [
      ["takes one for all", "let is_one = sampling.top_k == 1;", "let is_one = true;"],
      ["stops above the last bits", "bit > 0; bit >>= 1", "bit > 1u << 23; bit >>= 1"],
      ["counts a key for each invocation", "sum += measure(", "sum = measure("],
      [
        "counts what one workgroup reaches at once",
        "i < OUTPUT_SIZE; i += WORKGROUP_SIZE",
        "i < WORKGROUP_SIZE; i += WORKGROUP_SIZE",
      ],
    ],
  ),
  ...mutationsOf(
    "lib/likeliest.wgsl",
    [TOP, TOP_OF_FEW, TOP_OF_EQUALS],
    [
      ["measures weights by number", "if (by_weight)", "if (false)"],
      ["loses the token that crosses the sum", "min(most, ceil(", "min(most, floor("],
      [
        "forgets what equals weigh",
        "missing / measure(value_of(kept.threshold), before.largest, by_weight)",
        "missing",
      ],
      ["weighs equals as the largest", "measure(value_of(kept.threshold),", "measure(before.largest,"],
      ["takes a key's bits for its number", "select(~key, key & 0x7fffffffu, key >> 31 == 1)", "key"],
      ["turns numbers below zero round", "select(~key, key &", "select(key, key &"],
      ["takes the largest for 1", "weight(x, largest)", "weight(x, 1.0)"],
    ],
  ),
  ...mutationsOf(
    "lib/random.wgsl",
    [WARM],
    [
      ["takes another factor", "1664525", "1664523"],
      ["takes another addend", "1013904223", "1013904221"],
      ["forgets to shift", "v ^= v >> vec3u(16);", ""],
      ["shifts too far", ">> vec3u(16)", ">> vec3u(17)"],
      ["takes the first number", "v.z >> 8", "v.x >> 8"],
      ["takes the last bits", "f32(v.z >> 8)", "f32(v.z & 0xffffff)"],
      ["swaps stream and position", "vec3u(seed, stream, position)", "vec3u(seed, position, stream)"],
      ["stays below a half", "16777216", "33554432"],
      ["forgets to mix x", "v.x += v.y * v.z;", "", 2],
      ["forgets to mix y", "v.y += v.z * v.x;", "", 2],
      ["forgets to mix z", "v.z += v.x * v.y;", "", 2],
    ],
  ),
  ...mutationsOf(
    "lib/ratio_probability.wgsl",
    [WARM],
    [
      ["takes probabilities for logits", "return log(x / largest);", "return x - largest;"],
      ["turns the ratio round", "x / largest", "largest / x"],
    ],
  ),
  ...mutationsOf(
    "lib/ratio_logit.wgsl",
    [LOGITS],
    [
      ["forgets the largest", "return x - largest;", "return x;"],
      ["takes logits for probabilities", "return x - largest;", "return log(abs(x / largest));"],
      ["turns the difference round", "x - largest", "largest - x"],
    ],
  ),
];
