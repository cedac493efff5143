// All steps of a reset-after GRU layer in one dispatch of several workgroups. Each makes UNITS units of a batch row and
// direction, and reads in `output` what the others made of the step before; the equations are those of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row stops at
// its length.
//
// A word of `output` is written once and empty until then: the memory model orders no other word with it, so it has to say
// itself whether it is there. Nor does anything promise that all workgroups run at once. One that waits in vain notes its
// step in `status` and leaves, and so do those that wait for it; lib/start_resumed.wgsl goes on from there.
// Dispatch [ceil(HIDDEN_SIZE / UNITS), B, D], with `output` and `status` cleared.
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;
override LANES: u32;     // invocations that share the products of a unit
override MAX_SPINS: u32; // how often to look for a quad of the step before
override UNITS: u32 = WORKGROUP_SIZE / LANES; // of a workgroup
override SIDE: u32 = select(1u, 4u, UNITS % 4 == 0); // units of invocations side by side: of a tile, so that they read all of it

struct Params {
  first_row: u32,
  step: u32, // the first step of this dispatch
  end: u32,  // and the first that is not
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;                 // [B]
@group(0) @binding(2) var<storage, read> places: array<u32>;                  // [B], see lib/time.wgsl
@group(0) @binding(3) var<storage, read> projection: array<f32>;              // [T, B, D 3H], rzn, rows padded to a multiple of 4
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightQuad>; // see lib/recurrent.wgsl
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(6) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<atomic<u32>>;    // [T, B, D H], bits of f32, rows padded to a multiple of 4
@group(0) @binding(8) var<storage, read_write> status: array<atomic<u32>>;    // [1 + D B], see lib/start_resumed.wgsl

const EMPTY = 0u;
const MINUS_ZERO = 0x80000000u; // stands for a zero, whose bits would be EMPTY

var<workgroup> h: array<vec4f, (HIDDEN_SIZE + 3) / 4>;
var<workgroup> parts: array<vec3f, LANES * (UNITS + 1)>; // of R_r h, R_z h and R_n h, before the scale; padded against bank conflicts
var<workgroup> is_late: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_chained(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
) {
  let row = workgroup_id.y;
  let direction = workgroup_id.z;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let first_unit = workgroup_id.x * UNITS;
  let has_unit = local_index < min(UNITS, HIDDEN_SIZE - first_unit); // the others blend none
  let unit = select(0, first_unit + local_index, has_unit);
  let gate_row = direction * 3 * HIDDEN_SIZE;
  let c = gate_row + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  let first = state_start(places[row], params.step, direction);
  var own = state[first + unit];
  var before = 0u; // first word of the step before
  for (var step = params.step; step < end; step++) {
    let time_row = time_of(direction, step, lengths[row]) * num_workgroups.y + row;
    let i = c + time_row * ((NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4);
    let x = vec3f(projection[i.x], projection[i.y], projection[i.z]); // on its way while this waits
    for (var k = local_index; k < (HIDDEN_SIZE + 3) / 4; k += WORKGROUP_SIZE) {
      if (step == params.step) {
        let i = first + 4 * k;
        h[k] = vec4f(state[i], state[i + 1], state[i + 2], state[i + 3]);
      } else {
        h[k] = quad_of(before, k);
      }
    }
    if (workgroupUniformLoad(&is_late) != 0) {
      if (local_index == 0) {
        atomicMax(&status[1 + direction * num_workgroups.y + row], ~step); // the earliest step wins
      }
      return;
    }
    let lane = local_index / SIDE % LANES;
    let part = local_index / (SIDE * LANES) * SIDE + local_index % SIDE;
    if (first_unit + part < HIDDEN_SIZE) {
      parts[lane * (UNITS + 1) + part] = products(direction, first_unit + part, lane);
    }
    workgroupBarrier();
    before = time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE;
    if (has_unit) {
      own = blend(local_index, c, x, own);
      let word = bitcast<u32>(own);
      atomicStore(&output[before + unit], select(word, MINUS_ZERO, word == EMPTY));
    }
    workgroupBarrier(); // no subgroup may keep another from storing what it waits for
  }
  // Where this is the place that the first step read, all workgroups have: they have made a step of it since.
  if (has_unit) {
    state[state_start(places[row], end, direction) + unit] = own;
  }
}

// Quad k of a step's state, whose words begin at `start`, as soon as it is all there.
fn quad_of(start: u32, k: u32) -> vec4f {
  for (var spin = 0u; spin < MAX_SPINS; spin++) {
    let i = 4 * k;
    let words = vec4u(word_of(start, i), word_of(start, i + 1), word_of(start, i + 2), word_of(start, i + 3));
    if (all(words != vec4u(EMPTY))) {
      return bitcast<vec4f>(words);
    }
  }
  is_late = 1;
  return vec4f();
}

// Past the last unit is what no weight takes: the last one once more, since that does come.
fn word_of(start: u32, unit: u32) -> u32 {
  return atomicLoad(&output[start + min(unit, HIDDEN_SIZE - 1)]);
}

// One lane's part of R_r h, R_z h and R_n h of a unit, before the scale.
fn products(direction: u32, unit: u32, lane: u32) -> vec3f {
  let quads = (HIDDEN_SIZE + 3) / 4;
  let first = first_quad(direction, unit, quads);
  var sum = vec3f();
  for (var k = lane; k < quads; k += LANES) {
    let w = first + k * TO_NEXT;
    sum += vec3f(
      dot(unpack(recurrent_weight[w]), h[k]),
      dot(unpack(recurrent_weight[w + TO_Z]), h[k]),
      dot(unpack(recurrent_weight[w + TO_N]), h[k]),
    );
  }
  return sum;
}

// The next state of a unit, the `index`th of this workgroup, whose elements in the bias are `c`.
fn blend(index: u32, c: vec3u, x: vec3f, own: f32) -> f32 {
  var sum = parts[index];
  for (var lane = 1u; lane < LANES; lane++) {
    sum += parts[lane * (UNITS + 1) + index];
  }
  let s = c + (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  let r = gate_activation(x.x + sum.x * recurrent_bias[s.x] + recurrent_bias[c.x]);
  let z = gate_activation(x.y + sum.y * recurrent_bias[s.y] + recurrent_bias[c.y]);
  let n = new_activation(x.z + r * (sum.z * recurrent_bias[s.z] + recurrent_bias[c.z]));
  return (1.0 - z) * n + z * own; // exactly the old state for z = 1, as mix need not be
}
