// One GRU step, reset-after, from its input: h[t-1] -> h[t] for every batch row and direction. Each invocation makes one unit.
// For chunks of so few rows that their projection is not worth a dispatch of its own; the equations are those of gru_step.wgsl.
//
//   r = f(W_r x + b_r + R_r h + c_r)
//   z = f(W_z x + b_z + R_z h + c_z)
//   n = g(W_n x + b_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad, unpack and HAS_SCALE come from
// lib/weight_*.wgsl, TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl.
// A row that is past its length keeps its state.
// Dispatch [ceil(HIDDEN_SIZE / WORKGROUP_SIZE), B, D].
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override INPUT_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;
override WEIGHT: u32;           // first quad of W in `weights`
override RECURRENT_WEIGHT: u32; // and of R
override BIAS: u32;             // first element of b in `biases`
override RECURRENT_BIAS: u32;   // and of c

struct Params {
  first_row: u32, // of this step, were it forward
  step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;       // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;        // [B], see lib/time.wgsl
@group(0) @binding(3) var<storage, read> input: array<vec4f>;       // [T, B, I/4]
@group(0) @binding(4) var<storage, read> weights: array<WeightQuad>;
@group(0) @binding(5) var<storage, read> biases: array<f32>;        // the same buffer
@group(0) @binding(6) var<storage, read_write> state: array<f32>;   // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<f32>;  // [T, B, D H], rows padded to a multiple of 4

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_cell(@builtin(global_invocation_id) global_id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let unit = global_id.x;
  let row = global_id.y;
  let length = lengths[row];
  if (unit >= HIDDEN_SIZE || params.step >= length) {
    return;
  }
  let direction = global_id.z;
  let place = places[row];
  let h_start = state_start(place, params.step, direction);
  let time_row = time_of(direction, params.step, length) * num_workgroups.y + row;
  let gate_rows = direction * 3 * HIDDEN_SIZE + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  let input_quads = (INPUT_SIZE + 3) / 4;

  // W x + b, then R h + c. One loop makes both, and its inner one all gates, which take turns in the last component: what a
  // software adapter takes to compile grows with the loads.
  var w = WEIGHT + gate_rows / 4 * input_quads * 4 + gate_rows % 4;
  var quads = input_quads;
  var bias = BIAS + gate_rows;
  var x = vec3f();
  var recurrent = vec3f();
  for (var is_recurrent = 0u; is_recurrent < 2; is_recurrent++) {
    x = recurrent;
    var sum = vec3f();
    for (var k = 0u; k < quads; k++) {
      var quad: vec4f;
      if (is_recurrent == 0) {
        quad = input[time_row * input_quads + k];
      } else {
        // Not an array of vec4f: to write one component of a vector, a GPU may write all four, and others write those.
        let i = h_start + 4 * k;
        quad = vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
      }
      for (var gate = 0u; gate < 3; gate++) {
        sum = vec3f(sum.yz, sum.x + dot(unpack(weights[w.x]), quad));
        w = vec3u(w.yz, w.x + TO_NEXT);
      }
    }
    recurrent = biased(sum, bias);
    quads = (HIDDEN_SIZE + 3) / 4;
    w = RECURRENT_WEIGHT + first_quad(direction, unit, quads) + vec3u(0, TO_Z, TO_N);
    bias = RECURRENT_BIAS + gate_rows;
  }
  let r = gate_activation(x.x + recurrent.x);
  let z = gate_activation(x.y + recurrent.y);
  let n = new_activation(x.z + r * recurrent.z);
  let h = (1.0 - z) * n + z * state[h_start + unit]; // exactly the old state for z = 1, as mix need not be
  state[state_start(place, params.step + 1, direction) + unit] = h;
  output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = h;
}

// Products with their scale and their bias, whose elements in `biases` are at `i`.
fn biased(sum: vec3f, i: vec3u) -> vec3f {
  let bias = vec3f(biases[i.x], biases[i.y], biases[i.z]);
  if (!HAS_SCALE) {
    return sum + bias;
  }
  let s = i + (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  return sum * vec3f(biases[s.x], biases[s.y], biases[s.z]) + bias;
}
