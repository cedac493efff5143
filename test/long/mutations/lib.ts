// Mutations of the functions that kernels share.

import { NUM_FEW } from "../../../src/kernels/activationSource.js";
import { ELEMENT_FUNCTIONS } from "../../../src/layers/activation.js";
import { type Mutation, type MutationRow, mutationsOf } from "./mutation.js";

const FORWARD = "i4-h7";
const REVERSE_LENGTHS = "reverse-after-lengths";
const BOTH = "bidirectional-after";
const BOTH_LENGTHS = "bidirectional-after-lengths";

const BEFORE = "bidirectional-before";

const params = mutationsOf(
  "lib/params.wgsl",
  [FORWARD],
  [
    [
      "swaps the first row and the step",
      "  first_row: u32,  // first row of the steps, in a forward sequence [T, B, ...]\n  step: u32, ",
      "  step: u32,\n  first_row: u32, ",
    ],
  ],
);

const padding = mutationsOf(
  "lib/padding.wgsl",
  [BOTH],
  [
    ["does not pad", "(size + 3) / 4", "size / 4"],
    ["pads too much", "return 4 * vec4s(size);", "return 4 * vec4s(size + 4);"],
  ],
);

const chunk = mutationsOf(
  "lib/chunk.wgsl",
  [BOTH, REVERSE_LENGTHS],
  [
    ["reads and writes one state", "((slot + step) & 1)", "(slot & 1)"],
    ["reads the other state", "((slot + step) & 1)", "((slot + step + 1) & 1)"],
    ["gives all rows one slot", "(slot & ~1u) | ", ""],
    ["gives all rows the first one's slot", "slots[row]", "slots[0]"],
  ],
);

const layer = mutationsOf(
  "lib/layer.wgsl",
  [BOTH, REVERSE_LENGTHS],
  [
    ["runs the second direction forward", "direction >= FIRST_REVERSE", "direction > FIRST_REVERSE"],
    ["runs every direction in reverse", "direction >= FIRST_REVERSE", "true"],
    ["swaps the directions", "direction >= FIRST_REVERSE", "direction < FIRST_REVERSE"],
    ["begins the reverse past the end", "lengths[row] - 1 - step", "lengths[row] - step"],
    ["begins the reverse before the end", "lengths[row] - 1 - step", "max(lengths[row], step + 2) - 2 - step"],
    ["stays at the end", "lengths[row] - 1 - step", "lengths[row] - 1"],
    ["gives all rows the first one's time", "* params.batch_size + row;", "* params.batch_size;"],
    ["gives all directions one state", " + direction * 4 * HIDDEN_VEC4S", ""],
    ["writes all directions to the same columns", " + direction * HIDDEN_SIZE;", ";"],
  ],
);

const gru = [
  ...mutationsOf(
    "lib/gru.wgsl",
    [BOTH],
    [
      [
        "swaps r and z",
        "let r = gate(x.x, recurrent.x);\n  let z = gate(x.y, recurrent.y);",
        "let z = gate(x.x, recurrent.x);\n  let r = gate(x.y, recurrent.y);",
      ],
      [
        "swaps z and n",
        "let z = gate(x.y, recurrent.y);\n  let n = new_activation(x.z + r * recurrent.z);",
        "let z = gate(x.z, recurrent.z);\n  let n = new_activation(x.y + r * recurrent.y);",
      ],
      [
        "swaps r and n",
        `let r = gate(x.x, recurrent.x);
  let z = gate(x.y, recurrent.y);
  let n = new_activation(x.z + r * recurrent.z);`,
        `let r = gate(x.z, recurrent.z);
  let z = gate(x.y, recurrent.y);
  let n = new_activation(x.x + r * recurrent.x);`,
      ],
      ["drops x_r", "let r = gate(x.x,", "let r = gate(0.0,"],
      ["drops x_z", "let z = gate(x.y,", "let z = gate(0.0,"],
      ["drops x_n", "new_activation(x.z + r *", "new_activation(r *"],
      ["drops R h and c of the gates", "gate_activation(x + recurrent)", "gate_activation(x)"],
      ["resets x_n too", "x.z + r * recurrent.z", "r * (x.z + recurrent.z)"],
      ["resets x_n alone", "x.z + r * recurrent.z", "r * x.z + recurrent.z"],
      ["forgets to reset", "r * recurrent.z", "recurrent.z"],
      ["resets the blend", "return update(z, n, h);", "return update(z, n, r * h);"],
      ["blends by r", "return update(z, n, h);", "return update(r, n, h);"],
      ["blends the other way round", "(1.0 - z) * n + z * h", "z * n + (1.0 - z) * h"],
      ["forgets the blend", "(1.0 - z) * n + z * h", "n"],
      ["takes new_activation for the gates", "return gate_activation(", "return new_activation("],
      ["takes gate_activation for n", "let n = new_activation", "let n = gate_activation"],
    ],
  ),
  ...mutationsOf(
    "lib/step_gru.wgsl",
    [BOTH],
    [
      ["swaps x and R h", "step_after(x, recurrent,", "step_after(recurrent, x,"],
      ["blends with zero", "recurrent, before)", "recurrent, 0.0)"],
    ],
  ),
  ...mutationsOf(
    "lib/gru.wgsl",
    [BEFORE],
    [
      ["drops x_n, reset before", "new_activation(x_n + recurrent_n)", "new_activation(recurrent_n)"],
      ["drops R_n (r * h) + c_n", "new_activation(x_n + recurrent_n)", "new_activation(x_n)"],
      ["takes gate_activation for n, reset before", "update(z, new_activation", "update(z, gate_activation"],
      ["forgets the blend, reset before", "update(z, new_activation", "update(0.0, new_activation"],
    ],
  ),
];

const output = mutationsOf(
  "lib/output.wgsl",
  [BOTH],
  [
    ["leaves the state as it was", "params.step + 1)", "params.step)"],
    ["writes the state of the unit after", "+ 1), unit, after)", "+ 1), unit + 1, after)"],
    ["writes zeros for the output", "= h_of(after);", "= 0.0;"],
    ["writes all directions to the same columns", "output_start(direction,", "output_start(0u,"],
    ["runs every direction forward", "time_row_of(direction,", "time_row_of(0u,"],
  ],
);

const recurrent = mutationsOf(
  "lib/recurrent.wgsl",
  [BOTH],
  [
    ["gives all directions the first one's weights", "direction * HIDDEN_VEC4S + unit / 4", "unit / 4"],
    ["gives four units the first one's weights", " + unit % 4, HIDDEN_VEC4S)", ", HIDDEN_VEC4S)"],
    ["gives all units the first four's weights", "direction * HIDDEN_VEC4S + unit / 4", "direction * HIDDEN_VEC4S"],
    ["uses R_r for all gates", "= 4 * HIDDEN_VEC4S;", "= 0u;"],
    ["gives both directions the first one's rows", "direction * NUM_GATES * HIDDEN_SIZE + unit", "unit"],
    ["uses c_r for all gates", "ALL_GATES * HIDDEN_SIZE", "ALL_GATES * 0u"],
  ],
);

const tile = mutationsOf(
  "lib/tile.wgsl",
  [FORWARD],
  [
    ["gives two rows the first one's weights", "unpack(tile[1])", "unpack(tile[0])"],
    ["swaps two rows", "unpack(tile[2]), unpack(tile[3])", "unpack(tile[3]), unpack(tile[2])"],
    ["gives four rows the first one's weights", " + row % 4;", ";"],
    ["overlaps tiles", "row / 4 * row_vec4s * 4", "row / 4 * row_vec4s"],
    ["reads the first vec4 for all", "const TO_NEXT = 4u;", "const TO_NEXT = 0u;"],
  ],
);

const functionsDefault = mutationsOf(
  "lib/functions_default.wgsl",
  [BOTH_LENGTHS],
  [
    ["takes tanh for the gates", "return sigmoid(x);", "return safe_tanh(x);"],
    ["takes sigmoid for n", "return safe_tanh(x);", "return sigmoid(x);"],
    ["forgets tanh", "return safe_tanh(x);", "return x;"],
  ],
);

const SOFTSIGN = "clip-softsign";
const CLIP = "clip-tanh";
const AFFINE = "n-affine-0.7-after";

const functionsGeneral = [
  ...mutationsOf(
    "lib/functions_general.wgsl",
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
    "lib/functions_general.wgsl",
    [SOFTSIGN],
    [["takes n's function for the gates", "activate(GATE_FUNCTION", "activate(NEW_FUNCTION"]],
  ),
  ...mutationsOf(
    "lib/functions_general.wgsl",
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
      ["reverses four weights", "return four;", "return four.wzyx;"],
      ["swaps two weights", "return four;", "return four.yxzw;"],
      ["loses the fourth weight", "return four;", "return vec4f(four.xyz, 0.0);"],
    ],
  ),
  ...mutationsOf(
    "lib/weight_f16.wgsl",
    ["f16-mixed"],
    [
      ["swaps the halves of four weights", "four.x), unpack2x16float(four.y)", "four.y), unpack2x16float(four.x)"],
      ["swaps the halves of the first two", "unpack2x16float(four.x)", "unpack2x16float(four.x).yx"],
      ["swaps the halves of the last two", "unpack2x16float(four.y)", "unpack2x16float(four.y).yx"],
      ["repeats the first two", "unpack2x16float(four.y)", "unpack2x16float(four.x)"],
      ["takes them for fixed point", "unpack2x16float(four.x)", "unpack2x16snorm(four.x)"],
    ],
  ),
  ...mutationsOf(
    "lib/weight_int8.wgsl",
    ["int8-mixed"],
    [
      ["loses the sign", "vec4i(bitcast<i32>(four))", "vec4u(four)"],
      ["reverses four weights", "vec4u(24, 16, 8, 0)", "vec4u(0, 8, 16, 24)"],
      ["swaps two weights", "vec4u(24, 16, 8, 0)", "vec4u(16, 24, 8, 0)"],
      ["keeps the bits of other weights", ">> vec4u(24)", ">> vec4u(23)"],
    ],
  ),
];

/** Each function by the end of the id of its dense layer's case. */
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
    "affine-0.7",
    [
      ["affine drops alpha", "return alpha * x + beta;", "return x + beta;"],
      ["affine drops beta", "return alpha * x + beta;", "return alpha * x;"],
      ["affine swaps alpha and beta", "return alpha * x + beta;", "return beta * x + alpha;"],
    ],
  ],
  [
    "leakyRelu-0.3",
    [
      ["leakyRelu does not leak", "select(x, alpha * x, x < 0.0)", "select(x, 0.0, x < 0.0)"],
      ["leakyRelu drops alpha", "select(x, alpha * x, x < 0.0)", "x"],
      ["leakyRelu leaks the positive", "select(x, alpha * x, x < 0.0)", "select(x, alpha * x, x > 0.0)"],
    ],
  ],
  [
    "thresholdedRelu-0.05",
    [
      ["thresholdedRelu lets everything through", "select(x, 0.0, x <= alpha)", "x"],
      ["thresholdedRelu subtracts the threshold", "select(x, 0.0, x <= alpha)", "select(x - alpha, 0.0, x <= alpha)"],
      ["thresholdedRelu keeps what is below", "select(x, 0.0, x <= alpha)", "select(x, 0.0, x > alpha)"],
    ],
  ],
  [
    "scaledTanh-0.8",
    [
      ["scaledTanh drops alpha", "alpha * safe_tanh(beta * x)", "safe_tanh(beta * x)"],
      ["scaledTanh drops beta", "alpha * safe_tanh(beta * x)", "alpha * safe_tanh(x)"],
    ],
  ],
  [
    "hardSigmoid-0.4",
    [
      ["hardSigmoid drops alpha", "limit(alpha * x + beta, 0.0, 1.0)", "limit(x + beta, 0.0, 1.0)"],
      ["hardSigmoid drops beta", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x, 0.0, 1.0)"],
    ],
  ],
  [
    "elu-0.6",
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
  ["abs", [["abs keeps the sign", "return abs(x);", "return x;"]]],
  ["sqrt", [["the root is none", "      return sqrt(x);", "      return x;"]]],
  [
    "exp",
    [
      ["exp is linear", "      return exp_of_any(x);", "      return 1.0 + x;"],
      ["exp drops the rest", "ldexp(exp(r), i32(n))", "ldexp(1.0, i32(n))"],
      ["exp drops the power of two", "ldexp(exp(r), i32(n))", "exp(r)"],
      ["exp takes a part of ln 2", "fma(n, 2.12194440e-4, fma(n, -0.693359375, y))", "fma(n, -0.693359375, y)"],
    ],
  ],
  ["log", [["the logarithm is a root", "select(sqrt(x), log(x), x >= 0.0)", "sqrt(x)"]]],
  ["reciprocal", [["the reciprocal is none", "return 1.0 / x;", "return x;"]]],
  [
    "erf",
    [
      ["erf is even", "select(magnitude, -magnitude, x < 0.0)", "magnitude"],
      ["erf is a polynomial far from 0", "t > 0.927734375)", "false)"],
      ["erf is an exponential near 0", "t > 0.927734375)", "t > 0.1)"],
      ["erf ends at 1", "limit(abs(x), 0.0, 4.0)", "limit(abs(x), 0.0, 1.0)"],
    ],
  ],
  [
    "gelu",
    [
      ["gelu is twice as large", "0.5 * x * (1.0 + erf(", "x * (1.0 + erf("],
      ["gelu bends too early", "erf(0.70710678 * x)", "erf(x)"],
      ["gelu takes tanh for erf", "erf(0.70710678 * x)", "safe_tanh(0.79788456 * (x + 0.044715 * x * x * x))"],
    ],
  ],
  [
    "geluTanh",
    [
      ["geluTanh drops the cube", " + 0.044715 * x * x * x", ""],
      ["geluTanh takes erf for tanh", "safe_tanh(0.79788456 * (x", "erf(0.79788456 * (x"],
    ],
  ],
  [
    "silu-1.3",
    [
      ["silu is a sigmoid", "return x * sigmoid(alpha * x);", "return sigmoid(alpha * x);"],
      ["silu drops alpha", "return x * sigmoid(alpha * x);", "return x * sigmoid(x);"],
    ],
  ],
  [
    "mish",
    [
      ["mish is a tanh", "return x * tanh_softplus(x);", "return tanh_softplus(x);"],
      ["mish takes the positive half for both", "select(1.0, e * e, x < 0.0)", "1.0"],
      ["mish has one rest", "select(2.0 * e * e, 2.0, x < 0.0)", "2.0"],
    ],
  ],
  [
    "hardSwish-0.4",
    [
      [
        "hardSwish is a hardSigmoid",
        "return x * hard_sigmoid(alpha, beta, x);",
        "return hard_sigmoid(alpha, beta, x);",
      ],
    ],
  ],
  [
    "selu-0.7",
    [
      ["selu drops beta", "return beta * elu(alpha, x);", "return elu(alpha, x);"],
      ["selu drops alpha", "return beta * elu(alpha, x);", "return beta * elu(1.0, x);"],
    ],
  ],
  [
    "clip-0.2",
    [
      ["clip has no lower end", "least(select(x, alpha, x < alpha), beta)", "least(x, beta)"],
      ["clip has no upper end", "least(select(x, alpha, x < alpha), beta)", "select(x, alpha, x < alpha)"],
    ],
  ],
  [
    "sign",
    [
      ["sign is never negative", "select(x, -1.0, x < 0.0)", "x"],
      ["sign is never positive", "select(select(x, -1.0, x < 0.0), 1.0, x > 0.0)", "select(x, -1.0, x < 0.0)"],
    ],
  ],
  ["floor", [["floor goes to zero", "return floor(x);", "return trunc(x);"]]],
];

const activations = [
  ...activationRows.flatMap(([activation, rows]) => {
    const index = ELEMENT_FUNCTIONS.findIndex((name) => activation.startsWith(name));
    const isFew = index > 0 && index < NUM_FEW; // linear is where no other is
    return mutationsOf(`lib/activations${isFew ? "" : "_other"}.wgsl`, [`dense-${activation}`], rows);
  }),
  ...mutationsOf(
    "lib/activations.wgsl",
    ["dense-hardSigmoid-large"],
    [
      ["hardSigmoid falls below zero", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x + beta, -1e9, 1.0)"],
      ["hardSigmoid rises above one", "limit(alpha * x + beta, 0.0, 1.0)", "limit(alpha * x + beta, 0.0, 1e9)"],
      [
        "limit swaps its ends",
        "select(least(x, high), low, x < low)",
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
    ["saturated-after"],
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
  ["head-softmax"],
  [
    ["takes every number for NaN", "> 0x7f800000", ">= 0"],
    ["exp gives what it gets", "select(exp(x), x, is_nan(x))", "x"],
    ["the logarithm gives what it gets", "select(log(x), x, is_nan(x))", "x"],
  ],
);

const normalizations = [
  ...mutationsOf(
    "lib/normalize_softmax.wgsl",
    ["head-softmax"],
    [["gives the logarithm", "safe_exp(log_probability)", "log_probability"]],
  ),
  ...mutationsOf(
    "lib/normalize_log_softmax.wgsl",
    ["head-logSoftmax"],
    [["gives the probability", "return log_probability", "return exp(log_probability)"]],
  ),
];

const reduce = [
  ...mutationsOf(
    "lib/reduce.wgsl",
    ["head-softmax"],
    [
      ["sums the last half of the workgroup", "partial[local_index] += partial", "partial[local_index] = partial"],
      ["sums each invocation's own", "let sum = partial[0]", "let sum = value"],
    ],
  ),
  ...mutationsOf(
    "lib/reduce.wgsl",
    ["softmax-large"],
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
    "lib/sums.wgsl",
    ["tokens-warm"],
    [
      ["sums all for those before", "select(sums.before, sums.total, i == local_index)", "sums.total"],
      ["sums none before", "select(sums.before, sums.total, i == local_index)", "0.0"],
      ["sums its own before, too", "i == local_index", "i == local_index + 1"],
      ["takes the last one's for all", "sums.total += partial[i]", "sums.total = partial[i]"],
    ],
  ),
];

/** Mutations of the files in shaders/lib/. */
export const libMutations: readonly Mutation[] = [
  ...params,
  ...padding,
  ...chunk,
  ...layer,
  ...gru,
  ...output,
  ...recurrent,
  ...tile,
  ...functionsDefault,
  ...functionsGeneral,
  ...weights,
  ...activations,
  ...sigmoidTanh,
  ...keepNan,
  ...normalizations,
  ...reduce,
];
