// All steps of a small reset-after GRU layer in one dispatch: h[0] -> h[1] -> ... A workgroup keeps the state of one batch row
// and direction in its own memory, as gru_resident.wgsl does, and each invocation keeps the weights of its unit, which it
// reads once. The equations are those of gru_step.wgsl.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))
//   h' = (1 - z) * n + z * h
//
// f and g are gate_activation and new_activation of lib/gates_*.wgsl. WeightQuad and unpack come from lib/weight_*.wgsl,
// time_of and state_start from lib/time.wgsl. A row stops at its length.
// Dispatch [B, D, 1], with an invocation for each unit.
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
@group(0) @binding(4) var<storage, read> recurrent_weight: array<WeightQuad>; // [D, 3H, H/4], rzn
@group(0) @binding(5) var<storage, read> recurrent_bias: array<f32>;          // [2, D 3H]: c, then the scale of each row, padded alike
@group(0) @binding(6) var<storage, read_write> state: array<f32>;             // [slots, 2, S], from this layer's [D, H] on
@group(0) @binding(7) var<storage, read_write> output: array<f32>;            // [T, B, D H], rows padded to a multiple of 4

// Columns are written out in parts: what is indexed by constants alone stays in registers on a GPU, and needs no bounds
// checked on a software adapter. No override may size a private array: src/kernels/gruRegisters.ts puts a line with
// PARTS, ceil(H / PART_SIZE), before this file. What is past H stays zero.
const PART_SIZE = 16u;
const LAST = PARTS - 1;

var<workgroup> h: array<array<f32, PART_SIZE>, PARTS>;
var<private> weights: array<array<vec3f, PART_SIZE>, PARTS>; // of r, z and n, scaled

@compute @workgroup_size(WORKGROUP_SIZE)
fn gru_registers(
  @builtin(local_invocation_index) unit: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
) {
  let row = workgroup_id.x;
  let direction = workgroup_id.y;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let is_unit = unit < HIDDEN_SIZE;
  let stride = (NUM_DIRECTIONS * 3 * HIDDEN_SIZE + 3) / 4 * 4;
  // Invocations past the last unit do as it does, and write nothing.
  let rows = direction * 3 * HIDDEN_SIZE + min(unit, HIDDEN_SIZE - 1) + vec3u(0, HIDDEN_SIZE, 2 * HIDDEN_SIZE);
  load_weights(rows, bias_of(rows + stride));
  let c = bias_of(rows);
  var next = state[state_start(places[row], params.step, direction) + unit];
  if (is_unit) {
    h[unit / PART_SIZE][unit % PART_SIZE] = next;
  }
  workgroupBarrier();

  for (var step = params.step; step < end; step++) {
    let recurrent = products() + c;
    let time_row = time_of(direction, step, lengths[row]) * num_workgroups.x + row;
    let x = rows + time_row * stride;
    let r = gate_activation(projection[x.x] + recurrent.x);
    let z = gate_activation(projection[x.y] + recurrent.y);
    let n = new_activation(projection[x.z] + r * recurrent.z);
    next = (1.0 - z) * n + z * next; // exactly the old state for z = 1, as mix need not be
    workgroupBarrier(); // all have read what is written now
    if (is_unit) {
      h[unit / PART_SIZE][unit % PART_SIZE] = next;
      output[time_row * ((NUM_DIRECTIONS * HIDDEN_SIZE + 3) / 4 * 4) + direction * HIDDEN_SIZE + unit] = next;
    }
    workgroupBarrier();
  }
  if (is_unit) {
    state[state_start(places[row], end, direction) + unit] = next;
  }
}

fn bias_of(rows: vec3u) -> vec3f {
  return vec3f(recurrent_bias[rows.x], recurrent_bias[rows.y], recurrent_bias[rows.z]);
}

fn load_weights(rows: vec3u, scale: vec3f) {
  let quads = (HIDDEN_SIZE + 3) / 4;
  for (var k = 0u; k < quads; k++) {
    let w = rows * quads + k;
    let r = unpack(recurrent_weight[w.x]);
    let z = unpack(recurrent_weight[w.y]);
    let n = unpack(recurrent_weight[w.z]);
    for (var i = 0u; i < 4; i++) {
      let column = 4 * k + i;
      weights[column / PART_SIZE][column % PART_SIZE] = vec3f(r[i], z[i], n[i]) * scale;
    }
  }
}

// R_r h, R_z h and R_n h of this invocation's unit.
fn products() -> vec3f {
  var sum = part(weights[0], h[0]);
  if (LAST >= 1) { sum += part(weights[min(LAST, 1)], h[min(LAST, 1)]); }
  if (LAST >= 2) { sum += part(weights[min(LAST, 2)], h[min(LAST, 2)]); }
  if (LAST >= 3) { sum += part(weights[min(LAST, 3)], h[min(LAST, 3)]); }
  if (LAST >= 4) { sum += part(weights[min(LAST, 4)], h[min(LAST, 4)]); }
  if (LAST >= 5) { sum += part(weights[min(LAST, 5)], h[min(LAST, 5)]); }
  if (LAST >= 6) { sum += part(weights[min(LAST, 6)], h[min(LAST, 6)]); }
  if (LAST >= 7) { sum += part(weights[min(LAST, 7)], h[min(LAST, 7)]); }
  if (LAST >= 8) { sum += part(weights[min(LAST, 8)], h[min(LAST, 8)]); }
  if (LAST >= 9) { sum += part(weights[min(LAST, 9)], h[min(LAST, 9)]); }
  if (LAST >= 10) { sum += part(weights[min(LAST, 10)], h[min(LAST, 10)]); }
  if (LAST >= 11) { sum += part(weights[min(LAST, 11)], h[min(LAST, 11)]); }
  if (LAST >= 12) { sum += part(weights[min(LAST, 12)], h[min(LAST, 12)]); }
  if (LAST >= 13) { sum += part(weights[min(LAST, 13)], h[min(LAST, 13)]); }
  if (LAST >= 14) { sum += part(weights[min(LAST, 14)], h[min(LAST, 14)]); }
  if (LAST >= 15) { sum += part(weights[min(LAST, 15)], h[min(LAST, 15)]); }
  return sum;
}

fn part(w: array<vec3f, PART_SIZE>, x: array<f32, PART_SIZE>) -> vec3f {
  var sum = w[0] * x[0];
  sum += w[1] * x[1];
  sum += w[2] * x[2];
  sum += w[3] * x[3];
  sum += w[4] * x[4];
  sum += w[5] * x[5];
  sum += w[6] * x[6];
  sum += w[7] * x[7];
  sum += w[8] * x[8];
  sum += w[9] * x[9];
  sum += w[10] * x[10];
  sum += w[11] * x[11];
  sum += w[12] * x[12];
  sum += w[13] * x[13];
  sum += w[14] * x[14];
  sum += w[15] * x[15];
  return sum;
}
