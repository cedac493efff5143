// All steps of a recurrent layer whose frames have rows that share the weights, or steps of their own. A workgroup makes the
// steps of one row and direction, with the row's input, state and products in its own memory. The equations are those of
// recurrent_step.wgsl, by way of lib/at_once.wgsl or lib/in_halves.wgsl; lib/along_time.wgsl or lib/along_frame.wgsl says which
// steps there are, and where their inputs and states lie.
// Dispatch [B, R, D] along time, [steps x B, R, D] along each frame.
// CPU twin: src/layers/equations.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override ROWS: u32;        // R
override NUM_VECTORS: u32; // of H numbers that a row keeps: its state, and r * h in halves
override NUM_PRODUCTS: u32; // of each unit
override INPUT_ELEMENTS: u32 = (INPUT_SIZE + 3) / 4 * 4;
override NUM_VALUES: u32 = INPUT_ELEMENTS + NUM_VECTORS * 4 * HIDDEN_VEC4S + NUM_PRODUCTS * HIDDEN_SIZE;

@group(0) @binding(3) var<storage, read> input: array<f32>;          // [frames, R, S, I], frames padded
@group(0) @binding(4) var<storage, read> weights: array<WeightVec4>; // W [D G H, I], then R [D G H, H], see lib/tile.wgsl
@group(0) @binding(5) var<storage, read> biases: array<f32>;         // [4, D G H], padded: b, W's scales, c, R's scales
@group(0) @binding(7) var<storage, read_write> output: array<f32>;   // [frames, R, S, D H], frames padded

// x, then the vectors, h first, each padded with zeros to whole vec4s; then the products, [NUM_PRODUCTS, H].
var<workgroup> values: array<f32, NUM_VALUES>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrence(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let batch_row = workgroup_id.x;
  let row = workgroup_id.y;
  let direction = workgroup_id.z;
  let start = start_step();
  let end = end_step(batch_row);
  if (start >= end) {
    return;
  }
  for (var i = local_index; i < NUM_BLOCKS * HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    let block_index = i / HIDDEN_SIZE;
    let unit = i % HIDDEN_SIZE;
    let at = block_row(block_index, batch_row, row, direction, start) + unit;
    values[vector(block_index) + unit] = state_before(at, block_index, direction, unit);
  }
  load_input(batch_row, row, direction, start, local_index);
  workgroupBarrier();

  for (var step = start; step < end; step++) {
    for (var gate_row = local_index; gate_row < NUM_GATES * HIDDEN_SIZE; gate_row += WORKGROUP_SIZE) {
      make_products(direction, gate_row);
    }
    workgroupBarrier();
    finish_products(direction, local_index);
    let to = place_of(batch_row, row, direction, step) * NUM_DIRECTIONS * HIDDEN_SIZE + direction * HIDDEN_SIZE;
    let frame = frame_of(batch_row, direction, step) * padded(ROWS * FRAME_STEPS * NUM_DIRECTIONS * HIDDEN_SIZE);
    for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
      keep(unit, next(unit));
      output[frame + to + unit] = values[vector(0) + unit];
    }
    if (step + 1 < end) {
      load_input(batch_row, row, direction, step + 1, local_index);
    }
    workgroupBarrier();
  }
  for (var i = local_index; i < NUM_BLOCKS * HIDDEN_SIZE; i += WORKGROUP_SIZE) {
    let block_index = i / HIDDEN_SIZE;
    let unit = i % HIDDEN_SIZE;
    state[block_row(block_index, batch_row, row, direction, end) + unit] = values[vector(block_index) + unit];
  }
}

fn load_input(batch_row: u32, row: u32, direction: u32, step: u32, local_index: u32) {
  let frame = frame_of(batch_row, direction, step) * padded(ROWS * FRAME_STEPS * INPUT_SIZE);
  let first = frame + place_of(batch_row, row, direction, step) * INPUT_SIZE;
  for (var i = local_index; i < INPUT_SIZE; i += WORKGROUP_SIZE) {
    values[i] = input[first + i];
  }
}

// First value of one of the vectors.
fn vector(i: u32) -> u32 {
  return INPUT_ELEMENTS + i * 4 * HIDDEN_VEC4S;
}

// One of a unit's products.
fn product_of(i: u32, unit: u32) -> u32 {
  return vector(NUM_VECTORS) + i * HIDDEN_SIZE + unit;
}

// W x + b of a direction's gate row.
fn input_product(direction: u32, gate_row: u32) -> f32 {
  let row = direction * NUM_GATES * HIDDEN_SIZE + gate_row;
  return multiply(row, row_start(row, vec4s(INPUT_SIZE)), vec4s(INPUT_SIZE), 0, 0);
}

// R v + c of a direction's gate row, where the values of v begin at `first_value`.
fn recurrent_product(direction: u32, gate_row: u32, first_value: u32) -> f32 {
  let row = direction * NUM_GATES * HIDDEN_SIZE + gate_row;
  let first = all_gate_rows() * vec4s(INPUT_SIZE) + row_start(row, HIDDEN_VEC4S);
  return multiply(row, first, HIDDEN_VEC4S, first_value, 2);
}

// A row of a weight, from its first vec4 on, times as many values; `bias` is the bias's number in `biases`.
fn multiply(row: u32, first: u32, num_vec4s: u32, first_value: u32, bias: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < num_vec4s; k++) {
    let i = first_value + 4 * k;
    let four = vec4f(values[i], values[i + 1], values[i + 2], values[i + 3]);
    sum += dot(unpack(weights[first + k * TO_NEXT]), four);
  }
  return sum * biases[(bias + 1) * all_gate_rows() + row] + biases[bias * all_gate_rows() + row];
}

fn all_gate_rows() -> u32 {
  return padded(NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE);
}
