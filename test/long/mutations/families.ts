// Mutations of the kernel families other than single steps of single rows.

import { type Mutation, type MutationRow, mutationsOf } from "./mutation.js";

const AFTER = ["bidirectional-after", "bidirectional-after-lengths"];
const BEFORE = ["bidirectional-before", "bidirectional-before-lengths"];
/** Of more units than any workgroup of the other cases: it waits for itself alone, and never in vain. */
const ONE_GROUP = "f16-h33";
/** With a cell, and a bias for each direction. */
const LSTM = ["lstm-bidirectional"];
const STACK_AFTER = ["stack-three-after", "stack-int8-after"];
const STACK_BEFORE = ["stack-three-before", "stack-int8-before"];
const WHOLE = ["text", "mixed", "deep", "activations", "int8", "recurrent"].map((name) => `network-${name}`);

const persistent: Mutation[] = [
  ...mutationsOf("recurrent_persistent.wgsl", AFTER, [
    ["begins with another row's state", "let row = workgroup_id.x;", "let row = workgroup_id.x / 2;"],
    ["goes past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["begins with zeros", "h[i] = state_before(direction, row, start, i);", "h[i] = 0.0;"],
    ["leaves the state as it was", "state_start(direction, row, end)", "state_start(direction, row, start)"],
    ["runs every direction forward", "time_row_of(direction, row, step)", "time_row_of(0u, row, step)"],
    [
      "gives all directions the first one's weights",
      "let first = recurrent_row(direction, unit);",
      "let first = recurrent_row(0u, unit);",
    ],
    ["gives all directions the first one's biases", "let rows = gate_rows(direction,", "let rows = gate_rows(0u,"],
    ["forgets the other lanes", "lane < LANES", "lane < 1"],
    ["gives both lanes the first one's part", "part % LANES", "0u", 2],
    ["loses the last units", "k < HIDDEN_VEC4S; k += LANES", "k < HIDDEN_SIZE / 4; k += LANES"],
    ["blends with another unit's state", "rows), kept(unit))", "rows), kept(0u))"],
  ]),
  ...mutationsOf(
    "recurrent_persistent.wgsl",
    LSTM,
    [
      ["begins with another unit's cell", "row, start), unit));", "row, start), 0u));"],
      [
        "begins with the first direction's cell",
        "begin(unit, unit_at(state_start(direction,",
        "begin(unit, unit_at(state_start(0u,",
      ],
    ],
    "persistent",
  ),
  ...mutationsOf("lib/kept_h.wgsl", AFTER, [
    ["keeps the first unit's state for all", "return h[unit];", "return h[0];"],
    ["keeps what was", "h[unit] = after;", ""],
  ]),
  ...mutationsOf("lib/kept_h_c.wgsl", LSTM, [
    ["gives the first unit's cell", "cells[unit]);", "cells[0]);"],
    ["gives h for the cell", "Unit(h[unit], cells[unit])", "Unit(h[unit], h[unit])"],
    ["keeps h as it was", "  h[unit] = after.x;\n", ""],
    ["keeps the cell as it was", "  cells[unit] = after.y;\n", ""],
    ["begins with a cell of zero", "cells[unit] = first.y;", ""],
    ["begins with h for the cell", "first.y", "first.x"],
  ]),
  ...mutationsOf("gru_persistent.wgsl", BEFORE, [
    ["begins with another row's state", "let row = workgroup_id.x;", "let row = workgroup_id.x / 2;"],
    ["goes past a row's length", "min(params.end, lengths[row])", "params.end"],
    ["begins with zeros", "h[i] = state[state_start(direction, row, params.step) + i];", "h[i] = 0.0;"],
    ["leaves the state as it was", "state_start(direction, row, end)", "state_start(direction, row, params.step)"],
    ["runs every direction forward", "time_row_of(direction, row, step)", "time_row_of(0u, row, step)"],
    ["gives all directions the first one's weights", "recurrent_row(direction,", "recurrent_row(0u,", 2],
    [
      "gives all directions the first one's biases",
      "return biased(sums, gate_rows(direction,",
      "return biased(sums, gate_rows(0u,",
    ],
    ["forgets the other lanes", "lane < LANES", "lane < 1"],
    ["gives both lanes the first one's part", "part % LANES", "0u", 2],
    ["loses the last units", "k < HIDDEN_VEC4S; k += LANES", "k < HIDDEN_SIZE / 4; k += LANES", 2],
    ["forgets to reset", "gate(x.x, recurrent.x) * h[unit]", "h[unit]"],
    ["gives r for z", "= gate(x.y, recurrent.y)", "= gate(x.x, recurrent.x)"],
    ["uses R_r for R_z", "recurrent_weight[w + TO_GATE]", "recurrent_weight[w]"],
    ["uses R_z for R_n", "+ 2 * TO_GATE;", "+ TO_GATE;"],
    [
      "takes h for r * h",
      "vec4f(gated[4 * k], gated[4 * k + 1], gated[4 * k + 2], gated[4 * k + 3])",
      "vec4f(h[4 * k], h[4 * k + 1], h[4 * k + 2], h[4 * k + 3])",
    ],
    ["takes x_z for x_n", "step_before(x.z,", "step_before(x.y,"],
    ["blends by r * h", "update_gate[unit], h[unit])", "gated[unit], h[unit])"],
  ]),
  ...mutationsOf(
    "recurrent_persistent.wgsl",
    [...AFTER, ONE_GROUP, "stack-int8-after"],
    [
      ["gives four units the first four's weights", "part / LANES * 4", "0u"],
      ["leaves the last of four units", "i < 4 && unit", "i < 3 && unit"],
      [
        "gives all directions the first one's weights, four units",
        "sums_of_units(recurrent_row(direction,",
        "sums_of_units(recurrent_row(0u,",
      ],
      ["gives the lanes one part", "(unit + i) * LANES + lane", "(unit + i) * LANES"],
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
    "recurrent_cooperative.wgsl",
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
      ["blends with the first state", "rows), own);", "rows), unit_at(start, unit));"],
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
  "recurrent_cell.wgsl",
  [...AFTER, "stack-int8-after"],
  [
    ["ignores lengths", "params.step >= lengths[row]", "false"],
    ["runs every direction forward", "time_row_of(direction, row,", "time_row_of(0u, row,"],
    ["loses the last features", "var num_vec4s = vec4s(INPUT_SIZE);", "var num_vec4s = INPUT_SIZE / 4;"],
    ["gives four rows of W the first one's", " + rows % 4;", ";"],
    ["gives all rows of W the first four's", "rows / 4 * vec4s(INPUT_SIZE) * 4 + ", ""],
    ["leaves W out", "var is_recurrent = 0u;", "var is_recurrent = 1u;"],
    ["leaves R out", "is_recurrent < 2;", "is_recurrent < 1;"],
    ["takes one turn too few", "gate < NUM_GATES;", "gate + 1 < NUM_GATES;", 2],
    ["reads the first row of the input", "input[time_row * vec4s(INPUT_SIZE) + k]", "input[k]"],
    ["reads the first vec4 of the state", "state_vec4(start, k)", "state_vec4(start, 0u)"],
    ["uses R_r for all gates", " + ALL_GATES * TO_GATE;", " + ALL_GATES * 0u;"],
    ["loses the last units", "num_vec4s = HIDDEN_VEC4S;", "num_vec4s = HIDDEN_SIZE / 4;"],
    ["takes c for b", "var bias = BIAS + rows;", "var bias = RECURRENT_BIAS + rows;"],
    ["takes b for c", "    bias = RECURRENT_BIAS + rows;\n", ""],
    ["uses one bias for all gates", "      bias = next_rows(bias, first_row(bias));\n", ""],
    ["drops the bias", "return sum + biases[i];", "return sum;"],
    ["drops the scale", "sum * biases[i + padded(", "sum + 0.0 * biases[i + padded("],
    ["swaps x and R h", "step_of(x, recurrent,", "step_of(recurrent, x,"],
    ["blends with another unit's state", "unit_at(start, unit)", "unit_at(start, 0u)"],
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
    ["uses R_r for all gates", " + gate * TO_GATE;", ";"],
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
    ["forgets the cell", "return padded(operation.size) + operation.size;", "return operation.size;"],
    ["forgets a simple layer's state", "GRU_BEFORE, RNN: {", "GRU_BEFORE: {"],
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
    ["uses R_r for all gates", "unit / 4 * num_gates + row / operation.size", "unit / 4 * num_gates"],
    ["gives all gates the first one", "values[start + gate * size]", "values[start]"],
    ["takes x for R h", "gates_of(products + i,", "gates_of(GATES + i,"],
    ["swaps x_r and x_z", "step_after(x.xyz,", "step_after(x.yxz,"],
    ["leaves the cell", "        values[cell] = after.y;\n", ""],
    ["takes h for the cell", "h + padded(size) + i;", "h + i;"],
    ["drops an LSTM's x", "step_lstm(x,", "step_lstm(vec4f(),"],
    ["drops a simple layer's R h", "step_rnn(x.x, recurrent.x)", "step_rnn(x.x, 0.0)"],
    [
      "forgets to reset",
      "select(0.0, values[GATES + i] * values[operation.result + i], i < size)",
      "select(0.0, values[operation.result + i], i < size)",
    ],
    ["takes z for r", "let z = values[GATES + size + i];", "let z = values[GATES + i];"],
    ["blends with another unit's state", "recurrent.xyz, values[h + i])", "recurrent.xyz, values[h])"],
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
    [
      "clips the cell",
      "apply(current.output_activation, x)",
      "apply(current.output_activation, limit(x, -current.clip, current.clip))",
    ],
    ["takes the gates' activation for n", "apply(current.new_activation,", "apply(current.activation,"],
    ["gives the cell by n's activation", "apply(current.output_activation,", "apply(current.new_activation,"],
  ]),
];

/** Of the kernel families other than single steps of single units. */
export const familyMutations: readonly Mutation[] = [...persistent, ...cooperative, ...cell, ...wavefronts, ...network];
