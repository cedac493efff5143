// A few steps of a whole small network in one dispatch: embedding, recurrent and dense layers, one after the other, with all
// that passes between them in the memory of one workgroup, which makes one batch row.
//
// The network is a program, an operation for each layer (src/plan/network/program.ts). The equations are those of
// embedding.wgsl, lib/gru.wgsl, lib/lstm.wgsl, lib/rnn.wgsl, dense.wgsl and softmax.wgsl; W x is made here too, since so few
// steps are not worth a product of their own. `run` comes from lib/operations.wgsl.
// Dispatch [B, 1, 1].
// CPU twin: test/harness/reference/runReference.ts

override WORKGROUP_SIZE: u32;
override NUM_OPERATIONS: u32;
override NUM_VALUES: u32;
override GATES: u32;       // first of the values that a recurrent layer needs between, W x + b and R h + c
override INPUT_SIZE: u32;  // elements of an input row; 0 for an index
override OUTPUT: u32;      // first of the values that the network gives
override OUTPUT_SIZE: u32; // and how many

const EMBEDDING = 0u;
const DENSE = 1u;
const GRU_AFTER = 2u;
const GRU_BEFORE = 3u;
const SOFTMAX = 4u;
const LOG_SOFTMAX = 5u;
const COPY = 6u;
const LSTM = 7u;
const RNN = 8u;

@group(0) @binding(3) var<storage, read> program: array<Operation>;
@group(0) @binding(4) var<storage, read> input: array<u32>;         // [T, B, I], f32 or indices, rows padded
@group(0) @binding(5) var<storage, read> weights: array<WeightVec4>;
@group(0) @binding(6) var<storage, read> biases: array<f32>;        // the same buffer
@group(0) @binding(7) var<storage, read_write> states: array<f32>;  // [slots, 2, S]
@group(0) @binding(8) var<storage, read_write> output: array<f32>;  // [T, B, O], rows padded

var<workgroup> values: array<f32, NUM_VALUES>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn network_step(
  @builtin(local_invocation_index) local_index: u32,
  @builtin(workgroup_id) workgroup_id: vec3u,
) {
  let row = workgroup_id.x;
  let end = min(params.end, lengths[row]);
  if (params.step >= end) {
    return;
  }
  let first = state_of(row, params.step);
  for (var o = 0u; o < NUM_OPERATIONS; o++) {
    let num_elements = state_elements(program[o]);
    for (var i = local_index; i < num_elements; i += WORKGROUP_SIZE) {
      values[program[o].result + i] = states[first + program[o].state + i];
    }
  }
  for (var step = params.step; step < end; step++) {
    let time_row = step * params.batch_size + row;
    for (var i = local_index; i < INPUT_SIZE; i += WORKGROUP_SIZE) {
      values[i] = bitcast<f32>(input[time_row * padded(INPUT_SIZE) + i]);
    }
    workgroupBarrier();
    for (var o = 0u; o < NUM_OPERATIONS; o++) {
      run(program[o], local_index, time_row);
      workgroupBarrier();
    }
    for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
      output[time_row * padded(OUTPUT_SIZE) + i] = values[OUTPUT + i];
    }
  }
  let last = state_of(row, end);
  for (var o = 0u; o < NUM_OPERATIONS; o++) {
    let num_elements = state_elements(program[o]);
    for (var i = local_index; i < num_elements; i += WORKGROUP_SIZE) {
      states[last + program[o].state + i] = values[program[o].result + i];
    }
  }
}

// Elements of a layer's state, which are the values that it makes first: h, and after its padding an LSTM's c.
fn state_elements(operation: Operation) -> u32 {
  switch operation.kind {
    case GRU_AFTER, GRU_BEFORE, RNN: {
      return operation.size;
    }
    case LSTM: {
      return padded(operation.size) + operation.size;
    }
    default: {
      return 0;
    }
  }
}
