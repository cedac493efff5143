// All steps of a recurrent layer whose state is h alone, in one dispatch of several workgroups. Each makes UNITS units of a
// batch row and direction, and reads in `output` what the others made of the step before; the equations are those of
// recurrent_step.wgsl. A row stops at its length.
//
// A word of `output` is written once and is empty until then: the memory model orders no other word with it, so the word
// itself has to say whether it is there. Nothing promises that all workgroups run at once. A workgroup that waits in vain
// notes its step in `status` and leaves, and so do those that wait for it; lib/start_resumed.wgsl goes on from there.
// Dispatch [ceil(HIDDEN_SIZE / UNITS), B, D], with `output` and `status` cleared.
// CPU twins: src/layers/gru.ts, src/layers/rnn.ts

override WORKGROUP_SIZE: u32;
override LANES: u32;     // invocations that share the products of a unit
override MAX_SPINS: u32; // how often to look for a vec4 of the step before
override UNITS: u32 = WORKGROUP_SIZE / LANES; // of a workgroup
override NUM_PARTS: u32 = LANES * (UNITS + 1); // by name: Firefox (153) crashes on an expression as an array's size
override SIDE: u32 = select(1u, 4u, UNITS % 4 == 0); // units of invocations side by side: those of a tile, so that all of it is read

@group(0) @binding(7) var<storage, read_write> output: array<atomic<u32>>; // [T, B, D H], bits of f32, rows padded
@group(0) @binding(8) var<storage, read_write> status: array<atomic<u32>>; // [1 + D B], see lib/start_resumed.wgsl

const EMPTY = 0u;
const MINUS_ZERO = 0x80000000u; // stands for a zero, whose bits would be EMPTY

var<workgroup> h: array<vec4f, HIDDEN_VEC4S>;
var<workgroup> parts: array<Gates, NUM_PARTS>; // of R h, before the scale; padded against bank conflicts
var<workgroup> is_late: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn recurrent_cooperative(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
) {
  let row = workgroup_id.y;
  let direction = workgroup_id.z;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let first_unit = workgroup_id.x * UNITS;
  let has_unit = local_index < min(UNITS, HIDDEN_SIZE - first_unit); // the other invocations make products alone
  let unit = select(0, first_unit + local_index, has_unit);
  let rows = gate_rows(direction, unit);
  let start = state_start(direction, row, params.step);
  var own = unit_at(start, unit);
  var before = 0u; // first word of the step before
  for (var step = params.step; step < end; step++) {
    let time_row = time_row_of(direction, row, step);
    let x = projected(time_row, rows); // on its way while this waits
    for (var k = local_index; k < HIDDEN_VEC4S; k += WORKGROUP_SIZE) {
      if (step == params.step) {
        h[k] = state_vec4(start, k);
      } else {
        h[k] = awaited(before, k);
      }
    }
    if (workgroupUniformLoad(&is_late) != 0) {
      if (local_index == 0) {
        atomicMax(&status[1 + direction * params.batch_size + row], ~step); // the earliest step wins
      }
      return;
    }
    let lane = local_index / SIDE % LANES;
    let part = local_index / (SIDE * LANES) * SIDE + local_index % SIDE;
    if (first_unit + part < HIDDEN_SIZE) {
      parts[lane * (UNITS + 1) + part] = products(direction, first_unit + part, lane);
    }
    workgroupBarrier();
    before = output_start(direction, time_row);
    if (has_unit) {
      own = step_of(x, biased(sum_of_lanes(local_index), rows), own);
      let word = bitcast<u32>(h_of(own));
      atomicStore(&output[before + unit], select(word, MINUS_ZERO, word == EMPTY));
    }
    workgroupBarrier(); // no subgroup may keep another from storing what it waits for
  }
  // This may be where the first step read its state: all workgroups have read it, since they have made a step of it.
  if (has_unit) {
    put_unit(state_start(direction, row, end), unit, own);
  }
}

// Vec4 k of a step's state, whose words begin at `start`, as soon as all four are there.
fn awaited(start: u32, k: u32) -> vec4f {
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

// Padding units repeat the last unit, which is always written; their weights are zero.
fn word_of(start: u32, unit: u32) -> u32 {
  return atomicLoad(&output[start + min(unit, HIDDEN_SIZE - 1)]);
}

// One lane's part of R h of a unit, before the scale.
fn products(direction: u32, unit: u32, lane: u32) -> Gates {
  let first = recurrent_row(direction, unit);
  var sums = Gates();
  for (var k = lane; k < HIDDEN_VEC4S; k += LANES) {
    sums += products_of(first + k * TO_NEXT, h[k]);
  }
  return sums;
}

// R h of this workgroup's unit `index`.
fn sum_of_lanes(index: u32) -> Gates {
  var sums = parts[index];
  for (var lane = 1u; lane < LANES; lane++) {
    sums += parts[lane * (UNITS + 1) + index];
  }
  return sums;
}
