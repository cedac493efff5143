// Mutations of the kernel families other than single steps of single rows.

import { type Mutation, type MutationRow, mutationsOf } from "./mutation.js";

const AFTER = ["bidirectional-after", "bidirectional-after-lengths"];
const BEFORE = ["bidirectional-before", "bidirectional-before-lengths"];
/** Of more units than any workgroup of the other cases: it waits for itself alone, and never in vain. */
const ONE_GROUP = "f16-h33";
const STACK_AFTER = ["stack-three-after", "stack-int8-after"];
const STACK_BEFORE = ["stack-three-before", "stack-int8-before"];
const WHOLE = ["text", "mixed", "deep", "activations", "int8"].map((name) => `network-${name}`);

const persistent: Mutation[] = [
  ...mutationsOf("gru_persistent.wgsl", AFTER, [
    ["begins with another row's state", "let row = workgroup_id.x;", "let row = workgroup_id.x / 2;"],
    ["goes past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["begins with zeros", "h[i] = state_before(direction, row, start, i);", "h[i] = 0.0;"],
    ["leaves the state as it was", "state_start(direction, row, end)", "state_start(direction, row, start)"],
    ["runs every direction forward", "time_row_of(direction, row, step)", "time_row_of(0u, row, step)"],
    [
      "gives all directions the first one's weights",
      "let first = recurrent_row(direction, unit);",
      "let first = recurrent_row(0u, unit);",
      2,
    ],
    [
      "gives all directions the first one's biases",
      "return biased(sums, gate_rows(direction,",
      "return biased(sums, gate_rows(0u,",
    ],
    ["forgets the other lanes", "lane < LANES", "lane < 1"],
    ["gives both lanes the first one's part", "part % LANES", "0u", 3],
    ["loses the last units", "k < HIDDEN_VEC4S; k += LANES", "k < HIDDEN_SIZE / 4; k += LANES", 3],
    ["blends with another unit's state", "recurrent, h[unit])", "recurrent, h[0])"],
  ]),
  ...mutationsOf(
    "gru_persistent.wgsl",
    BEFORE,
    [
      ["begins with zeros", "h[i] = state_before(direction, row, start, i);", "h[i] = 0.0;"],
      ["forgets to reset", "gate(x.x, recurrent.x) * h[unit]", "h[unit]"],
      ["gives r for z", "= gate(x.y, recurrent.y)", "= gate(x.x, recurrent.x)"],
      ["uses R_r for R_z", "recurrent_weight[w + TO_Z]", "recurrent_weight[w]"],
      ["uses R_z for R_n", "+ TO_N;", "+ TO_Z;"],
      [
        "takes h for r * h",
        "vec4f(gated[4 * k], gated[4 * k + 1], gated[4 * k + 2], gated[4 * k + 3])",
        "vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3])",
      ],
      ["takes x_z for x_n", "step_before(x.z,", "step_before(x.y,"],
      ["blends by r * h", "update_gate[unit], h[unit])", "gated[unit], h[unit])"],
    ],
    "persistent",
  ),
  ...mutationsOf(
    "gru_persistent.wgsl",
    [...AFTER, ONE_GROUP, "stack-int8-after"],
    [
      ["gives four units the first four's weights", "part / LANES * 4", "0u"],
      ["leaves the last of four units", "i < 4 && unit", "i < 3 && unit"],
      ["gives the lanes one part", "(unit + i) * LANES + lane", "(unit + i) * LANES"],
      ["swaps z and n", "vec3f(r[i], z[i], n[i])", "vec3f(r[i], n[i], z[i])"],
      ["multiplies the tile transposed", "four * tile_at(w + TO_Z)", "tile_at(w + TO_Z) * four"],
      ["uses R_z for R_n", "four * tile_at(w + TO_N)", "four * tile_at(w + TO_Z)"],
    ],
    "persistentFourUnits",
  ),
  ...mutationsOf("lib/start_whole.wgsl", AFTER, [
    ["begins a step late", "return params.step;", "return params.step + 1;"],
    ["begins with another row's state", "state_start(direction, row, start)", "state_start(direction, row / 2, start)"],
    ["gives all directions the first one's state", "state_start(direction,", "state_start(0u,"],
  ]),
];

const cooperative: Mutation[] = [
  ...mutationsOf(
    "gru_cooperative.wgsl",
    [...AFTER, ONE_GROUP],
    [
      ["begins with another row's state", "let row = workgroup_id.y;", "let row = workgroup_id.y / 2;"],
      ["gives all directions the first one's biases", "let rows = gate_rows(direction,", "let rows = gate_rows(0u,"],
      ["gives all directions the first one's weights", "recurrent_row(direction, unit)", "recurrent_row(0u, unit)"],
      ["goes past a row's length", "min(params.end, lengths[row])", "params.end"],
      ["begins with zeros", "h[k] = state_vec4(start, k);", "h[k] = vec4f();"],
      ["leaves the state as it was", "state_start(direction, row, end)", "start"],
      ["runs every direction forward", "time_row_of(direction, row, step)", "time_row_of(0u, row, step)"],
      ["writes all directions to the same columns", "output_start(direction, time_row)", "output_start(0u, time_row)"],
      [
        "gives every workgroup the first one's units",
        "let first_unit = workgroup_id.x * UNITS;",
        "let first_unit = 0u;",
      ],
      ["reads the first vec4 for all", "let i = 4 * k;", "let i = 0u;"],
      ["never looks at the step before", "h[k] = awaited(before, k);", "h[k] = vec4f();"],
      ["forgets the other lanes", "lane < LANES", "lane < 1"],
      ["takes another unit's x", "projected(time_row, rows)", "projected(time_row, rows - local_index % 2)"],
      ["blends with the first state", "rows), own);", "rows), state[start + unit]);"],
    ],
  ),
  ...mutationsOf("lib/start_resumed.wgsl", AFTER, [
    ["goes on a step late", "select(~late,", "select(~late + 1,"],
    [
      "takes the first row's status for all",
      "+ direction * params.batch_size + row]",
      "+ direction * params.batch_size]",
    ],
    ["takes the first direction's status for all", "1 + direction * params.batch_size + row", "1 + row"],
    ["goes on from the step itself", "row, start - 1)", "row, start)"],
    ["goes on from the first row", "time_row_of(direction, row,", "time_row_of(direction, 0u,"],
    ["goes on from the first direction", "output_start(direction,", "output_start(0u,"],
  ]),
];

const cell = mutationsOf(
  "gru_cell.wgsl",
  [...AFTER, "stack-int8-after"],
  [
    ["ignores lengths", "params.step >= lengths[row]", "false"],
    ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
    ["loses the last features", "var num_vec4s = vec4s(INPUT_SIZE);", "var num_vec4s = INPUT_SIZE / 4;"],
    ["gives four rows of W the first one's", " + rows % 4;", ";"],
    ["gives all rows of W the first four's", "rows / 4 * vec4s(INPUT_SIZE) * 4 + ", ""],
    ["leaves W out", "var is_recurrent = 0u;", "var is_recurrent = 1u;"],
    ["leaves R out", "is_recurrent < 2;", "is_recurrent < 1;"],
    ["takes turns the other way", "vec3u(w.yz, w.x + TO_NEXT)", "vec3u(w.z, w.x + TO_NEXT, w.y)"],
    ["leaves the third gate", "gate < 3;", "gate < 2;"],
    ["reads the first row of the input", "input[time_row * vec4s(INPUT_SIZE) + k]", "input[k]"],
    ["reads the first vec4 of the state", "state_vec4(start, k)", "state_vec4(start, 0u)"],
    ["uses R_z for R_n", "vec3u(0, TO_Z, TO_N)", "vec3u(0, TO_Z, TO_Z)"],
    ["loses the last units", "num_vec4s = HIDDEN_VEC4S;", "num_vec4s = HIDDEN_SIZE / 4;"],
    ["takes c for b", "var bias = BIAS + rows;", "var bias = RECURRENT_BIAS + rows;"],
    ["takes b for c", "    bias = RECURRENT_BIAS + rows;\n", ""],
    [
      "swaps b_r and b_z",
      "vec3f(biases[i.x], biases[i.y], biases[i.z])",
      "vec3f(biases[i.y], biases[i.x], biases[i.z])",
    ],
    ["drops the scale", "return sums * vec3f(biases[s.x], biases[s.y], biases[s.z]) + bias;", "return sums + bias;"],
    ["scales R_r as R_z", "vec3f(biases[s.x], biases[s.y],", "vec3f(biases[s.y], biases[s.y],"],
    ["swaps x and R h", "step_after(x, recurrent,", "step_after(recurrent, x,"],
    ["blends with another unit's state", "recurrent, state[start + unit])", "recurrent, state[start])"],
  ],
);

/** Faults that both halves may have. */
const wavefront: MutationRow[] = [
  ["is a wavefront late", "params.step - layer >= lengths[row]", "params.step - layer + 1 >= lengths[row]"],
  ["gives all layers the first one's weights", "program[FIRST_OPERATION + layer];", "program[FIRST_OPERATION];"],
  ["gives the first layer's output", "layer == NUM_LAYERS - 1", "layer == 0"],
];

const wavefronts: Mutation[] = [
  ...mutationsOf("gru_wavefront.wgsl", STACK_AFTER, [
    ...wavefront,
    [
      "reads the step before of the layer below",
      "layer_state(layer - 1, row, step + 1)",
      "layer_state(layer - 1, row, step)",
    ],
    ["reads its own state for the layer below", "layer_state(layer - 1,", "layer_state(layer,"],
    ["swaps x_r and x_z", "vec3f(projection[i.x], projection[i.y]", "vec3f(projection[i.y], projection[i.x]"],
    ["takes R_z for R_r", "recurrent_product(0,", "recurrent_product(1,"],
    ["takes R_z for R_n", "recurrent_product(2,", "recurrent_product(1,"],
    ["blends with another unit's state", "states[start + unit]", "states[start]"],
  ]),
  ...mutationsOf(
    "gru_wavefront.wgsl",
    STACK_BEFORE,
    [
      wavefront[0]!,
      ["forgets to reset", "gate(x.x, recurrent.x) * h", "h"],
      ["uses R_r for R_z", "recurrent_product(1,", "recurrent_product(0,"],
      ["takes x_z for x_n", "= x.z;", "= x.y;"],
      ["gives all layers one part", "12 * HIDDEN_VEC4S * (layer * params.batch_size + row)", "12 * HIDDEN_VEC4S * row"],
    ],
    "wavefront",
  ),
  ...mutationsOf("gru_wavefront_new.wgsl", STACK_BEFORE, [
    ...wavefront,
    ["takes z for x_n", "gated[start + 2 * stride + unit]", "gated[start + stride + unit]"],
    ["takes c_z for c_n", "2 * HIDDEN_SIZE + unit)", "HIDDEN_SIZE + unit)"],
    ["uses R_z for R_n", "gate_row_of(2, unit)", "gate_row_of(1, unit)"],
    ["blends by x_n", "let z = gated[start + stride + unit];", "let z = gated[start + 2 * stride + unit];"],
  ]),
  ...mutationsOf("lib/stack.wgsl", STACK_AFTER, [
    [
      "swaps W_z and W_n",
      "input_product(rows.y, below), input_product(rows.z, below)",
      "input_product(rows.z, below), input_product(rows.y, below)",
    ],
    ["gives all gate rows the first one's weights", "row_start(gate_row,", "row_start(0,"],
    ["uses R_r for all gates", " + gate * TO_Z;", ";"],
    ["uses c_r for all gates", " + gate * HIDDEN_SIZE + unit, h", " + unit, h"],
    ["drops the bias", " + biases[bias];", ";"],
    ["drops the scale", " * biases[bias + padded(3 * HIDDEN_SIZE)]", ""],
    ["loses the last units", "k < HIDDEN_VEC4S;", "k < HIDDEN_SIZE / 4;"],
    [
      "gives all layers one state",
      "state_of(row, step) + program[FIRST_OPERATION + layer].state",
      "state_of(row, step)",
    ],
    ["reads the first vec4 of the state for all", "let i = start + 4 * k;", "let i = start;"],
  ]),
];

const network: Mutation[] = [
  ...mutationsOf("network_step.wgsl", WHOLE, [
    ["begins with zeros", "= states[first + program[o].state + i];", "= 0.0;"],
    ["leaves the state as it was", "states[last + program[o]", "states[first + program[o]"],
    ["goes past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["gives all rows the first one's input", "step * params.batch_size + row;", "step * params.batch_size;"],
    ["gives other values than the output", "values[OUTPUT + i]", "values[i]"],
  ]),
  ...mutationsOf("lib/operations.wgsl", WHOLE, [
    ["looks up the first row", "index * operation.vec4s", "0 * operation.vec4s"],
    [
      "forgets a dense layer's activation",
      "apply(operation.activation, product(operation, i))",
      "product(operation, i)",
    ],
    ["copies from the start", "values[operation.source + i];", "values[i];"],
    ["drops the bias", " + biases[operation.bias + row];", ";"],
    ["drops the recurrent bias", " + biases[bias];", ";"],
    ["gives all rows the first one's weights", "row_start(row,", "row_start(0,"],
    ["uses R_r for all gates", "unit / 4 * 3 + row / operation.size", "unit / 4 * 3"],
    [
      "swaps r and z",
      "vec3f(values[GATES + i], values[GATES + size + i],",
      "vec3f(values[GATES + size + i], values[GATES + i],",
    ],
    [
      "swaps R_r and R_z",
      "vec3f(values[products + i], values[products + size + i],",
      "vec3f(values[products + size + i], values[products + i],",
    ],
    [
      "forgets to reset",
      "select(0.0, values[GATES + i] * values[operation.result + i], i < size)",
      "select(0.0, values[operation.result + i], i < size)",
    ],
    ["takes z for r", "let z = values[GATES + size + i];", "let z = values[GATES + i];"],
    [
      "blends with another unit's state",
      "recurrent, values[operation.result + i])",
      "recurrent, values[operation.result])",
    ],
    [
      "blends with another unit's state, reset before",
      "z, values[operation.result + i])",
      "z, values[operation.result])",
    ],
    ["takes another layer's activations", "  current = operation;\n", "", 2],
    ["gives a softmax for its logarithm", "select(x, safe_exp(x), operation.kind == SOFTMAX)", "safe_exp(x)"],
    ["forgets the sum", " - safe_log(sum)", ""],
  ]),
  ...mutationsOf("lib/operation.wgsl", WHOLE, [
    ["forgets the clip", "limit(x, -current.clip, current.clip)", "x", 2],
    ["takes the gates' activation for n", "apply(current.new_activation,", "apply(current.activation,"],
  ]),
];

/** Of the kernel families other than single steps of single units. */
export const familyMutations: readonly Mutation[] = [...persistent, ...cooperative, ...cell, ...wavefronts, ...network];
