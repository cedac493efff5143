// Mutations of the kernels of a layer's single steps. Running a row for one step too long is not among them: what that writes,
// nobody reads.

import { type Mutation, mutationsOf } from "./mutation.js";

const AFTER = "bidirectional-after";
const AFTER_LENGTHS = "bidirectional-after-lengths";
const BEFORE = "bidirectional-before";
const BEFORE_LENGTHS = "bidirectional-before-lengths";
/** Two GRU layers, one of each reset form. */
const INT8 = "int8-mixed";
/** Units that are no multiple of four. */
const ONE_GROUP = "f16-h33";
const INT8_STACK = "stack-int8-after";
const FORWARD = "i4-h7";
/** Its second layer has H = 12: a gate is a whole number of vec4s. */
const WHOLE_VEC4S = "last-text";

/**
 * Vec4 k of a row of the transposed recurrent weight of one gate: element [unit, k] reads [k, unit]. Past H it reads what
 * pads the columns.
 *
 * @param toGate vec4s from r to the gate
 */
function transposedVec4(toGate: string): string {
  const elements = [0, 1, 2, 3].map(
    (i) =>
      `unpack(recurrent_weight[recurrent_row(direction, 4 * k + ${i}) + unit / 4 * TO_NEXT + ${toGate}])[unit % 4]`,
  );
  return `vec4f(${elements.join(", ")})`;
}

/** Adds the products of a unit with one gate's weight transposed. */
function transposedProducts(component: "x" | "y" | "z", toGate: string): string {
  const difference = `${transposedVec4(toGate)} - unpack(recurrent_weight[w + ${toGate}])`;
  return `sums += products_of(w, state_vec4(start, k));
    sums.${component} += dot(${difference}, state_vec4(start, k));`;
}

const PRODUCTS = "sums += products_of(w, state_vec4(start, k));";
const STEP_AFTER = "let after = step_of(projected(time_row, rows), biased(sums, rows), before);";

const step: Mutation[] = [
  ...mutationsOf(
    "lib/make_one.wgsl",
    [AFTER],
    [
      ["reads another row of the state", "state_start(direction, row,", "state_start(direction, row / 2,"],
      ["transposes R_r", PRODUCTS, transposedProducts("x", "0")],
      ["transposes R_z", PRODUCTS, transposedProducts("y", "TO_GATE")],
      ["transposes R_n", PRODUCTS, transposedProducts("z", "2 * TO_GATE")],
      ["loses the last units of the product", PRODUCTS, `if (4 * k + 4 <= HIDDEN_SIZE) { ${PRODUCTS} }`],
    ],
  ),
  ...mutationsOf(
    "recurrent_step.wgsl",
    [AFTER],
    [
      ["swaps z and n", "biased(sums, rows)", "biased(sums.xzy, rows)"],
      [
        "resets before the product: R_n (r * h) + c_n",
        STEP_AFTER,
        `var reset_sum = 0.0;
  let start = state_start(direction, row, params.step);
  for (var j = 0u; j < HIDDEN_SIZE; j++) {
    var sums_j = vec3f();
    for (var k = 0u; k < HIDDEN_VEC4S; k++) {
      sums_j += products_of(recurrent_row(direction, j) + k * TO_NEXT, state_vec4(start, k));
    }
    let rows_j = gate_rows(direction, j);
    let r_j = gate(projected(time_row, rows_j).x, biased(sums_j, rows_j).x);
    let weight_j = unpack(recurrent_weight[recurrent_row(direction, unit) + 2 * TO_GATE + j / 4 * TO_NEXT])[j % 4];
    reset_sum += weight_j * r_j * state[start + j];
  }
  let x = projected(time_row, rows);
  let recurrent = biased(vec3f(sums.xy, reset_sum), rows);
  let after = step_before(x.z, recurrent.z, gate(x.y, recurrent.y), before);`,
      ],
      [
        "resets before the bias",
        STEP_AFTER,
        `let c = biased(vec3f(), rows);
  let recurrent = biased(sums, rows) - vec3f(0, 0, c.z);
  let after = step_after(projected(time_row, rows) + vec3f(0, 0, c.z), recurrent, before);`,
      ],
      [
        "blends with another unit's state",
        "state_start(direction, row, params.step), unit)",
        "state_start(direction, row, params.step), 0u)",
      ],
    ],
  ),
  ...mutationsOf(
    "recurrent_step.wgsl",
    [AFTER, AFTER_LENGTHS, ONE_GROUP, INT8_STACK],
    [["overlaps the units of invocations", "UNITS * global_id.x", "global_id.x"]],
    "fourUnits",
  ),
  ...mutationsOf(
    "recurrent_step.wgsl",
    [AFTER, AFTER_LENGTHS, FORWARD],
    [["overlaps the rows of invocations", "ROWS * global_id.y", "global_id.y"]],
    "fourRows",
  ),
  ...mutationsOf(
    "lib/make_one.wgsl",
    [AFTER_LENGTHS],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["runs a row for a step too short", "params.step >= lengths[row]", "params.step + 1 >= lengths[row]"],
    ],
  ),
  ...mutationsOf(
    "lib/make_four.wgsl",
    [AFTER, AFTER_LENGTHS, ONE_GROUP, INT8_STACK],
    [
      ["leaves the last unit of four", "i < UNITS * ROWS", "i + 1 < UNITS * ROWS"],
      ["makes the first unit four times", "first_unit + i % UNITS", "first_unit"],
      ["runs a row for a step too short", "params.step >= lengths[first_row]", "params.step + 1 >= lengths[first_row]"],
    ],
    "fourUnits",
  ),
  ...mutationsOf(
    "lib/make_four.wgsl",
    [AFTER, AFTER_LENGTHS, FORWARD],
    [
      ["leaves the last row of four", "i < UNITS * ROWS", "i + 1 < UNITS * ROWS"],
      ["makes the first row four times", "first_row + i / UNITS", "first_row"],
      ["writes rows past a length", " && params.step < lengths[row]", ""],
      ["reads another row of the state", "min(row, params.batch_size - 1)", "row / 2"],
      ["gives two rows the first one's state", "start_of(direction, row + 1)", "start_of(direction, row)"],
      [
        "swaps two rows",
        "state_vec4(starts.z, k), state_vec4(starts.w, k)",
        "state_vec4(starts.w, k), state_vec4(starts.z, k)",
      ],
    ],
    "fourRows",
  ),
];

const gates: Mutation[] = [
  ...mutationsOf(
    "gru_gates.wgsl",
    [BEFORE],
    [
      ["swaps r and z", "gate(x.x, recurrent.x) * state", "gate(x.y, recurrent.y) * state"],
      ["takes x_n for x_z", "= gate(x.y, recurrent.y)", "= gate(x.z, recurrent.y)"],
      [
        "takes c_n for c_z",
        "= gate(x.y, recurrent.y)",
        "= gate(x.y, recurrent.y - biased(vec3f(), rows).y + recurrent.z)",
      ],
      ["uses R_z for R_r", "recurrent_weight[w])", "recurrent_weight[w + TO_GATE])"],
      ["uses R_r for R_z", "recurrent_weight[w + TO_GATE]", "recurrent_weight[w]"],
      ["uses R_n for R_z", "recurrent_weight[w + TO_GATE]", "recurrent_weight[w + 2 * TO_GATE]"],
      ["drops R_r h and c_r", "gate(x.x, recurrent.x)", "gate(x.x, 0.0)"],
      ["drops x_z", "gate(x.y, recurrent.y)", "gate(0.0, recurrent.y)"],
      ["transposes R_r", "unpack(recurrent_weight[w])", transposedVec4("0")],
      ["transposes R_z", "unpack(recurrent_weight[w + TO_GATE])", transposedVec4("TO_GATE")],
      ["forgets to reset", "gate(x.x, recurrent.x) * state", "state"],
      ["gives r for r * h", " * state[start + unit];", ";"],
      ["gives r for z", "= gate(x.y, recurrent.y)", "= gate(x.x, recurrent.x)"],
      ["writes z over r * h", "gated_start + 4 * HIDDEN_VEC4S + unit", "gated_start + unit"],
      ["loses the last units of the product", "k < HIDDEN_VEC4S;", "k < HIDDEN_SIZE / 4;"],
      ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
      ["reads another row of the state", "state_start(direction, row,", "state_start(direction, row / 2,"],
    ],
  ),
  ...mutationsOf(
    "gru_gates.wgsl",
    [BEFORE_LENGTHS],
    [["runs a row for a step too short", "params.step >= lengths[row]", "params.step + 1 >= lengths[row]"]],
  ),
];

const secondHalf: Mutation[] = [
  ...mutationsOf(
    "gru_new.wgsl",
    [BEFORE],
    [
      ["takes x_z for x_n", "projected(time_row, rows).z", "projected(time_row, rows).y"],
      ["takes c_z for c_n", "biased(vec3f(0, 0, sum), rows).z", "biased(vec3f(0, sum, 0), rows).y"],
      ["uses R_z for R_n", "+ 2 * TO_GATE;", "+ TO_GATE;"],
      ["uses R_r for R_n", " + 2 * TO_GATE;", ";"],
      ["drops x_n", "projected(time_row, rows).z", "0.0"],
      ["transposes R_n", "unpack(recurrent_weight[w])", transposedVec4("2 * TO_GATE")],
      [
        "resets after the product: r * (R_n h + c_n)",
        `    sum += dot(unpack(recurrent_weight[w]), gated[gated_start + k]);
    w += TO_NEXT;
  }
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);
  let z = gated[gated_start + HIDDEN_VEC4S + unit / 4][unit % 4];
  let h = state[state_start(direction, row, params.step) + unit];
  let after = step_before(projected(time_row, rows).z, biased(vec3f(0, 0, sum), rows).z, z, h);`,
        `    sum += dot(unpack(recurrent_weight[w]), state_vec4(state_start(direction, row, params.step), k));
    w += TO_NEXT;
  }
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);
  let z = gated[gated_start + HIDDEN_VEC4S + unit / 4][unit % 4];
  let h = state[state_start(direction, row, params.step) + unit];
  let r = gated[gated_start + unit / 4][unit % 4] / h;
  let after = step_before(projected(time_row, rows).z, r * biased(vec3f(0, 0, sum), rows).z, z, h);`,
      ],
      ["multiplies by z for r * h", "gated[gated_start + k]", "gated[gated_start + HIDDEN_VEC4S + k]"],
      ["reads r * h for z", "gated[gated_start + HIDDEN_VEC4S + unit / 4]", "gated[gated_start + unit / 4]"],
      ["blends with r * h", "rows).z, z, h)", "rows).z, z, gated[gated_start + unit / 4][unit % 4])"],
      ["forgets the blend", "rows).z, z, h)", "rows).z, 0.0, h)"],
      ["loses the last units of the product", "k < HIDDEN_VEC4S;", "k < HIDDEN_SIZE / 4;"],
      ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
      [
        "reads another row of the state",
        "state[state_start(direction, row, params.step) +",
        "state[state_start(direction, row / 2, params.step) +",
      ],
      ["reads another row of r * h and z", "(direction * params.batch_size + row)", "(direction * params.batch_size)"],
    ],
  ),
  ...mutationsOf(
    "gru_new.wgsl",
    [BEFORE_LENGTHS],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["runs a row for a step too short", "params.step >= lengths[row]", "params.step + 1 >= lengths[row]"],
    ],
  ),
];

/** Bias of all gates but one. The gate of a row is that of a forward layer. */
function biasWithout(gate: number): string {
  const gates4 = "(4 * four + vec4u(0, 1, 2, 3)) / (GATE_ROWS / 3)";
  return ` + select(bias[four], vec4f(), ${gates4} == vec4u(${gate}))`;
}

/** Where a vec4 of one gate belongs if two gates are swapped, and each is a whole number of vec4s. */
function swappedVec4(a: number, b: number): string {
  const gate = "four / (gate_vec4s / 3)";
  const shift = `${b - a} * gate_vec4s / 3`;
  return `select(select(four, four - ${shift}, ${gate} == ${b}), four + ${shift}, ${gate} == ${a})`;
}

const project: Mutation[] = [
  ...mutationsOf(
    "recurrent_project.wgsl",
    [FORWARD],
    [
      ["drops b_r", " + bias[four]", biasWithout(0), 8],
      ["drops b_z", " + bias[four]", biasWithout(1), 8],
      ["drops b_n", " + bias[four]", biasWithout(2), 8],
      ["takes the scale for the bias", " + bias[four]", " + scale", 8],
      ["gives all gate rows the first four's weights", "weight[four * input_vec4s + k]", "weight[k]"],
      ["multiplies the tile transposed", "] * columns", "] * transpose(columns)", 8],
      ["reads the first row for the second", "input[x + input_vec4s]", "input[x]"],
      ["reads the second row for the third", "input[x + 2 * input_vec4s]", "input[x + input_vec4s]"],
      ["reads the third row for the fourth", "input[x + 3 * input_vec4s]", "input[x + 2 * input_vec4s]"],
      ["reads the seventh row for the eighth", "input[x + 7 * input_vec4s]", "input[x + 6 * input_vec4s]"],
      ["drops the bias of the second row", "sum_1 * scale + bias[four]", "sum_1 * scale"],
      ["swaps two rows of the tile", "projection[p + gate_vec4s] = sum_1", "projection[p + gate_vec4s] = sum_2"],
      ["leaves the last row", "  projection[p + 7 * gate_vec4s] = sum_7 * scale + bias[four];\n", ""],
      ["gives every tile the first one's rows", "params.first_row + 8 * global_id.y", "params.first_row"],
    ],
  ),
  ...mutationsOf(
    "recurrent_project.wgsl",
    [AFTER],
    [["loses the last features", "let input_vec4s = vec4s(INPUT_SIZE);", "let input_vec4s = INPUT_SIZE / 4;"]],
  ),
  ...mutationsOf(
    "recurrent_project.wgsl",
    [WHOLE_VEC4S],
    [
      ["swaps r and z", "let p = row * gate_vec4s + four;", `let p = row * gate_vec4s + ${swappedVec4(0, 1)};`],
      ["swaps z and n", "let p = row * gate_vec4s + four;", `let p = row * gate_vec4s + ${swappedVec4(1, 2)};`],
      ["swaps r and n", "let p = row * gate_vec4s + four;", `let p = row * gate_vec4s + ${swappedVec4(0, 2)};`],
    ],
  ),
  ...mutationsOf(
    "recurrent_project.wgsl",
    [INT8],
    [
      ["drops the scale", "let scale = bias[gate_vec4s + four];", "let scale = vec4f(1.0);"],
      ["takes the bias for the scale", "let scale = bias[gate_vec4s + four];", "let scale = bias[four];"],
    ],
  ),
  ...mutationsOf(
    "recurrent_project.wgsl",
    [FORWARD],
    [["starts every dispatch at the first row", "params.first_row + 8 * global_id.y", "8 * global_id.y"]],
  ),
];

/** Of recurrent_step, gru_gates, gru_new and recurrent_project. */
export const gruMutations: readonly Mutation[] = [...step, ...gates, ...secondHalf, ...project];
