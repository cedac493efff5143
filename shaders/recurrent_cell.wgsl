// One step of a recurrent layer from its input, for every batch row and direction: state[t-1] -> state[t]. An invocation
// makes one unit; the equations are those of recurrent_step.wgsl. For chunks of so few rows that their projection is not
// worth a dispatch of its own. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twins: src/layers/gru.ts, src/layers/lstm.ts, src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override WEIGHT: u32;           // first vec4 of W in `weights`
override RECURRENT_WEIGHT: u32; // and of R
override BIAS: u32;             // first element of b in `biases`
override RECURRENT_BIAS: u32;   // and of c

@group(0) @binding(3) var<storage, read> input: array<vec4f>;      // [T, B, I/4]
@group(0) @binding(4) var<storage, read> weights: array<WeightVec4>;
@group(0) @binding(5) var<storage, read> biases: array<f32>;       // the same buffer

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrent_cell(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let start = state_start(direction, row, params.step);
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);

  // W x + b, then R h + c. One loop makes both, and its inner loops all gates, which take turns to be the first: each
  // load in the text takes a software adapter time to compile.
  var w = WEIGHT + rows / 4 * vec4s(INPUT_SIZE) * 4 + rows % 4;
  var num_vec4s = vec4s(INPUT_SIZE);
  var bias = BIAS + rows;
  var x = Gates();
  var recurrent = Gates();
  for (var is_recurrent = 0u; is_recurrent < 2; is_recurrent++) {
    x = recurrent;
    var sums = Gates();
    for (var k = 0u; k < num_vec4s; k++) {
      var four: vec4f;
      if (is_recurrent == 0) {
        four = input[time_row * vec4s(INPUT_SIZE) + k];
      } else {
        four = state_vec4(start, k);
      }
      for (var gate = 0u; gate < NUM_GATES; gate++) {
        sums = next_gates(sums, first_gate(sums) + dot(unpack(weights[first_row(w)]), four));
        w = next_rows(w, first_row(w) + TO_NEXT);
      }
    }
    for (var gate = 0u; gate < NUM_GATES; gate++) {
      sums = next_gates(sums, biased(first_gate(sums), first_row(bias)));
      bias = next_rows(bias, first_row(bias));
    }
    recurrent = sums;
    num_vec4s = HIDDEN_VEC4S;
    w = RECURRENT_WEIGHT + recurrent_row(direction, unit) + ALL_GATES * TO_GATE;
    bias = RECURRENT_BIAS + rows;
  }
  write_step(direction, row, unit, step_of(x, recurrent, unit_at(start, unit)));
}

// A product with its scale and its bias, whose element in `biases` is at `i`.
fn biased(sum: f32, i: u32) -> f32 {
  if (!HAS_SCALE) {
    return sum + biases[i];
  }
  return sum * biases[i + padded(NUM_DIRECTIONS * NUM_GATES * HIDDEN_SIZE)] + biases[i];
}
