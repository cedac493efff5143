// One GRU step, reset after, from the input of the layer, for every batch row and direction: h[t-1] -> h[t]. An invocation
// makes one unit; the equations are in lib/gru.wgsl. For chunks of so few rows that their projection is not worth a
// dispatch of its own. A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/layers/gru.ts

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
fn gru_cell(@builtin(global_invocation_id) global_id: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let direction = global_id.z;
  if (unit >= HIDDEN_SIZE || params.step >= lengths[row]) {
    return;
  }
  let start = state_start(direction, row, params.step);
  let time_row = time_row_of(direction, row, params.step);
  let rows = gate_rows(direction, unit);

  // W x + b, then R h + c. One loop makes both, and its inner loop all gates, which take turns in the last component: each
  // load in the text takes a software adapter time to compile.
  var w = WEIGHT + rows / 4 * vec4s(INPUT_SIZE) * 4 + rows % 4;
  var num_vec4s = vec4s(INPUT_SIZE);
  var bias = BIAS + rows;
  var x = vec3f();
  var recurrent = vec3f();
  for (var is_recurrent = 0u; is_recurrent < 2; is_recurrent++) {
    x = recurrent;
    var sums = vec3f();
    for (var k = 0u; k < num_vec4s; k++) {
      var four: vec4f;
      if (is_recurrent == 0) {
        four = input[time_row * vec4s(INPUT_SIZE) + k];
      } else {
        four = state_vec4(start, k);
      }
      for (var gate = 0u; gate < 3; gate++) {
        sums = vec3f(sums.yz, sums.x + dot(unpack(weights[w.x]), four));
        w = vec3u(w.yz, w.x + TO_NEXT);
      }
    }
    recurrent = biased(sums, bias);
    num_vec4s = HIDDEN_VEC4S;
    w = RECURRENT_WEIGHT + recurrent_row(direction, unit) + vec3u(0, TO_Z, TO_N);
    bias = RECURRENT_BIAS + rows;
  }
  let after = step_after(x, recurrent, state[start + unit]);
  write_step(direction, row, unit, after);
}

// Products with their scale and their bias, whose elements in `biases` are at `i`.
fn biased(sums: vec3f, i: vec3u) -> vec3f {
  let bias = vec3f(biases[i.x], biases[i.y], biases[i.z]);
  if (!HAS_SCALE) {
    return sums + bias;
  }
  let s = i + padded(NUM_DIRECTIONS * 3 * HIDDEN_SIZE);
  return sums * vec3f(biases[s.x], biases[s.y], biases[s.z]) + bias;
}
