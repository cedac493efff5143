// All steps of a small reset-after GRU layer in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row
// and direction in its own memory, as gru_resident.wgsl does, and each invocation keeps the weights of its units, which it
// reads once. The equations are those of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// TO_NEXT from lib/tile.wgsl, first_quad from lib/recurrent.wgsl, time_of and state_start from lib/time.wgsl. A row stops at
// its length.
// Dispatch [B, D, 1].
// CPU twin: src/reference/gruStep.ts

override WORKGROUP_SIZE: u32;
override HIDDEN_SIZE: u32;
override NUM_DIRECTIONS: u32;

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
@group(0) @binding(7) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

// Weights that are indexed by constants alone stay in registers on a GPU, and on a software adapter need no bounds checked.
// products(), which has every column written out, comes from src/kernels/gruRegisters.ts, as do UNITS, the units of an
// invocation, and COLUMNS, H padded to a multiple of 4: no override may size a private array.
var<workgroup> h: array<f32, COLUMNS>;
var<private> weights: array<vec3f, UNITS * COLUMNS>; // of r, z and n, scaled

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_registers(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let first_unit = local_index * UNITS;
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  for (var i = 0u; i < UNITS; i++) {
    // What is past the last unit does as it does, and writes nothing.
    let unit = min(first_unit + i, HIDDEN_SIZE - 1);
    load_weights(i * COLUMNS, direction, unit, bias_of(rows_of(direction, unit) + stride));
    if (first_unit + i < HIDDEN_SIZE) {
      h[unit] = state[state_start(places[row], params.step, direction) + unit];
    }
  }
  workgroupBarrier();

  for (var step = params.step; step < end; step++) {
    var recurrent = products(); // R_r h, R_z h and R_n h of each unit
    workgroupBarrier(); // all have read what is written now
    let time_row = time_of(direction, step, lengths[row]) * num_workgroups.x + row;
    for (var i = 0u; i < UNITS && first_unit + i < HIDDEN_SIZE; i++) {
      let unit = first_unit + i;
      let next = blend(direction, unit, time_row, recurrent[i]);
      h[unit] = next;
      output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < UNITS && first_unit + i < HIDDEN_SIZE; i++) {
    let unit = first_unit + i;
    state[state_start(places[row], end, direction) + unit] = h[unit];
  }
}

// The next state of a unit.
fn blend(direction: u32, unit: u32, time_row: u32, recurrent: vec3f) -> f32 {
  let rows = rows_of(direction, unit);
  let sums = recurrent + bias_of(rows);
  let x = rows + time_row * ((NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4);
  let r = gate_activation(projection[x.x] + sums.x);
  let z = gate_activation(projection[x.y] + sums.y);
  let n = new_activation(projection[x.z] + r * sums.z);
  return (1.0 - z) * n + z * h[unit]; // exactly the old state for z = 1, as mix need not be
}

// A unit's rows of r, z and n.
fn rows_of(direction: u32, unit: u32) -> vec3u {
  return direction * 3 * HIDDEN_SIZE + unit + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
}

fn bias_of(rows: vec3u) -> vec3f {
  return vec3f(recurrent_bias[rows.x], recurrent_bias[rows.y], recurrent_bias[rows.z]);
}

// Puts a unit's weights from `first` on.
fn load_weights(first: u32, direction: u32, unit: u32, scale: vec3f) {
  let quads = (HIDDEN_SIZE + 3) / 4;
  var w = first_quad(direction, unit, quads);
  for (var k = 0u; k < quads; k++) {
    let r = unpack(recurrent_weight[w]);
    let z = unpack(recurrent_weight[w + TO_Z]);
    let n = unpack(recurrent_weight[w + TO_N]);
    for (var i = 0u; i < 4; i++) {
      weights[first + 4 * k + i] = vec3f(r[i], z[i], n[i]) * scale;
    }
    w += TO_NEXT;
  }
}
