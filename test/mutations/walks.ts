// Mutations of the kernels that walk through time otherwise than by single steps of single rows.

import { type Mutation, type MutationRow, mutationsOf } from "./mutation.js";

const AFTER = ["bidirectional, reset after", "bidirectional, reset after, lengths"];
const BEFORE = ["bidirectional, reset before", "bidirectional, reset before, lengths"];
/** Of more units than any workgroup of the other cases: it waits for itself alone, and never in vain. */
const ONE_GROUP = "f16, bidirectional, H=33";
const STACK_AFTER = ["a stack of three, reset after, lengths", "int8, a stack of two, reset after"];
const STACK_BEFORE = ["a stack of three, reset before, lengths", "int8, a stack of two, reset before"];
const WHOLE = ["text", "mixed", "deep", "activations", "int8"].map((name) => `three steps of a whole network: ${name}`);

/** What can go wrong in the same way in both resident kernels. */
const resident: MutationRow[] = [
  ["begins with another row's state", "let row = workgroup_id.x;", "let row = workgroup_id.x / 2;"],
  ["gives all directions the first one's weights", "let gate_row = direction * 3 * HIDDEN_SIZE;", "let gate_row = 0u;"],
  ["walks past a row's length", "min(params.end, lengths[row])", "params.end"],
  ["runs every direction forward", "time_of(direction, step, lengths[row])", "step"],
  ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE;", ";"],
  ["forgets the other lanes", "lane < LANES", "lane < 1"],
];

const residents: Mutation[] = [
  ...mutationsOf("gru_resident.wgsl", AFTER, [
    ...resident,
    ["begins with zeros", "h[i] = state_before(start, row, direction, num_workgroups.x, i);", "h[i] = 0.0;"],
    [
      "leaves the state as it was",
      "state_start(places[row], end, direction)",
      "state_start(places[row], start, direction)",
    ],
    [
      "swaps r and z",
      "sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]",
      "sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]",
    ],
    ["drops c_n", " + recurrent_bias[c.z]", ""],
    ["blends the other way round", "(1.0 - z) * n + z * h[unit]", "z * n + (1.0 - z) * h[unit]"],
    ["uses R_z for R_n", "w + TO_N", "w + TO_Z"],
  ]),
  ...mutationsOf("lib/start_whole.wgsl", AFTER, [
    ["begins a step late", "return params.step;", "return params.step + 1;"],
    ["begins with another row's state", "places[row]", "places[row / 2]"],
    ["gives all directions the first one's state", "start, direction) + i", "start, 0) + i"],
  ]),
  ...mutationsOf("gru_resident_before.wgsl", BEFORE, [
    ...resident,
    ["begins with zeros", "h[i] = state[first + i];", "h[i] = 0.0;"],
    ["leaves the state as it was", "state[last + i] = h[i];", "state[first + i] = h[i];"],
    ["forgets to reset", "sum.x)) * h[unit];", "sum.x)) * 0.0 + h[unit];"],
    ["uses R_r for R_z", "recurrent_weight[w + TO_Z]", "recurrent_weight[w]"],
    [
      "takes h for r * h",
      "vec4f(gated[4 * k], gated[4 * k + 1], gated[4 * k + 2], gated[4 * k + 3])",
      "vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3])",
    ],
    ["drops c", " + recurrent_bias[gate_row];", ";"],
    ["blends the other way round", "(1.0 - z) * n + z * h[unit]", "z * n + (1.0 - z) * h[unit]"],
  ]),
];

const chained: Mutation[] = [
  ...mutationsOf(
    "gru_chained.wgsl",
    [...AFTER, ONE_GROUP],
    [
      ["begins with another row's state", "let row = workgroup_id.y;", "let row = workgroup_id.y / 2;"],
      [
        "gives all directions the first one's weights",
        "let gate_row = direction * 3 * HIDDEN_SIZE;",
        "let gate_row = 0u;",
      ],
      ["walks past a row's length", "min(params.end, lengths[row])", "params.end"],
      ["begins with zeros", "vec4f(state[i], state[i + 1], state[i + 2], state[i + 3])", "vec4f()"],
      ["leaves the state as it was", "state_start(places[row], end, direction)", "first"],
      ["runs every direction forward", "time_of(direction, step, lengths[row])", "step"],
      ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE;", ";"],
      [
        "gives every workgroup the first one's units",
        "let first_unit = workgroup_id.x * UNITS;",
        "let first_unit = 0u;",
      ],
      ["reads the first quad for all", "let i = 4 * k;", "let i = 0u;"],
      ["never looks at the step before", "h[k] = quad_of(before, k);", "h[k] = vec4f();"],
      ["forgets the other lanes", "lane < LANES", "lane < 1"],
      ["swaps x_r and x_z", "vec3f(projection[i.x], projection[i.y],", "vec3f(projection[i.y], projection[i.x],"],
      ["uses R_z for R_n", "w + TO_N", "w + TO_Z"],
      ["drops c_n", " + recurrent_bias[c.z]", ""],
      ["blends the other way round", "(1.0 - z) * n + z * own", "z * n + (1.0 - z) * own"],
      [
        "blends with the first state",
        "own = blend(local_index, c, x, own);",
        "own = blend(local_index, c, x, state[first + unit]);",
      ],
    ],
  ),
  ...mutationsOf("lib/start_resumed.wgsl", AFTER, [
    ["goes on a step late", "select(~late,", "select(~late + 1,"],
    ["takes the first row's status for all", "+ direction * batch_size + row]", "+ direction * batch_size]"],
    ["takes the first direction's status for all", "1 + direction * batch_size + row", "1 + row"],
    ["goes on from the step itself", "time_of(direction, start - 1,", "time_of(direction, start,"],
    ["goes on from the first row", "lengths[row]) * batch_size + row;", "lengths[row]) * batch_size;"],
    ["goes on from the first direction", "+ direction * HIDDEN_SIZE + i", "+ i"],
  ]),
];

const registers = mutationsOf(
  "gru_registers.wgsl",
  [
    ...AFTER,
    ONE_GROUP,
    "int8, a stack of two, reset after",
    "int8, bidirectional, H=70, lengths",
    "I=31 H=127 B=5 T=40, reset after",
    "a lone row, more arithmetic than one submit",
  ],
  [
    ["begins with another row's state", "let row = workgroup_id.x;", "let row = workgroup_id.x / 2;"],
    ["gives all directions the first one's biases", "return direction * 3 * HIDDEN_SIZE + unit", "return unit"],
    ["gives all directions the first one's weights", "first_quad(direction, unit", "first_quad(0u, unit"],
    ["begins every dispatch with the first step", "var step = params.step;", "var step = 0u;"],
    [
      "goes on from another state",
      "state_start(places[row], params.step, direction)",
      "state_start(places[row], 0u, direction)",
    ],
    ["walks past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["runs every direction forward", "time_of(direction, step, lengths[row])", "step"],
    ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE + unit] = next", "+ unit] = next"],
    [
      "begins with zeros",
      "h[unit] = state[state_start(places[row], params.step, direction) + unit];",
      "h[unit] = 0.0;",
    ],
    ["leaves the state as it was", "state[state_start(places[row], end, direction) + unit] = h[unit];", ""],
    ["gives both units the first one's weights", "let unit = min(first_unit + i,", "let unit = min(first_unit,"],
    ["gives both units the first one's products", "recurrent[i]", "recurrent[0]"],
    [
      "makes the first unit twice",
      "let unit = first_unit + i;\n      let next",
      "let unit = first_unit;\n      let next",
    ],
    [
      "takes the scale for c",
      "recurrent + bias_of(rows)",
      "recurrent + bias_of(rows + (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4)",
    ],
    ["drops the scale", "vec3f(r[i], z[i], n[i]) * scale", "vec3f(r[i], z[i], n[i])"],
    ["swaps r and z", "vec3f(r[i], z[i], n[i])", "vec3f(z[i], r[i], n[i])"],
    ["gives all columns the first one's weights", "vec3f(r[i], z[i], n[i])", "vec3f(r[0], z[0], n[0])"],
    ["blends the other way round", "(1.0 - z) * n + z * h[unit]", "z * n + (1.0 - z) * h[unit]"],
    ["swaps two columns", "weights[first + 4 * k + i]", "weights[first + 4 * k + (i ^ 1)]"],
    ["leaves the last columns", "k < quads; k++", "k + 1 < quads; k++"],
  ],
);

const cell = mutationsOf(
  "gru_cell.wgsl",
  [...AFTER, "int8, a stack of two, reset after"],
  [
    ["ignores lengths", "params.step >= length)", "false)"],
    ["runs every direction forward", "time_of(direction, params.step, length)", "params.step"],
    ["gives all rows the first one's time", "* num_workgroups.y + row;", "* num_workgroups.y;"],
    ["gives all directions the first one's weights", "direction * 3 * HIDDEN_SIZE + unit", "unit"],
    [
      "swaps W_z and W_n",
      "unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE)",
      "unit + vec3u(0, 2 * HIDDEN_SIZE, HIDDEN_SIZE)",
    ],
    ["loses the last features", "let input_quads = (INPUT_SIZE + 3) / 4;", "let input_quads = INPUT_SIZE / 4;"],
    ["gives four rows of W the first one's", " + gate_rows % 4;", ";"],
    ["leaves W out", "var is_recurrent = 0u;", "var is_recurrent = 1u;"],
    ["leaves R out", "is_recurrent < 2;", "is_recurrent < 1;"],
    ["takes turns the other way", "vec3u(w.yz, w.x + TO_NEXT)", "vec3u(w.z, w.x + TO_NEXT, w.y)"],
    ["leaves the third gate", "gate < 3;", "gate < 2;"],
    ["reads the first row of the input", "input[time_row * input_quads + k]", "input[k]"],
    ["reads the first quad of the state", "let i = h_start + 4 * k;", "let i = h_start;"],
    ["swaps two columns of the state", "state[i + 1], state[i + 2],", "state[i + 2], state[i + 1],"],
    ["uses R_z for R_n", "vec3u(0, TO_Z, TO_N)", "vec3u(0, TO_Z, TO_Z)"],
    ["loses the last units", "    quads = (HIDDEN_SIZE + 3) / 4;", "    quads = HIDDEN_SIZE / 4;"],
    ["takes c for b", "var bias = BIAS + gate_rows;", "var bias = RECURRENT_BIAS + gate_rows;"],
    ["takes b for c", "    bias = RECURRENT_BIAS + gate_rows;\n", ""],
    [
      "swaps b_r and b_z",
      "vec3f(biases[i.x], biases[i.y], biases[i.z])",
      "vec3f(biases[i.y], biases[i.x], biases[i.z])",
    ],
    ["drops the scale", "return sum * vec3f(biases[s.x], biases[s.y], biases[s.z]) + bias;", "return sum + bias;"],
    ["scales R_r as R_z", "vec3f(biases[s.x], biases[s.y],", "vec3f(biases[s.y], biases[s.y],"],
    ["swaps r and z", "let r = gate_activation(x.x + recurrent.x);", "let r = gate_activation(x.y + recurrent.y);"],
    ["forgets to reset", "r * recurrent.z", "recurrent.z"],
    ["resets x_n too", "x.z + r * recurrent.z", "r * (x.z + recurrent.z)"],
    ["blends the other way round", "(1.0 - z) * n + z * state", "z * n + (1.0 - z) * state"],
    [
      "leaves the state as it was",
      "state_start(place, params.step + 1, direction)",
      "state_start(place, params.step, direction)",
    ],
    ["writes all directions to the same columns", " + direction * HIDDEN_SIZE + unit] = h;", " + unit] = h;"],
  ],
);

const tile = mutationsOf(
  "gru_step_tile.wgsl",
  [...AFTER, "I=4 H=7 B=17 T=33, reset after"],
  [
    ["gives all rows the first one's state", "state_quad(starts.y, k)", "state_quad(starts.x, k)"],
    [
      "swaps two rows",
      "state_quad(starts.z, k), state_quad(starts.w, k)",
      "state_quad(starts.w, k), state_quad(starts.z, k)",
    ],
    ["leaves the last row of a tile", "i < 4 &&", "i < 3 &&"],
    ["writes rows past a length", "if (params.step < lengths[rows[i]])", "if (true)"],
    ["swaps z and n", "vec3f(r_sums[i], z_sums[i], n_sums[i])", "vec3f(r_sums[i], n_sums[i], z_sums[i])"],
    ["uses R_z for R_n", "w + TO_N", "w + TO_Z"],
    ["drops c_r", " + recurrent_bias[c.x]", ""],
    ["blends with another row's state", "z * state[start + unit]", "z * state[unit]"],
    ["runs every direction forward", "time_of(direction, params.step, lengths[row])", "params.step"],
  ],
);

const quad = mutationsOf(
  "gru_step_quad.wgsl",
  [...AFTER, ONE_GROUP, "int8, a stack of two, reset after"],
  [
    ["gives all units the first four's weights", "(direction * quads + global_id.x) * 3", "direction * quads * 3"],
    ["leaves the last unit of a quad", "i < 4 &&", "i < 3 &&"],
    [
      "multiplies the tile transposed",
      "h * columns_of(recurrent_weight[w + quads])",
      "columns_of(recurrent_weight[w + quads]) * h",
    ],
    ["runs past a row's length", "params.step >= lengths[row]", "false"],
    [
      "begins with another row's state",
      "state_start(places[row], params.step,",
      "state_start(places[row / 2], params.step,",
    ],
    ["gives all directions the first one's weights", "(direction * quads + global_id.x)", "(global_id.x)"],
    ["swaps z and n", "vec3f(r_sums[i], z_sums[i], n_sums[i])", "vec3f(r_sums[i], n_sums[i], z_sums[i])"],
    ["uses R_z for R_n", "w + 2 * quads", "w + quads"],
    ["drops c_r", " + recurrent_bias[c.x]", ""],
    ["drops the scale of R_n", "sums.z * recurrent_bias[s.z]", "sums.z"],
    ["blends with another unit's state", "z * state[start + unit]", "z * state[start]"],
    ["writes all directions to the same columns", "+ direction * HIDDEN_SIZE + unit]", "+ unit]"],
    ["runs every direction forward", "time_of(direction, params.step, lengths[row])", "params.step"],
  ],
);

/** What can go wrong in the same way in all waves. */
const wave: MutationRow[] = [
  ["is a wave late", "params.wave - layer >= lengths[row]", "params.wave - layer + 1 >= lengths[row]"],
  ["gives all layers the first one's weights", "program[FIRST_OPERATION + layer];", "program[FIRST_OPERATION];"],
];
const input: MutationRow[] = [
  [
    "reads the step before of the layer below",
    "state_of(places[row], step + 1) + program",
    "state_of(places[row], step) + program",
  ],
  ["reads its own state for the layer below", "program[FIRST_OPERATION + layer - 1].state", "operation.state"],
  [
    "swaps x_r and x_z",
    "vec3f(projection[start], projection[start + HIDDEN_SIZE]",
    "vec3f(projection[start + HIDDEN_SIZE], projection[start]",
  ],
];

const waves: Mutation[] = [
  ...mutationsOf("gru_wave.wgsl", STACK_AFTER, [
    ...wave,
    ...input,
    ["takes x_z for x_r", "gate_of(operation, x.x +", "gate_of(operation, x.y +"],
    ["uses R_z for R_r", "recurrent_product(operation, 0,", "recurrent_product(operation, 1,"],
    ["blends the other way round", "(1.0 - z) * n + z * states[h + unit]", "z * n + (1.0 - z) * states[h + unit]"],
    ["gives the first layer's output", "layer == NUM_LAYERS - 1", "layer == 0"],
  ]),
  ...mutationsOf("gru_wave_gates.wgsl", STACK_BEFORE, [
    ...wave,
    ...input,
    ["forgets to reset", "r * states[h + unit]", "states[h + unit]"],
    ["uses R_r for R_z", "recurrent_product(operation, 1,", "recurrent_product(operation, 0,"],
    ["gives all layers one place", "3 * stride * (layer * num_workgroups.y + row)", "3 * stride * row"],
  ]),
  ...mutationsOf("gru_wave_new.wgsl", STACK_BEFORE, [
    ...wave,
    ["takes z for x_n", "gated[start + 2 * stride + unit]", "gated[start + stride + unit]"],
    ["blends the other way round", "(1.0 - z) * n + z * h;", "z * n + (1.0 - z) * h;"],
    ["takes c_z for c_n", "2 * HIDDEN_SIZE + unit; // of n", "HIDDEN_SIZE + unit; // of n"],
    ["uses R_z for R_n", "+ TO_N;", "+ TO_Z;"],
    ["gives the first layer's output", "layer == NUM_LAYERS - 1", "layer == 0"],
  ]),
  ...mutationsOf("lib/products.wgsl", STACK_AFTER, [
    ["swaps W_z and W_n", "unit + HIDDEN_SIZE, below", "unit + 2 * HIDDEN_SIZE, below"],
    ["gives all gate rows the first one's weights", "row_start(gate_row,", "row_start(0,"],
    ["uses R_r for all gates", " + gate * TO_Z;", ";"],
    ["uses c_r for all gates", " + gate * HIDDEN_SIZE + unit, h", " + unit, h"],
    ["drops the bias", " + biases[bias];", ";"],
    ["drops the scale", " * biases[bias + (3 * HIDDEN_SIZE + 3) / 4 * 4]", ""],
    ["loses the last units", "k < (HIDDEN_SIZE + 3) / 4;", "k < HIDDEN_SIZE / 4;"],
  ]),
];

const network: Mutation[] = [
  ...mutationsOf("network_step.wgsl", WHOLE, [
    ["begins with zeros", "= states[first + program[o].state + i];", "= 0.0;"],
    ["leaves the state as it was", "states[last + program[o]", "states[first + program[o]"],
    ["walks past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["gives all rows the first one's input", "step * num_workgroups.x + row;", "step * num_workgroups.x;"],
    ["gives other values than the output", "values[OUTPUT + i]", "values[i]"],
  ]),
  ...mutationsOf("lib/operations.wgsl", WHOLE, [
    ["looks up the first row", "index * operation.quads", "0 * operation.quads"],
    ["forgets a dense layer's activation", "apply(operation.gate, product(operation, i))", "product(operation, i)"],
    ["copies from the start", "values[operation.source + i];", "values[i];"],
    ["drops the bias", " + biases[operation.bias + row];", ";"],
    ["drops the recurrent bias", " + biases[bias];", ";"],
    ["gives all rows the first one's weights", "row_start(row,", "row_start(0,"],
    ["uses R_r for all gates", "unit / 4 * 3 + row / operation.size", "unit / 4 * 3"],
    [
      "swaps r and z",
      "values[GATES + i] + values[products + i])",
      "values[GATES + size + i] + values[products + size + i])",
    ],
    [
      "forgets to reset",
      "select(0.0, values[GATES + i] * values[operation.result + i], i < size)",
      "select(0.0, values[operation.result + i], i < size)",
    ],
    ["takes z for r", "let z = values[GATES + size + i];", "let z = values[GATES + i];"],
    ["blends the other way round", "(1.0 - z) * n + z * values", "z * n + (1.0 - z) * values", 2],
    ["gives a softmax for its logarithm", "select(x, safe_exp(x), operation.kind == SOFTMAX)", "safe_exp(x)"],
    ["forgets the sum", " - safe_log(sum)", ""],
  ]),
  ...mutationsOf("lib/operation.wgsl", WHOLE, [
    ["forgets the clip", "limit(x, -operation.clip, operation.clip)", "x", 2],
    ["takes the gates' activation for n", "apply(operation.next,", "apply(operation.gate,"],
    ["gives all rows one slot", "(place & ~1u) | ", ""],
    ["reads and writes one state", "((place + step) & 1)", "(place & 1)"],
  ]),
];

export const walkMutations: readonly Mutation[] = [
  ...residents,
  ...chained,
  ...registers,
  ...cell,
  ...tile,
  ...quad,
  ...waves,
  ...network,
];
