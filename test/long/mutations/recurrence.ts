// Mutations of recurrence.wgsl, of its cells, and of the axes that it goes along.

import { type Mutation, mutationsOf } from "./mutation.js";

const ROWS = "rows-gru-0";
const BOTH = "rows-gru-1";
const FRAMES = "steps-gru-1";

export const recurrenceMutations: readonly Mutation[] = [
  ...mutationsOf(
    "recurrence.wgsl",
    [BOTH, ROWS, FRAMES, "rows-lstm-3"],
    [
      ["takes each direction for the first one", "let direction = workgroup_id.z;", "let direction = 0u;"],
      ["takes each row for the first one", "let row = workgroup_id.y;", "let row = 0u;"],
      ["takes each batch row for the first one", "let batch_row = workgroup_id.x;", "let batch_row = 0u;"],
      ["begins with a state of zeros", "= state_before(at, block_index, direction, unit);", "= 0.0;"],
      [
        "begins with the first unit's state",
        "let at = block_row(block_index, batch_row, row, direction, start) + unit;",
        "let at = block_row(block_index, batch_row, row, direction, start);",
      ],
      ["keeps the first block of the state alone", "i < NUM_BLOCKS * HIDDEN_SIZE", "i < HIDDEN_SIZE", 2],
      ["keeps the state that it began with", "direction, end) + unit] = values", "direction, start) + unit] = values"],
      ["stops before the last step", "step < end; step++", "step + 1 < end; step++"],
      ["loses the last gate row", "gate_row < NUM_GATES * HIDDEN_SIZE", "gate_row + 1 < NUM_GATES * HIDDEN_SIZE"],
      [
        "writes both directions to one place",
        " * NUM_DIRECTIONS * HIDDEN_SIZE + direction * HIDDEN_SIZE;",
        " * NUM_DIRECTIONS * HIDDEN_SIZE;",
      ],
      [
        "writes all rows to one place",
        "place_of(batch_row, row, direction, step) * NUM_DIRECTIONS",
        "0u * NUM_DIRECTIONS",
      ],
      [
        "forgets that frames are padded",
        "padded(ROWS * FRAME_STEPS * NUM_DIRECTIONS * HIDDEN_SIZE)",
        "(ROWS * FRAME_STEPS * NUM_DIRECTIONS * HIDDEN_SIZE)",
      ],
      ["keeps the first step's input", "load_input(batch_row, row, direction, step + 1, local_index);", ""],
      ["takes the step's own input for the next", "direction, step + 1, local_index)", "direction, step, local_index)"],
      ["does not keep the state", "keep(unit, next(unit));", ""],
      [
        "forgets that input frames are padded",
        "padded(ROWS * FRAME_STEPS * INPUT_SIZE)",
        "(ROWS * FRAME_STEPS * INPUT_SIZE)",
      ],
      [
        "reads the first row's input",
        "let first = frame + place_of(batch_row, row, direction, step) * INPUT_SIZE;",
        "let first = frame;",
      ],
      [
        "loses the last input",
        "i < INPUT_SIZE; i += WORKGROUP_SIZE) {\n    values[i]",
        "i + 1 < INPUT_SIZE; i += WORKGROUP_SIZE) {\n    values[i]",
      ],
      [
        "lays the sums over the vectors",
        "vector(NUM_VECTORS) + i * HIDDEN_SIZE",
        "vector(NUM_VECTORS - 1) + i * HIDDEN_SIZE",
      ],
      [
        "takes both directions' weights for the first one's",
        "let row = direction * NUM_GATES * HIDDEN_SIZE + gate_row;",
        "let row = gate_row;",
        2,
      ],
      ["takes W for R", "all_gate_rows() * vec4s(INPUT_SIZE) + row_start", "row_start"],
      ["multiplies by h for x", "vec4s(INPUT_SIZE), 0, 0);", "vec4s(INPUT_SIZE), vector(0), 0);"],
      ["adds b for c", "HIDDEN_VEC4S, first_value, 2);", "HIDDEN_VEC4S, first_value, 0);"],
      ["loses the last columns", "k < num_vec4s", "k + 1 < num_vec4s"],
      ["drops the biases", " + biases[bias * all_gate_rows() + row];", ";"],
    ],
  ),
  ...mutationsOf(
    "recurrence.wgsl",
    ["steps-gru-3"],
    [
      [
        "forgets that biases are padded",
        "return padded(NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE);",
        "return NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE;",
      ],
    ],
  ),
  ...mutationsOf(
    "recurrence.wgsl",
    ["dual-path-int8"],
    [["drops the scales", "sum * biases[(bias + 1) * all_gate_rows() + row]", "sum"]],
  ),
  ...mutationsOf(
    "lib/along_time.wgsl",
    [BOTH, ROWS, "rows-lstm-3", "rows-submits"],
    [
      ["begins with the first step always", "return params.step * FRAME_STEPS;", "return 0u;"],
      ["ignores lengths", "min(params.end, lengths[batch_row])", "params.end"],
      ["ignores where the dispatch ends", "min(params.end, lengths[batch_row])", "lengths[batch_row]"],
      ["runs every direction forward", "time_row_of(direction, batch_row, ", "time_row_of(0, batch_row, "],
      ["gives all rows the first one's place", "return row * FRAME_STEPS + ", "return "],
      [
        "gives all blocks and directions one state",
        "(block_index * NUM_DIRECTIONS + direction) * padded",
        "0u * padded",
      ],
      [
        "gives both directions one state",
        "(block_index * NUM_DIRECTIONS + direction)",
        "(block_index * NUM_DIRECTIONS)",
      ],
      ["gives all rows one state", " + row * HIDDEN_SIZE;", ";"],
      ["forgets that blocks are padded", "padded(ROWS * HIDDEN_SIZE)", "(ROWS * HIDDEN_SIZE)"],
      ["reads and writes one state", "state_of(batch_row, step / FRAME_STEPS)", "state_of(batch_row, 0)"],
      ["reads the element after", "return state[i];", "return state[i + 1];"],
    ],
  ),
  ...mutationsOf(
    "lib/along_time.wgsl",
    ["going-on-gru-0", "going-on-gru-1", "going-on-lstm-2", "going-on-submits"],
    [
      ["begins in the midst of a frame", "return params.step * FRAME_STEPS;", "return params.step;"],
      ["makes one step of a frame", "lengths[batch_row]) * FRAME_STEPS;", "lengths[batch_row]);"],
      ["takes a step for a frame", "batch_row, step / FRAME_STEPS);", "batch_row, step);"],
      ["reads the first step of a frame again", " + step % FRAME_STEPS;", ";"],
      ["lays rows one step apart", "return row * FRAME_STEPS +", "return row +"],
      [
        "takes the state of a step for a frame's",
        "state_of(batch_row, step / FRAME_STEPS)",
        "state_of(batch_row, step)",
      ],
    ],
  ),
  ...mutationsOf(
    "lib/along_frame.wgsl",
    [FRAMES, "steps-gru-3"],
    [
      ["leaves out the first step", "return FIRST_STEP;", "return FIRST_STEP + 1;"],
      ["leaves out the last step", "return END_STEP;", "return END_STEP - 1;"],
      ["runs the frames of a step alone", "return params.first_row + batch_row;", "return params.first_row;"],
      ["runs every direction forward", "direction >= FIRST_REVERSE", "false"],
      ["runs every direction in reverse", "direction >= FIRST_REVERSE", "true"],
      ["is a step late in reverse", "FRAME_STEPS - 1 - step", "FRAME_STEPS - step"],
      ["gives all rows one place", "row * FRAME_STEPS +", ""],
      ["lays rows one step apart", "row * FRAME_STEPS +", "row +"],
    ],
  ),
  ...mutationsOf(
    "lib/along_frame.wgsl",
    ["steps-many", "steps-gru-1"],
    [["begins every dispatch at the first row", "return params.first_row + batch_row;", "return batch_row;"]],
  ),
  ...mutationsOf(
    "lib/along_frame.wgsl",
    ["steps-split"],
    [
      ["begins every dispatch anew", "FIRST_STEP > 0", "false"],
      [
        "gives all frames one state",
        "(frame_of(batch_row, direction, step) * NUM_BLOCKS + block_index)",
        "block_index",
      ],
      ["gives both blocks one state", "* NUM_BLOCKS + block_index) *", "* NUM_BLOCKS) *"],
      [
        "gives both directions one state",
        "* NUM_DIRECTIONS + direction;\n  return before",
        "* NUM_DIRECTIONS;\n  return before",
      ],
    ],
  ),
  ...mutationsOf(
    "lib/along_frame.wgsl",
    ["frame-axes-initial"],
    [
      ["begins with zeros", "return biases[4 * all_gate_rows() + ", "return 0.0 * biases["],
      ["begins with a bias", "biases[4 * all_gate_rows() + ", "biases[2 * all_gate_rows() + "],
      [
        "begins both directions alike",
        "(block_index * NUM_DIRECTIONS + direction) * HIDDEN_SIZE + unit]",
        "block_index * NUM_DIRECTIONS * HIDDEN_SIZE + unit]",
      ],
      ["begins all units alike", "direction) * HIDDEN_SIZE + unit]", "direction) * HIDDEN_SIZE]"],
    ],
  ),
  ...mutationsOf(
    "lib/at_once.wgsl",
    [ROWS],
    [
      ["drops x", "= input_product(direction, gate_row);", "= 0.0;"],
      ["drops R h", "= recurrent_product(direction, gate_row, vector(0));", "= 0.0;"],
      [
        "multiplies the input by R",
        "recurrent_product(direction, gate_row, vector(0))",
        "recurrent_product(direction, gate_row, 0)",
      ],
      ["writes R h over x", "values[product_of(NUM_GATES, gate_row)] =", "values[product_of(0, gate_row)] ="],
      [
        "swaps x and R h",
        "products_from(0, unit), products_from(NUM_GATES, unit)",
        "products_from(NUM_GATES, unit), products_from(0, unit)",
      ],
      ["loses the first gate", "var gate = 0u;", "var gate = 1u;"],
      ["takes all gates for the first one", "first + gate", "first"],
      ["forgets the state", "kept(unit))", "Unit())"],
    ],
  ),
  ...mutationsOf(
    "lib/in_halves.wgsl",
    [BOTH],
    [
      ["drops R h", "gate_row < 2 * HIDDEN_SIZE", "false"],
      ["adds R_n h too", "gate_row < 2 * HIDDEN_SIZE", "true"],
      ["resets by z", "gate(values[product_of(0, unit)], 0.0)", "gate(values[product_of(1, unit)], 0.0)"],
      ["does not reset", "gate(values[product_of(0, unit)], 0.0) * values", "values"],
      ["takes h for r * h", "2 * HIDDEN_SIZE + unit, vector(1))", "2 * HIDDEN_SIZE + unit, vector(0))"],
      [
        "takes R_z for R_n",
        "recurrent_product(direction, 2 * HIDDEN_SIZE + unit",
        "recurrent_product(direction, HIDDEN_SIZE + unit",
      ],
      [
        "updates by r",
        "let z = gate(values[product_of(1, unit)], 0.0);",
        "let z = gate(values[product_of(0, unit)], 0.0);",
      ],
      ["forgets the state", "0.0, z, values[vector(0) + unit])", "0.0, z, 0.0)"],
    ],
  ),
  ...mutationsOf(
    "lib/vectors_h.wgsl",
    [ROWS, "rows-rnn-5"],
    [
      ["gives the first unit's state", "return values[vector(0) + unit];", "return values[vector(0)];"],
      ["keeps nothing", "values[vector(0) + unit] = after;", ""],
    ],
  ),
  ...mutationsOf(
    "lib/vectors_h_c.wgsl",
    ["rows-lstm-3"],
    [
      ["gives h for the cell", "values[vector(1) + unit])", "values[vector(0) + unit])"],
      ["keeps h for the cell", "= after.y;", "= after.x;"],
      ["keeps the cell for h", "= after.x;", "= after.y;"],
      ["has one block", "NUM_BLOCKS = 2u", "NUM_BLOCKS = 1u"],
    ],
  ),
  ...mutationsOf(
    "last_step.wgsl",
    ["rows-last"],
    [["takes a frame for one part", "column % PART_SIZE >=", "column >="]],
  ),
];
