// Mutations of the functions that kernels share.

import { type Mutation, type MutationRow, mutationsOf } from "./mutation.js";

const FORWARD = "I=4 H=7 B=17 T=33, reset after";
const REVERSE_LENGTHS = "reverse, reset after, lengths";
const BOTH = "bidirectional, reset after";
const BOTH_LENGTHS = "bidirectional, reset after, lengths";

const time = mutationsOf(
  "lib/time.wgsl",
  [BOTH, REVERSE_LENGTHS],
  [
    ["runs the second direction forward", "direction >= FIRST_REVERSE", "direction > FIRST_REVERSE"],
    ["runs every direction in reverse", "direction >= FIRST_REVERSE", "true"],
    ["swaps the directions", "direction >= FIRST_REVERSE", "direction < FIRST_REVERSE"],
    ["begins the reverse past the end", "length - 1 - step", "length - step"],
    ["begins the reverse before the end", "length - 1 - step", "max(length, step + 2) - 2 - step"],
    ["stays at the end", "length - 1 - step", "length - 1"],
    ["reads and writes one state", "((place + step) & 1)", "(place & 1)"],
    ["reads the other state", "((place + step) & 1)", "((place + step + 1) & 1)"],
    ["gives all rows one slot", "(place & ~1u) | ", ""],
    ["gives all directions one state", " + direction * ((HIDDEN_SIZE + 3) / 4 * 4)", ""],
  ],
);

const recurrent = mutationsOf(
  "lib/recurrent.wgsl",
  [BOTH],
  [
    ["gives all directions the first one's weights", "direction * quads + unit / 4", "unit / 4"],
    ["gives four units the first one's weights", " + unit % 4, quads)", ", quads)"],
    ["gives all units the first four's weights", "direction * quads + unit / 4", "direction * quads"],
    ["uses R_z for R_n", "= 2 * TO_Z;", "= TO_Z;"],
    ["uses R_r for R_z", "= (HIDDEN_SIZE + 3) / 4 * 4;", "= 0u;"],
  ],
);

const tile = mutationsOf(
  "lib/tile.wgsl",
  [FORWARD],
  [
    ["gives two rows the first one's weights", "unpack(tile[1])", "unpack(tile[0])"],
    ["swaps two rows", "unpack(tile[2]), unpack(tile[3])", "unpack(tile[3]), unpack(tile[2])"],
    ["gives four rows the first one's weights", " + row % 4;", ";"],
    ["overlaps tiles", "row / 4 * quads * 4", "row / 4 * quads"],
    ["reads the first quad for all", "const TO_NEXT = 4u;", "const TO_NEXT = 0u;"],
  ],
);

const gatesDefault = mutationsOf(
  "lib/gates_default.wgsl",
  [BOTH_LENGTHS],
  [
    ["takes tanh for the gates", "return sigmoid(x);", "return safe_tanh(x);"],
    ["takes sigmoid for n", "return safe_tanh(x);", "return sigmoid(x);"],
    ["forgets tanh", "return safe_tanh(x);", "return x;"],
  ],
);

const SOFTSIGN = "r, z = softsign, clip 0.3";
const CLIP = "r, z = tanh, clip 0.3";
const AFFINE = "n = affine(0.7, 0.1), reset after";

const gatesGeneral = [
  ...mutationsOf(
    "lib/gates_general.wgsl",
    [AFFINE],
    [
      ["takes n's alpha for the gates", "GATE_ALPHA, GATE_BETA, limit", "NEW_ALPHA, GATE_BETA, limit"],
      ["takes n's beta for the gates", "GATE_ALPHA, GATE_BETA, limit", "GATE_ALPHA, NEW_BETA, limit"],
      ["takes the gates' function for n", "activate(NEW_FUNCTION", "activate(GATE_FUNCTION"],
      ["takes the gates' alpha for n", "NEW_ALPHA, NEW_BETA, limit", "GATE_ALPHA, NEW_BETA, limit"],
      ["takes the gates' beta for n", "NEW_ALPHA, NEW_BETA, limit", "NEW_ALPHA, GATE_BETA, limit"],
    ],
  ),
  ...mutationsOf(
    "lib/gates_general.wgsl",
    [SOFTSIGN],
    [["takes n's function for the gates", "activate(GATE_FUNCTION", "activate(NEW_FUNCTION"]],
  ),
  ...mutationsOf(
    "lib/gates_general.wgsl",
    [CLIP],
    [
      ["ignores the clip of the gates", "GATE_BETA, limit(x, -CLIP, CLIP)", "GATE_BETA, x"],
      ["ignores the clip of n", "NEW_BETA, limit(x, -CLIP, CLIP)", "NEW_BETA, x"],
      ["clips the gates above zero", "GATE_BETA, limit(x, -CLIP, CLIP)", "GATE_BETA, limit(x, 0.0, CLIP)"],
      ["clips n below zero", "NEW_BETA, limit(x, -CLIP, CLIP)", "NEW_BETA, limit(x, -CLIP, 0.0)"],
    ],
  ),
];

const weights = [
  ...mutationsOf(
    "lib/weight_f32.wgsl",
    [FORWARD],
    [
      ["reverses four weights", "return quad;", "return quad.wzyx;"],
      ["swaps two weights", "return quad;", "return quad.yxzw;"],
      ["loses the fourth weight", "return quad;", "return vec4f(quad.xyz, 0.0);"],
    ],
  ),
  ...mutationsOf(
    "lib/weight_f16.wgsl",
    ["f16, concatenations"],
    [
      ["swaps the halves of four weights", "quad.x), unpack2x16float(quad.y)", "quad.y), unpack2x16float(quad.x)"],
      ["swaps the halves of the first two", "unpack2x16float(quad.x)", "unpack2x16float(quad.x).yx"],
      ["swaps the halves of the last two", "unpack2x16float(quad.y)", "unpack2x16float(quad.y).yx"],
      ["repeats the first two", "unpack2x16float(quad.y)", "unpack2x16float(quad.x)"],
      ["takes them for fixed point", "unpack2x16float(quad.x)", "unpack2x16snorm(quad.x)"],
    ],
  ),
  ...mutationsOf(
    "lib/weight_int8.wgsl",
    ["int8, concatenations"],
    [
      ["loses the sign", "vec4i(bitcast<i32>(quad))", "vec4u(quad)"],
      ["reverses four weights", "vec4u(24, 16, 8, 0)", "vec4u(0, 8, 16, 24)"],
      ["swaps two weights", "vec4u(24, 16, 8, 0)", "vec4u(16, 24, 8, 0)"],
      ["keeps the bits of other weights", ">> vec4u(24)", ">> vec4u(23)"],
    ],
  ),
];

/** What the cases call a dense layer with each function; the second one has parameters of its own. */
const activationRows: readonly [activation: string, rows: readonly MutationRow[]][] = [
  ["linear", [["default gives zero", "default: { // linear\n      return x;", "default: {\n      return 0.0;"]]],
  [
    "relu",
    [
      [
        "relu lets the negative through",
        "case 1: { // relu\n      return select(x, 0.0, x < 0.0);",
        "case 1: {\n      return x;",
      ],
      ["relu gives |x|", "return select(x, 0.0, x < 0.0);", "return abs(x);"],
      ["relu keeps the negative", "return select(x, 0.0, x < 0.0);", "return select(x, 0.0, x > 0.0);"],
    ],
  ],
  [
    "sigmoid",
    [["sigmoid gives tanh", "case 2: { // sigmoid\n      return sigmoid(x);", "case 2: {\n      return safe_tanh(x);"]],
  ],
  [
    "tanh",
    [["tanh gives sigmoid", "case 3: { // tanh\n      return safe_tanh(x);", "case 3: {\n      return sigmoid(x);"]],
  ],
  [
    "affine(0.7, 0.1)",
    [
      ["affine drops alpha", "return alpha * x + beta;", "return x + beta;"],
      ["affine drops beta", "return alpha * x + beta;", "return alpha * x;"],
      ["affine swaps alpha and beta", "return alpha * x + beta;", "return beta * x + alpha;"],
    ],
  ],
  [
    "leakyRelu(0.3, )",
    [
      ["leakyRelu does not leak", "select(x, alpha * x, x < 0.0)", "select(x, 0.0, x < 0.0)"],
      ["leakyRelu drops alpha", "select(x, alpha * x, x < 0.0)", "x"],
      ["leakyRelu leaks the positive", "select(x, alpha * x, x < 0.0)", "select(x, alpha * x, x > 0.0)"],
    ],
  ],
  [
    "thresholdedRelu(0.05, )",
    [
      ["thresholdedRelu lets everything through", "select(x, 0.0, x <= alpha)", "x"],
      ["thresholdedRelu subtracts the threshold", "select(x, 0.0, x <= alpha)", "select(x - alpha, 0.0, x <= alpha)"],
      ["thresholdedRelu keeps what is below", "select(x, 0.0, x <= alpha)", "select(x, 0.0, x > alpha)"],
    ],
  ],
  [
    "scaledTanh(0.8, 1.3)",
    [
      ["scaledTanh drops alpha", "alpha * safe_tanh(beta * x)", "safe_tanh(beta * x)"],
      ["scaledTanh drops beta", "alpha * safe_tanh(beta * x)", "alpha * safe_tanh(x)"],
    ],
  ],
  [
    "hardSigmoid(0.4, 0.3)",
    [
      ["hardSigmoid drops alpha", "limit(alpha * x + beta, 0.0, 1.0)", "limit(x + beta, 0.0, 1.0)"],
      ["hardSigmoid drops beta", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x, 0.0, 1.0)"],
    ],
  ],
  [
    "elu(0.6, )",
    [
      ["elu drops alpha", "alpha * (exp(-abs(x)) - 1.0)", "(exp(-abs(x)) - 1.0)"],
      ["elu does not reach zero", "alpha * (exp(-abs(x)) - 1.0)", "alpha * exp(-abs(x))"],
      ["elu is linear", "select(x, alpha * (exp(-abs(x)) - 1.0), x < 0.0)", "x"],
      ["elu is one of the positive", "alpha * (exp(-abs(x)) - 1.0), x < 0.0", "alpha * (exp(-abs(x)) - 1.0), x > 0.0"],
    ],
  ],
  [
    "softsign",
    [
      ["softsign is linear", "return x / (1.0 + abs(x));", "return x;"],
      ["softsign forgets |x|", "x / (1.0 + abs(x))", "x / (1.0 + x)"],
    ],
  ],
  [
    "softplus",
    [
      ["softplus drops the positive part", "select(x, 0.0, x < 0.0) + log", "log"],
      ["softplus drops the logarithm", " + log(1.0 + exp(-abs(x)))", ""],
      ["softplus forgets |x|", "log(1.0 + exp(-abs(x)))", "log(1.0 + exp(-x))"],
    ],
  ],
  ["square", [["square keeps the sign", "return x * x;", "return x * abs(x);"]]],
];

const activations = [
  ...activationRows.flatMap(([activation, rows]) =>
    mutationsOf("lib/activations.wgsl", [`a dense layer with ${activation}`], rows),
  ),
  ...mutationsOf(
    "lib/activations.wgsl",
    ["a dense layer with hardSigmoid of large numbers"],
    [
      ["hardSigmoid falls below zero", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x + beta, -1e9, 1.0)"],
      ["hardSigmoid rises above one", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x + beta, 0.0, 1e9)"],
      [
        "limit swaps its ends",
        "select(select(x, high, x > high), low, x < low)",
        "select(select(x, low, x > high), high, x < low)",
      ],
    ],
  ),
];

const sigmoidTanh = [
  ...mutationsOf(
    "lib/sigmoid_tanh.wgsl",
    [BOTH],
    [
      ["sigmoid is mirrored", "rest, x < 0.0", "rest, x >= 0.0"],
      ["sigmoid stays above a half", "select(1.0 - rest, rest, x < 0.0)", "1.0 - rest"],
      ["sigmoid forgets |x|", "let e = exp(-abs(x));", "let e = exp(-x);"],
      ["tanh is half as steep", "exp(-2.0 * abs(x))", "exp(-abs(x))"],
      ["tanh loses the sign", "sign(x) * ", ""],
      ["tanh forgets to divide", "2.0 * e, is_near_end) / (1.0 + e)", "2.0 * e, is_near_end)"],
      ["tanh takes 2 e near zero", "select(1.0 - e, 2.0 * e, is_near_end)", "(2.0 * e)"],
      ["tanh takes 1 - e near its ends", "select(1.0 - e, 2.0 * e, is_near_end)", "(1.0 - e)"],
      ["tanh gives what is left to its ends", "select(quotient, 1.0 - quotient, is_near_end)", "quotient"],
    ],
  ),
  ...mutationsOf(
    "lib/sigmoid_tanh.wgsl",
    ["gates far into saturation, reset after"],
    [
      [
        "tanh overflows",
        "return sign(x) * select(quotient, 1.0 - quotient, is_near_end);",
        "return (exp(2.0 * x) - 1.0) / (exp(2.0 * x) + 1.0);",
      ],
      ["sigmoid overflows", "return select(1.0 - rest, rest, x < 0.0);", "return exp(x) / (1.0 + exp(x));"],
    ],
  ),
];

const keepNan = mutationsOf(
  "lib/keep_nan.wgsl",
  ["concatenations, no biases, mixed resets and a softmax head"],
  [
    ["takes every number for NaN", "> 0x7f800000", ">= 0"],
    ["exp gives what it gets", "select(exp(x), x, is_nan(x))", "x"],
    ["the logarithm gives what it gets", "select(log(x), x, is_nan(x))", "x"],
  ],
);

const normalizations = [
  ...mutationsOf(
    "lib/normalize_softmax.wgsl",
    ["concatenations, no biases, mixed resets and a softmax head"],
    [["gives the logarithm", "safe_exp(log_probability)", "log_probability"]],
  ),
  ...mutationsOf(
    "lib/normalize_log_softmax.wgsl",
    ["concatenations, no biases, mixed resets and a logSoftmax head"],
    [["gives the probability", "return log_probability", "return exp(log_probability)"]],
  ),
];

const reduce = [
  ...mutationsOf(
    "lib/reduce.wgsl",
    ["concatenations, no biases, mixed resets and a softmax head"],
    [
      ["sums the last half of the workgroup", "partial[local_index] += partial", "partial[local_index] = partial"],
      ["sums each invocation's own", "let sum = partial[0]", "let sum = value"],
    ],
  ),
  ...mutationsOf(
    "lib/reduce.wgsl",
    ["softmax and its logarithm of numbers that exp cannot take"],
    [
      [
        "takes the largest of half a workgroup",
        "max(partial[local_index], partial[local_index + width])",
        "partial[local_index]",
      ],
      ["takes each invocation's own for the largest", "let largest = partial[0]", "let largest = value"],
    ],
  ),
  ...mutationsOf(
    "lib/reduce.wgsl",
    ["tokens at temperature 0.8"],
    [
      ["sums all for those before", "select(sums.before, sums.total, i == local_index)", "sums.total"],
      ["sums none before", "select(sums.before, sums.total, i == local_index)", "0.0"],
      ["sums its own before, too", "i == local_index", "i == local_index + 1"],
      ["takes the last one's for all", "sums.total += partial[i]", "sums.total = partial[i]"],
    ],
  ),
];

/** Of what is in shaders/lib/. */
export const libMutations: readonly Mutation[] = [
  ...time,
  ...recurrent,
  ...tile,
  ...gatesDefault,
  ...gatesGeneral,
  ...weights,
  ...activations,
  ...sigmoidTanh,
  ...keepNan,
  ...normalizations,
  ...reduce,
];
