// Mutations of the parts that kernels of recurrent layers share.

import { mutationsOf, type Mutation } from "./mutation.js";

const BOTH = "bidirectional-after";
const BOTH_LENGTHS = "bidirectional-after-lengths";
const INT8 = "int8-mixed";

const SCALED = "sums * bias_at(rows + row_of_gates())";

/** Cases that notice faults in the products of units with one gate, three and four. */
const ONE = ["rnn-bidirectional"];
const THREE = [BOTH, "f16-h33"];
const FOUR = ["lstm-bidirectional", "lstm-f16-h33"];

const products = [
  ...Object.entries({ one: ONE, three: THREE }).flatMap(([count, cases]) =>
    mutationsOf(
      `lib/products_of_${count}.wgsl`,
      cases,
      [["multiplies the tile transposed", "h * tile_at(w)", "tile_at(w) * h"]],
      "fourUnits",
    ),
  ),
  ...mutationsOf(
    "lib/products_of_three.wgsl",
    THREE,
    [["uses the second gate's R for the third", "h * tile_at(w + 2 * TO_GATE)", "h * tile_at(w + TO_GATE)"]],
    "fourUnits",
  ),
  ...mutationsOf(
    "lib/sums_at_once.wgsl",
    THREE,
    [
      ["reads the first vec4 of the state for all", "h_vec4(start, k)", "h_vec4(start, 0u)"],
      ["loses the last units", "k < HIDDEN_VEC4S", "k < HIDDEN_SIZE / 4"],
      ["reads the first vec4 of the weight for all", "first + k * TO_NEXT", "first"],
    ],
    "fourUnits",
  ),
  ...mutationsOf(
    "lib/sums_at_once.wgsl",
    THREE,
    [["gives both lanes the first one's part", "k = lane;", "k = 0u;"]],
    "persistentFourUnits",
  ),
  ...mutationsOf(
    "lib/sums_in_pairs.wgsl",
    FOUR,
    [
      ["multiplies the tile transposed", "h * tile_at(w);", "tile_at(w) * h;"],
      ["uses one gate's R for two", "tile_at(w + TO_GATE)", "tile_at(w)"],
      ["uses the first two gates' R for the others", "gate * TO_GATE + k", "0 * gate + k"],
      ["swaps two gates", "sums[gate] = one;", "sums[gate] = other;"],
      ["leaves the last two gates", "gate < NUM_GATES;", "gate + 2 < NUM_GATES;"],
      ["reads the first vec4 of the state for all", "h_vec4(start, k)", "h_vec4(start, 0u)"],
      ["loses the last units", "k < HIDDEN_VEC4S", "k < HIDDEN_SIZE / 4"],
    ],
    "fourUnits",
  ),
  ...mutationsOf(
    "lib/sums_in_pairs.wgsl",
    FOUR,
    [["gives both lanes the first one's part", "k = lane;", "k = 0u;"]],
    "persistentFourUnits",
  ),
  ...mutationsOf(
    "lib/products_of_one.wgsl",
    ["rnn-bidirectional"],
    [
      ["gives all units the first one's x", "return projection[i];", "return projection[0];"],
      ["gives all units the first one's bias", "return recurrent_bias[i];", "return recurrent_bias[0];"],
    ],
  ),
  ...mutationsOf(
    "lib/products_of_three.wgsl",
    [BOTH],
    [
      ["uses R_z for R_r", "dot(unpack(recurrent_weight[w]), h)", "dot(unpack(recurrent_weight[w + TO_GATE]), h)"],
      ["uses R_n for R_z", "weight[w + TO_GATE]), h)", "weight[w + 2 * TO_GATE]), h)"],
      ["uses R_r for R_n", "weight[w + 2 * TO_GATE]), h)", "weight[w]), h)"],
      ["swaps x_r and x_z", "projection[i.x], projection[i.y]", "projection[i.y], projection[i.x]"],
      ["takes x_z for x_n", "projection[i.z]", "projection[i.y]"],
      ["takes c_z for c_n", "recurrent_bias[i.z]", "recurrent_bias[i.y]"],
    ],
  ),
  ...mutationsOf(
    "lib/products_of_four.wgsl",
    ["lstm-bidirectional"],
    [
      ["uses R_f for R_i", "dot(unpack(recurrent_weight[w]), h)", "dot(unpack(recurrent_weight[w + TO_GATE]), h)"],
      ["uses R_g for R_f", "weight[w + TO_GATE]), h)", "weight[w + 2 * TO_GATE]), h)"],
      ["uses R_o for R_g", "weight[w + 2 * TO_GATE]), h)", "weight[w + 3 * TO_GATE]), h)"],
      ["uses R_i for R_o", "weight[w + 3 * TO_GATE]), h)", "weight[w]), h)"],
      ["swaps x_i and x_f", "projection[i.x], projection[i.y]", "projection[i.y], projection[i.x]"],
      ["takes x_g for x_o", "projection[i.w]", "projection[i.z]"],
      ["takes c_g for c_o", "recurrent_bias[i.w]", "recurrent_bias[i.z]"],
    ],
  ),
  ...Object.entries({ three: THREE, four: FOUR }).flatMap(([count, cases]) => [
    ...mutationsOf(
      `lib/products_of_${count}.wgsl`,
      cases,
      [["swaps two gates", "four[1][i], four[2][i]", "four[2][i], four[1][i]"]],
      "fourUnits",
    ),
    ...mutationsOf(
      `lib/products_of_${count}.wgsl`,
      cases,
      [
        [
          "uses the second gate's R for the third, of four rows",
          "unpack(recurrent_weight[w + 2 * TO_GATE]) * h",
          "unpack(recurrent_weight[w + TO_GATE]) * h",
        ],
      ],
      "fourRows",
    ),
  ]),
];

const step = [
  ...mutationsOf(
    "lib/step.wgsl",
    [BOTH],
    [
      ["drops c_r", "+ bias_at(rows);", "+ bias_at(rows) * vec3f(0, 1, 1);"],
      ["drops c_z", "+ bias_at(rows);", "+ bias_at(rows) * vec3f(1, 0, 1);"],
      ["drops c_n", "+ bias_at(rows);", "+ bias_at(rows) * vec3f(1, 1, 0);"],
      [
        "forgets that rows are padded",
        "padded(NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE)",
        "NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE",
      ],
      ["gives all steps the first one's x", "time_row * row_of_gates() + rows", "rows"],
    ],
  ),
  ...mutationsOf(
    "lib/step.wgsl",
    [INT8],
    [
      ["drops the scale of R_r", SCALED, `select(sums, ${SCALED}, vec3<bool>(false, true, true))`],
      ["drops the scale of R_z", SCALED, `select(sums, ${SCALED}, vec3<bool>(true, false, true))`],
      ["drops the scale of R_n", SCALED, `select(sums, ${SCALED}, vec3<bool>(true, true, false))`],
      ["scales R_r as R_z", SCALED, `${SCALED}.yyz`],
    ],
  ),
  ...mutationsOf("lib/step.wgsl", ["rnn-relu"], [["drops the scale", SCALED, "sums"]]),
  ...mutationsOf(
    "lib/step.wgsl",
    [BOTH, "f16-h33"],
    [
      ["gives two units the first one's weights", "recurrent_weight[w + 1]", "recurrent_weight[w]"],
      [
        "swaps two units",
        "w + 2]),\n    unpack(recurrent_weight[w + 3])",
        "w + 3]),\n    unpack(recurrent_weight[w + 2])",
      ],
    ],
    "fourUnits",
  ),
  ...mutationsOf(
    "lib/state.wgsl",
    [BOTH],
    [
      ["reads the first vec4 of the state for all", "let i = start + 4 * k;", "let i = start;"],
      ["swaps two columns of the state", "state[i + 1], state[i + 2]", "state[i + 2], state[i + 1]"],
    ],
  ),
];

/** How gates are counted, and a unit's state. */
const units = [
  ...mutationsOf(
    "lib/gates_one.wgsl",
    ["rnn-few"],
    [
      ["forgets the sum", "return gates;", "return 0.0;"],
      ["begins with the first row", "return rows;", "return 0;"],
    ],
    "cell",
  ),
  ...mutationsOf(
    "lib/gates_three.wgsl",
    [BOTH, BOTH_LENGTHS],
    [
      ["takes turns the other way", "Gates(gates.yz, last)", "Gates(last, gates.yz)"],
      ["takes turns of rows the other way", "GateRows(rows.yz, last)", "GateRows(last, rows.yz)"],
      ["begins with the last", "return gates.x;", "return gates.z;"],
      ["begins with the last row", "return rows.x;", "return rows.z;"],
    ],
    "cell",
  ),
  ...mutationsOf("lib/gates_three.wgsl", [BOTH], [["swaps z and n", "vec3u(0, 1, 2)", "vec3u(0, 2, 1)"]]),
  ...mutationsOf(
    "lib/gates_four.wgsl",
    ["lstm-few"],
    [
      ["takes turns the other way", "Gates(gates.yzw, last)", "Gates(last, gates.yzw)"],
      ["takes turns of rows the other way", "GateRows(rows.yzw, last)", "GateRows(last, rows.yzw)"],
      ["begins with the last", "return gates.x;", "return gates.w;"],
      ["begins with the last row", "return rows.x;", "return rows.w;"],
    ],
    "cell",
  ),
  ...mutationsOf(
    "lib/gates_four.wgsl",
    ["lstm-forward"],
    [["swaps f and g", "vec4u(0, 1, 2, 3)", "vec4u(0, 2, 1, 3)"]],
  ),
  ...mutationsOf(
    "lib/unit_h.wgsl",
    [BOTH],
    [
      ["blends with another unit's state", "return state[start + unit];", "return state[start];"],
      ["writes zeros for the state", "state[start + unit] = after;", "state[start + unit] = 0.0;"],
      ["gives half of h", "return after;", "return 0.5 * after;"],
    ],
  ),
  ...mutationsOf(
    "lib/unit_h_c.wgsl",
    ["lstm-bidirectional"],
    [
      ["keeps the cell", "state[start + TO_CELL + unit] = after.y;", ""],
      ["keeps h", "state[start + unit] = after.x;", ""],
      ["reads h for the cell", "state[start + TO_CELL + unit]);", "state[start + unit]);"],
      ["swaps h and the cell", "return after.x;", "return after.y;"],
      ["gives one direction the cells of the other", "NUM_DIRECTIONS * 4 * HIDDEN_VEC4S", "4 * HIDDEN_VEC4S"],
    ],
  ),
];

/** Of the products, gates and states of lib/. */
export const recurrentMutations: readonly Mutation[] = [...products, ...step, ...units];
