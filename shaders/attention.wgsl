// The mean of a batch row's values over the steps of a chunk and those before, weighted by the softmax of the steps' scores.
// The state, [value | weight | highest], has the mean so far, the sum of its weights, and the score that they are beside; what
// it is after the chunk goes to the other one of the slot's two. A row without steps keeps its output.
//
//   mean' = mean + sum over t of exp(score_t - highest') (x_t - mean) / weight'
//
// is_nan and safe_exp come from lib/keep_nan.wgsl.
// Dispatch [ceil(VALUE_SIZE / WORKGROUP_SIZE), B, 1].
// CPU twin: src/layers/attention.ts

override WORKGROUP_SIZE: u32;
override VALUE_SIZE: u32;
override HEADS: u32;

const PART = 32u; // steps of a sum: in a long one of all, small terms would be lost

@group(0) @binding(3) var<storage, read> source: array<f32>;       // [T, B, HEADS + VALUE_SIZE], rows padded
@group(0) @binding(4) var<storage, read_write> state: array<f32>;  // [slots, 2, S], from this layer's on
@group(0) @binding(5) var<storage, read_write> output: array<f32>; // [B, VALUE_SIZE], rows padded

@compute @workgroup_size(WORKGROUP_SIZE)
fn attention(@builtin(global_invocation_id) global_id: vec3u) {
  let i = global_id.x;
  let row = global_id.y;
  if (i >= VALUE_SIZE) {
    return;
  }
  let length = lengths[row];
  let head = i / (VALUE_SIZE / HEADS);
  let to_weight = padded(VALUE_SIZE) + head;
  let to_highest = padded(VALUE_SIZE) + padded(HEADS) + head;
  let before = state_of(row, 0);
  let after = state_of(row, 1);
  var value = state[before + i];
  var weight = state[before + to_weight];
  var highest = state[before + to_highest];
  if (length > 0) {
    let is_known = weight > 0.0;
    let most = highest_score(highest, is_known, row, head, length);
    let kept = select(0.0, weight * safe_exp(highest - most), is_known);
    let sums = weighted(value, most, row, head, i, length);
    weight = kept + sums.x;
    value += sums.y / weight;
    highest = most;
    output[row * padded(VALUE_SIZE) + i] = value;
  }
  state[after + i] = value;
  if (i % (VALUE_SIZE / HEADS) == 0) {
    state[after + to_weight] = weight;
    state[after + to_highest] = highest;
  }
}

fn element(row: u32, column: u32, step: u32) -> f32 {
  return source[(step * params.batch_size + row) * padded(HEADS + VALUE_SIZE) + column];
}

fn highest_score(highest: f32, is_known: bool, row: u32, head: u32, length: u32) -> f32 {
  var most = select(element(row, head, 0), highest, is_known);
  for (var step = 0u; step < length; step++) {
    let score = element(row, head, step);
    most = select(score, most, most > score || is_nan(most));
  }
  return most;
}

// The sums of the weights, and of the weighted values less `offset`.
fn weighted(offset: f32, most: f32, row: u32, head: u32, i: u32, length: u32) -> vec2f {
  var sums = vec2f();
  for (var first = 0u; first < length; first += PART) {
    var part = vec2f();
    for (var step = first; step < min(length, first + PART); step++) {
      let weight = safe_exp(element(row, head, step) - most);
      part += vec2f(weight, weight * (element(row, HEADS + i, step) - offset));
    }
    sums += part;
  }
  return sums;
}
