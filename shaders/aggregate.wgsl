// The mean, the largest or the sum of each column over a batch row's steps of a chunk and those before, whose result is in
// the state. The state after the chunk goes to the other one of the slot's two. A row without steps keeps its output.
//
//   mean' = mean + sum over t of (x_t - mean) / (count + T)
//
// is_nan comes from lib/keep_nan.wgsl.
// Dispatch [ceil(SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/aggregate.ts

override WORKGROUP_SIZE: u32;
override SIZE: u32;
override OPERATION: u32; // its number in AGGREGATES of src/layers/aggregate.ts

const MEAN = 0u;
const MAX = 1u;
const SUM = 2u;

const PART = 32u; // steps of a sum: in a long one of all, small terms would be lost

@group(0) @binding(3) var<storage, read> source: array<f32>;       // [T, B, S], rows padded
@group(0) @binding(4) var<storage, read_write> state: array<f32>;  // [slots, 2, S], from this layer's value and count on
@group(0) @binding(5) var<storage, read_write> output: array<f32>; // [B, S], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn aggregate(@builtin(global_invocation_id) global_id: vec3u) {
  let column = global_id.x;
  let row = global_id.y;
  if (column >= SIZE) {
    return;
  }
  let length = lengths[row];
  let before = state_of(row, 0);
  let after = state_of(row, 1);
  var count = 0.0;
  if (OPERATION != SUM) {
    count = max(0.0, state[before + padded(SIZE)]);
  }
  var value = state[before + column];
  if (length > 0) {
    if (OPERATION == MAX) {
      value = largest(value, count > 0.0, row, column, length);
    } else {
      let offset = select(0.0, value, OPERATION == MEAN);
      value += sum_of(offset, row, column, length) / select(1.0, count + f32(length), OPERATION == MEAN);
    }
    output[row * padded(SIZE) + column] = value;
  }
  state[after + column] = value;
  if (OPERATION != SUM && column == 0) {
    state[after + padded(SIZE)] = select(state[before + padded(SIZE)], count + f32(length), length > 0);
  }
}

fn element(row: u32, column: u32, step: u32) -> f32 {
  return source[(step * params.batch_size + row) * padded(SIZE) + column];
}

fn largest(value: f32, is_known: bool, row: u32, column: u32, length: u32) -> f32 {
  var most = select(element(row, column, 0), value, is_known);
  for (var step = 0u; step < length; step++) {
    let x = element(row, column, step);
    most = select(x, most, most > x || is_nan(most));
  }
  return most;
}

// The sum of x - offset.
fn sum_of(offset: f32, row: u32, column: u32, length: u32) -> f32 {
  var sum = 0.0;
  for (var first = 0u; first < length; first += PART) {
    var part = 0.0;
    for (var step = first; step < min(length, first + PART); step++) {
      part += element(row, column, step) - offset;
    }
    sum += part;
  }
  return sum;
}
