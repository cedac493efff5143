// Mutations of the kernels of the other layers, and of what is between layers.

import { type Mutation, mutationsOf } from "./mutation.js";

const DENSE = "dense-tanh";
const DENSE_AFFINE = "dense-affine-0.7";
const CONCATENATIONS = "head-linear";
const TEXT = "last-text";
const INT8_TEXT = "int8-text";
const INT8 = "int8-mixed";
const EXTREME = "softmax-large";
const LAST_REVERSE = "last-of-reverse";
const LAST_BOTH = "last-of-bidirectional";
const LAST_CHUNK = "last-chunks";

const dense: Mutation[] = [
  ...mutationsOf(
    "dense.wgsl",
    [DENSE],
    [
      ["drops the bias", " + bias[four]", ""],
      ["swaps bias and scale", "bias[output_vec4s + four] + bias[four]", "bias[four] + bias[output_vec4s + four]"],
      [
        "multiplies the weights transposed",
        "* columns_of(weight[four * group_vec4s + k]);",
        "* transpose(columns_of(weight[four * group_vec4s + k]));",
      ],
      ["gives all outputs the first four's weights", "weight[four * group_vec4s + k]", "weight[k]"],
      [
        "loses the last features",
        "let group_vec4s = vec4s(INPUT_SIZE / GROUPS);",
        "let group_vec4s = INPUT_SIZE / GROUPS / 4;",
      ],
      ["forgets that rows are padded", "let input_vec4s = vec4s(INPUT_SIZE);", "let input_vec4s = INPUT_SIZE / 4;"],
      ["loses the last outputs", "let output_vec4s = vec4s(OUTPUT_SIZE);", "let output_vec4s = OUTPUT_SIZE / 4;"],
      ["gives all rows the first one's input", "let first = row * input_vec4s + ", "let first = "],
      ["gives the first output for the second", "BETA, x.y)", "BETA, x.x)"],
      ["gives the third output for the fourth", "BETA, x.w)", "BETA, x.z)"],
      ["forgets the activation of the first output", "activate(FUNCTION, ALPHA, BETA, x.x)", "x.x"],
      ["forgets the activation of the third output", "activate(FUNCTION, ALPHA, BETA, x.z)", "x.z"],
      ["takes another activation", "activate(FUNCTION,", "activate(FUNCTION - 1,", 4],
    ],
  ),
  ...mutationsOf("dense.wgsl", [DENSE_AFFINE], [["swaps alpha and beta", "ALPHA, BETA,", "BETA, ALPHA,", 4]]),
  ...mutationsOf("dense.wgsl", [INT8], [["drops the scale", "sum * bias[output_vec4s + four]", "sum"]]),
  ...mutationsOf(
    "dense.wgsl",
    ["dense-groups"],
    [
      ["gives all groups the first one's features", " + 4 * four / (OUTPUT_SIZE / GROUPS) * group_vec4s", ""],
      ["counts groups by four outputs", "4 * four / (OUTPUT_SIZE / GROUPS)", "four / (OUTPUT_SIZE / GROUPS)"],
    ],
  ),
  ...mutationsOf(
    "dense.wgsl",
    [CONCATENATIONS],
    [["starts every dispatch at the first row", "params.first_row + global_id.y", "global_id.y"]],
  ),
];

const embedding: Mutation[] = [
  ...mutationsOf(
    "embedding.wgsl",
    [TEXT],
    [
      ["looks up the row's number", "= index[row];", "= row;"],
      ["is off by one", "= index[row];", "= index[row] + 1;"],
      ["loses the last features", "vec4s(EMBEDDING_SIZE)", "EMBEDDING_SIZE / 4"],
      ["repeats the first features", "weight[table_row * row_vec4s + i]", "weight[table_row * row_vec4s]"],
      ["overlaps the table's rows", "weight[table_row * row_vec4s + i]", "weight[table_row + i]"],
    ],
  ),
  ...mutationsOf(
    "embedding.wgsl",
    [INT8_TEXT],
    [
      ["drops the scale", "scale[table_row] * ", ""],
      ["takes the scale of another row", "scale[table_row]", "scale[row]"],
    ],
  ),
  ...mutationsOf(
    "embedding.wgsl",
    [TEXT],
    [["starts every dispatch at the first row", "params.first_row + global_id.y", "global_id.y"]],
  ),
];

const concat: Mutation[] = [
  ...mutationsOf(
    "concat.wgsl",
    [CONCATENATIONS],
    [
      ["writes every source to the first columns", " + FIRST_COLUMN + column", " + column"],
      ["writes a source a column late", " + FIRST_COLUMN + column", " + FIRST_COLUMN + 1 + column"],
      ["loses the last column of a source", "column >= SOURCE_SIZE", "column + 1 >= SOURCE_SIZE"],
      [
        "shifts the columns of a source",
        "source[row * source_stride + column]",
        "source[row * source_stride + column + 1]",
      ],
      [
        "forgets that a source is padded",
        "let source_stride = padded(SOURCE_SIZE);",
        "let source_stride = SOURCE_SIZE;",
      ],
      [
        "forgets that the output is padded",
        "let output_stride = padded(OUTPUT_SIZE);",
        "let output_stride = OUTPUT_SIZE;",
      ],
      ["copies the first row to all", "source[row * source_stride", "source[0 * source_stride"],
    ],
  ),
  ...mutationsOf(
    "concat.wgsl",
    [CONCATENATIONS],
    [["starts every dispatch at the first row", "params.first_row + global_id.y", "global_id.y"]],
  ),
];

const lastStep: Mutation[] = [
  ...mutationsOf(
    "last_step.wgsl",
    [LAST_BOTH],
    [
      ["takes the step after the last one", "lengths[row] - 1,", "lengths[row],"],
      ["takes the step before the last one", "lengths[row] - 1,", "max(lengths[row], 2) - 2,"],
      ["takes the first step always", "lengths[row] - 1,", "0u,"],
      ["takes the reverse direction's end", "column % PART_SIZE >= FIRST_COLUMN_AT_START", "false"],
      [
        "takes the forward direction's start",
        "column % PART_SIZE >= FIRST_COLUMN_AT_START",
        "column % PART_SIZE < FIRST_COLUMN_AT_START",
      ],
      [
        "is a column late in turning",
        "column % PART_SIZE >= FIRST_COLUMN_AT_START",
        "column % PART_SIZE > FIRST_COLUMN_AT_START",
      ],
      ["takes the first row's length", "lengths[row] - 1,", "lengths[0] - 1,"],
      ["takes the first row's output", "(time * batch_size + row)", "(time * batch_size)"],
      ["takes rows as if time were the last axis", "(time * batch_size + row)", "(row * batch_size + time)"],
      ["loses the last column", "column >= SIZE", "column + 1 >= SIZE"],
    ],
  ),
  ...mutationsOf(
    "last_step.wgsl",
    [LAST_REVERSE],
    [
      ["forgets that rows are padded", "padded(SIZE)", "SIZE"],
      [
        "takes a reverse layer's end",
        "select(lengths[row] - 1, 0, column % PART_SIZE >= FIRST_COLUMN_AT_START)",
        "lengths[row] - 1",
      ],
    ],
  ),
  ...mutationsOf("last_step.wgsl", [LAST_CHUNK], [["writes over a row that has ended", "|| lengths[row] == 0", ""]]),
];

const softmax: Mutation[] = [
  ...mutationsOf(
    "softmax.wgsl",
    ["head-softmax"],
    [
      ["forgets to divide by the sum", "- largest - log_sum", "- largest"],
      ["adds the logarithm of the sum", "- log_sum", "+ log_sum"],
      ["forgets the logarithm", "safe_log(workgroup_sum(sum, local_index))", "workgroup_sum(sum, local_index)"],
      ["sums the first of each invocation", "sum += safe_exp", "sum = safe_exp"],
      ["sums the numbers themselves", "safe_exp(logits[row + i] - largest)", "logits[row + i] - largest"],
      [
        "sums what one workgroup reaches at once",
        "sum += safe_exp(logits[row + i] - largest);",
        "sum += select(0.0, safe_exp(logits[row + i] - largest), i < WORKGROUP_SIZE);",
      ],
      ["subtracts each invocation's own largest", "largest = workgroup_max(largest, local_index);", ""],
      ["divides by each invocation's own sum", "workgroup_sum(sum, local_index)", "sum"],
      ["gives all rows the first one's", "(params.first_row + workgroup_id.x)", "(params.first_row)"],
      ["forgets that rows are padded", "padded(OUTPUT_SIZE)", "OUTPUT_SIZE"],
    ],
  ),
  ...mutationsOf(
    "softmax.wgsl",
    [EXTREME],
    [
      ["forgets to subtract the largest", "largest = workgroup_max(largest, local_index);", "largest = 0.0;"],
      ["takes nothing below zero for the largest", "var largest = -3.4028234e38;", "var largest = 0.0;"],
      ["takes the smallest for the largest", "max(largest, logits[row + i])", "min(largest, logits[row + i])"],
      [
        "takes the largest of what one workgroup reaches at once",
        "largest = max(largest, logits[row + i]);",
        "largest = select(largest, max(largest, logits[row + i]), i < WORKGROUP_SIZE);",
      ],
    ],
  ),
  ...mutationsOf(
    "softmax.wgsl",
    ["head-softmax"],
    [["starts every dispatch at the first row", "(params.first_row + workgroup_id.x)", "workgroup_id.x"]],
  ),
];

/** Of dense, embedding, concat, last_step and softmax. */
export const layerMutations: readonly Mutation[] = [...dense, ...embedding, ...concat, ...lastStep, ...softmax];
