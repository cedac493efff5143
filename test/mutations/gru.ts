// Mutations of the kernels of a GRU layer. Running a row for one step too long is not among them: what that writes,
// nobody reads.

import { type Mutation, mutationsOf } from "./mutation.js";

const AFTER = "bidirectional, reset after";
const AFTER_LENGTHS = "bidirectional, reset after, lengths";
const BEFORE = "bidirectional, reset before";
const BEFORE_LENGTHS = "bidirectional, reset before, lengths";
/** Two GRU layers, one of each reset form. */
const INT8 = "int8, concatenations";
const FORWARD = "I=4 H=7 B=17 T=33, reset after";
/** Its second layer has H = 12: a gate is a whole number of quads. */
const WHOLE_QUADS = "the last step of a text model";

/**
 * Quad k of a row of the transposed recurrent weight of one gate: element [unit, k] reads [k, unit]. Past H it reads what
 * pads the columns.
 *
 * @param toGate quads from r to the gate
 */
function transposedQuad(toGate: string): string {
  const elements = [0, 1, 2, 3].map(
    (i) =>
      `unpack(recurrent_weight[first_quad(direction, 4 * k + ${i}, quads) + unit / 4 * TO_NEXT + ${toGate}])[unit % 4]`,
  );
  return `vec4f(${elements.join(", ")})`;
}

const step: Mutation[] = [
  ...mutationsOf(
    "gru_step.wgsl",
    [AFTER],
    [
      [
        "swaps r and z",
        "let r = gate_activation(projection[x.x] + recurrent.x);\n  let z = gate_activation(projection[x.y] + recurrent.y);",
        "let z = gate_activation(projection[x.x] + recurrent.x);\n  let r = gate_activation(projection[x.y] + recurrent.y);",
      ],
      [
        "swaps z and n",
        "let z = gate_activation(projection[x.y] + recurrent.y);\n  let n = new_activation(projection[x.z] + r * recurrent.z);",
        "let z = gate_activation(projection[x.z] + recurrent.z);\n  let n = new_activation(projection[x.y] + r * recurrent.y);",
      ],
      [
        "swaps r and n",
        `let r = gate_activation(projection[x.x] + recurrent.x);
  let z = gate_activation(projection[x.y] + recurrent.y);
  let n = new_activation(projection[x.z] + r * recurrent.z);`,
        `let r = gate_activation(projection[x.z] + recurrent.z);
  let z = gate_activation(projection[x.y] + recurrent.y);
  let n = new_activation(projection[x.x] + r * recurrent.x);`,
      ],
      ["uses R_z for R_r", "unpack(recurrent_weight[w])", "unpack(recurrent_weight[w + TO_Z])"],
      ["uses R_n for R_z", "recurrent_weight[w + TO_Z]", "recurrent_weight[w + TO_N]"],
      ["uses R_r for R_n", "recurrent_weight[w + TO_N]", "recurrent_weight[w]"],
      ["drops c_r", " + recurrent_bias[c.x]", ""],
      ["drops c_z", " + recurrent_bias[c.y]", ""],
      ["drops c_n", " + recurrent_bias[c.z]", ""],
      ["drops x_r", "projection[x.x] + ", ""],
      ["drops x_z", "projection[x.y] + ", ""],
      ["drops x_n", "projection[x.z] + ", ""],
      ["transposes R_r", "unpack(recurrent_weight[w])", transposedQuad("0")],
      ["transposes R_z", "unpack(recurrent_weight[w + TO_Z])", transposedQuad("TO_Z")],
      ["transposes R_n", "unpack(recurrent_weight[w + TO_N])", transposedQuad("TO_N")],
      [
        "resets before the product: R_n (r * h) + c_n",
        "let n = new_activation(projection[x.z] + r * recurrent.z);",
        `var reset_sum = 0.0;
  for (var j = 0u; j < HIDDEN_SIZE; j++) {
    let reset_row = direction * 3 * HIDDEN_SIZE + j;
    let first = first_quad(direction, j, quads);
    var r_sum = 0.0;
    for (var k = 0u; k < quads; k++) {
      let i = h_start + 4 * k;
      let quad = vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
      r_sum += dot(unpack(recurrent_weight[first + k * TO_NEXT]), quad);
    }
    let r_j = gate_activation(projection[time_row * stride + reset_row] + r_sum + recurrent_bias[reset_row]);
    let row_n = first_quad(direction, unit, quads) + TO_N;
    let weight_j = unpack(recurrent_weight[row_n + j / 4 * TO_NEXT])[j % 4];
    reset_sum += weight_j * r_j * state[h_start + j];
  }
  let n = new_activation(projection[x.z] + reset_sum + recurrent_bias[c.z]);`,
      ],
      ["resets before the bias", "r * recurrent.z", "r * sum.z + recurrent_bias[c.z]"],
      ["resets x_n too", "projection[x.z] + r * recurrent.z", "r * (projection[x.z] + recurrent.z)"],
      ["resets x_n alone", "projection[x.z] + r * recurrent.z", "r * projection[x.z] + recurrent.z"],
      ["forgets to reset", "r * recurrent.z", "recurrent.z"],
      ["resets the blend", "+ z * state", "+ z * r * state"],
      ["blends the other way round", "(1.0 - z) * n + z *", "z * n + (1.0 - z) *"],
      ["blends by r", "(1.0 - z) * n + z *", "(1.0 - r) * n + r *"],
      ["forgets the blend", "(1.0 - z) * n + z *", "n + 0.0 *"],
      ["takes new_activation for r", "let r = gate_activation", "let r = new_activation"],
      ["takes new_activation for z", "let z = gate_activation", "let z = new_activation"],
      ["takes gate_activation for n", "let n = new_activation", "let n = gate_activation"],
      ["loses the last units of the product", "let quads = (HIDDEN_SIZE + 3) / 4;", "let quads = HIDDEN_SIZE / 4;"],
      ["gives all directions the first one's weights", "direction * 3 * HIDDEN_SIZE + unit", "unit"],
      ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE + unit", "+ unit"],
      ["runs every direction forward", "time_of(direction, params.step, lengths[row])", "params.step"],
      ["gives all rows the first one's time", "* batch_size + row;\n  let x", "* batch_size;\n  let x"],
      ["reads another row of the state", "let h_start = ", "let h_start = 4 * direction * quads + "],
      ["writes zeros for the state", "] = next;\n  output", "] = 0.0;\n  output"],
      ["gives n as the output", "+ direction * HIDDEN_SIZE + unit] = next;", "+ direction * HIDDEN_SIZE + unit] = n;"],
    ],
  ),
  ...mutationsOf(
    "gru_step.wgsl",
    [AFTER_LENGTHS],
    [
      ["ignores lengths", "params.step >= lengths[row]", "false"],
      ["runs a row for a step too short", "params.step >= lengths[row]", "params.step + 1 >= lengths[row]"],
    ],
  ),
  ...mutationsOf(
    "gru_step.wgsl",
    [INT8],
    [
      ["drops the scale of R_r", "sum.x * recurrent_bias[s.x]", "sum.x"],
      ["drops the scale of R_z", "sum.y * recurrent_bias[s.y]", "sum.y"],
      ["drops the scale of R_n", "sum.z * recurrent_bias[s.z]", "sum.z"],
      ["scales R_r as R_z", "recurrent_bias[s.x]", "recurrent_bias[s.y]"],
    ],
  ),
];

const gates: Mutation[] = [
  ...mutationsOf(
    "gru_gates.wgsl",
    [BEFORE],
    [
      [
        "swaps r and z",
        "let r = gate_activation(projection[x.x] + sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]);\n  let z = gate_activation(projection[x.y] + sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]);",
        "let z = gate_activation(projection[x.x] + sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]);\n  let r = gate_activation(projection[x.y] + sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]);",
      ],
      [
        "swaps z and n",
        "let c = vec2u(gate_row, gate_row + HIDDEN_SIZE);",
        "let c = vec2u(gate_row, gate_row + 2 * HIDDEN_SIZE);",
      ],
      ["uses R_z for R_r", "recurrent_weight[w]", "recurrent_weight[w + TO_Z]"],
      ["uses R_r for R_z", "recurrent_weight[w + TO_Z]", "recurrent_weight[w]"],
      ["uses R_n for R_z", "recurrent_weight[w + TO_Z]", "recurrent_weight[w + TO_N]"],
      ["drops c_r", " + recurrent_bias[c.x]", ""],
      ["drops c_z", " + recurrent_bias[c.y]", ""],
      ["drops x_r", "projection[x.x] + ", ""],
      ["drops x_z", "projection[x.y] + ", ""],
      ["transposes R_r", "unpack(recurrent_weight[w])", transposedQuad("0")],
      ["transposes R_z", "unpack(recurrent_weight[w + TO_Z])", transposedQuad("TO_Z")],
      ["forgets to reset", "r * state[h_start + unit / 4][unit % 4]", "state[h_start + unit / 4][unit % 4]"],
      ["gives r for r * h", "r * state[h_start + unit / 4][unit % 4]", "r"],
      ["resets by z", "= r * state", "= z * state"],
      ["gives r for z", "unit] = z;", "unit] = r;"],
      ["writes z over r * h", " + 4 * quads + unit] = z;", " + unit] = z;"],
      ["takes new_activation for r", "let r = gate_activation", "let r = new_activation"],
      ["takes new_activation for z", "let z = gate_activation", "let z = new_activation"],
      ["loses the last units of the product", "k < quads;", "k < HIDDEN_SIZE / 4;"],
      ["gives all directions the first one's weights", "direction * 3 * HIDDEN_SIZE + unit", "unit"],
      ["runs every direction forward", "time_of(direction, params.step, lengths[row])", "params.step"],
      ["reads another row of the state", "let h_start = ", "let h_start = direction * quads + "],
      ["gives all rows the first one's time", "* batch_size + row;\n  let x", "* batch_size;\n  let x"],
    ],
  ),
  ...mutationsOf(
    "gru_gates.wgsl",
    [BEFORE_LENGTHS],
    [["runs a row for a step too short", "params.step >= lengths[row]", "params.step + 1 >= lengths[row]"]],
  ),
  ...mutationsOf(
    "gru_gates.wgsl",
    [INT8],
    [
      ["drops the scale of R_r", "sum.x * recurrent_bias[s.x]", "sum.x"],
      ["drops the scale of R_z", "sum.y * recurrent_bias[s.y]", "sum.y"],
      ["scales R_z as R_r", "recurrent_bias[s.y]", "recurrent_bias[s.x]"],
    ],
  ),
];

const next: Mutation[] = [
  ...mutationsOf(
    "gru_new.wgsl",
    [BEFORE],
    [
      ["takes z for n", "(direction * 3 + 2)", "(direction * 3 + 1)"],
      ["takes r for n", "(direction * 3 + 2)", "(direction * 3)"],
      ["uses R_z for R_n", "+ TO_N;", "+ TO_Z;"],
      ["uses R_r for R_n", "+ TO_N;", ";"],
      ["drops c_n", " + recurrent_bias[gate_row]", ""],
      ["drops x_n", "projection[time_row * stride + gate_row] + ", ""],
      ["transposes R_n", "unpack(recurrent_weight[w])", transposedQuad("TO_N")],
      [
        "resets after the product: r * (R_n h + c_n)",
        `    sum += dot(unpack(recurrent_weight[w]), gated[gated_start + k]);
    w += TO_NEXT;
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let recurrent = sum * recurrent_bias[gate_row + stride] + recurrent_bias[gate_row];`,
        `    let s = state_start(places[row], params.step, direction) + 4 * k;
    let quad = vec4f(state[s], state[s + 1], state[s + 2], state[s + 3]);
    sum += dot(unpack(recurrent_weight[w]), quad);
    w += TO_NEXT;
  }
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let h_unit = state[state_start(places[row], params.step, direction) + unit];
  let r = gated[gated_start + unit / 4][unit % 4] / h_unit;
  let recurrent = r * (sum * recurrent_bias[gate_row + stride] + recurrent_bias[gate_row]);`,
      ],
      ["multiplies by z for r * h", "gated[gated_start + k]", "gated[gated_start + quads + k]"],
      ["reads r * h for z", "gated[gated_start + quads + unit / 4]", "gated[gated_start + unit / 4]"],
      ["blends the other way round", "(1.0 - z) * n + z * h", "z * n + (1.0 - z) * h"],
      ["forgets the blend", "(1.0 - z) * n + z * h", "n"],
      ["blends with r * h", "n + z * h; //", "n + z * gated[gated_start + unit / 4][unit % 4]; //"],
      ["takes gate_activation for n", "let n = new_activation", "let n = gate_activation"],
      ["loses the last units of the product", "k < quads;", "k < HIDDEN_SIZE / 4;"],
      ["gives all directions the first one's weights", "(direction * 3 + 2)", "2"],
      ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE + unit", "+ unit"],
      ["runs every direction forward", "time_of(direction, params.step, lengths[row])", "params.step"],
      ["gives all rows the first one's time", "lengths[row]) * batch_size + row;", "lengths[row]) * batch_size;"],
      ["reads another row of the state", "let h = state[", "let h = state[4 * quads * direction + "],
      ["reads another row of r * h and z", "let gated_start = ", "let gated_start = 2 * quads * direction + "],
      ["writes zeros for the state", "] = next;\n  output", "] = 0.0;\n  output"],
      ["gives n as the output", "+ direction * HIDDEN_SIZE + unit] = next;", "+ direction * HIDDEN_SIZE + unit] = n;"],
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
  ...mutationsOf(
    "gru_new.wgsl",
    [INT8],
    [["drops the scale of R_n", "sum * recurrent_bias[gate_row + stride]", "sum"]],
  ),
];

/** Bias of all gates but one. The gate of a row is that of a forward layer. */
function biasWithout(gate: number): string {
  const gates4 = "(4 * quad + vec4u(0, 1, 2, 3)) / (GATE_ROWS / 3)";
  return ` + select(bias[quad], vec4f(), ${gates4} == vec4u(${gate}))`;
}

/** Where a quad of one gate belongs if two gates are swapped, and each is a whole number of quads. */
function swappedQuad(a: number, b: number): string {
  const gate = "quad / (gate_quads / 3)";
  const shift = `${b - a} * gate_quads / 3`;
  return `select(select(quad, quad - ${shift}, ${gate} == ${b}), quad + ${shift}, ${gate} == ${a})`;
}

const project: Mutation[] = [
  ...mutationsOf(
    "gru_project.wgsl",
    [FORWARD],
    [
      ["drops b_r", " + bias[quad]", biasWithout(0), 8],
      ["drops b_z", " + bias[quad]", biasWithout(1), 8],
      ["drops b_n", " + bias[quad]", biasWithout(2), 8],
      ["takes the scale for the bias", " + bias[quad]", " + scale", 8],
      ["gives all gate rows the first four's weights", "weight[quad * input_quads + k]", "weight[k]"],
      ["multiplies the tile transposed", "] * columns", "] * transpose(columns)", 8],
      ["reads the first row for the second", "input[x + input_quads]", "input[x]"],
      ["reads the second row for the third", "input[x + 2 * input_quads]", "input[x + input_quads]"],
      ["reads the third row for the fourth", "input[x + 3 * input_quads]", "input[x + 2 * input_quads]"],
      ["reads the seventh row for the eighth", "input[x + 7 * input_quads]", "input[x + 6 * input_quads]"],
      ["drops the bias of the second row", "sum_1 * scale + bias[quad]", "sum_1 * scale"],
      ["swaps two rows of the tile", "projection[p + gate_quads] = sum_1", "projection[p + gate_quads] = sum_2"],
      ["leaves the last row", "  projection[p + 7 * gate_quads] = sum_7 * scale + bias[quad];\n", ""],
      ["gives every tile the first one's rows", "params.first_row + 8 * global_id.y", "params.first_row"],
    ],
  ),
  ...mutationsOf(
    "gru_project.wgsl",
    [AFTER],
    [["loses the last features", "let input_quads = (INPUT_SIZE + 3) / 4;", "let input_quads = INPUT_SIZE / 4;"]],
  ),
  ...mutationsOf(
    "gru_project.wgsl",
    [WHOLE_QUADS],
    [
      ["swaps r and z", "let p = row * gate_quads + quad;", `let p = row * gate_quads + ${swappedQuad(0, 1)};`],
      ["swaps z and n", "let p = row * gate_quads + quad;", `let p = row * gate_quads + ${swappedQuad(1, 2)};`],
      ["swaps r and n", "let p = row * gate_quads + quad;", `let p = row * gate_quads + ${swappedQuad(0, 2)};`],
    ],
  ),
  ...mutationsOf(
    "gru_project.wgsl",
    [INT8],
    [
      ["drops the scale", "let scale = bias[gate_quads + quad];", "let scale = vec4f(1.0);"],
      ["takes the bias for the scale", "let scale = bias[gate_quads + quad];", "let scale = bias[quad];"],
    ],
  ),
  ...mutationsOf(
    "gru_project.wgsl",
    [FORWARD],
    [["starts every dispatch at the first row", "params.first_row + 8 * global_id.y", "8 * global_id.y"]],
  ),
];

/** Of gru_step, gru_gates, gru_new and gru_project. */
export const gruMutations: readonly Mutation[] = [...step, ...gates, ...next, ...project];
