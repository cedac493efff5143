// One number of each line of a row, or the line's softmax where it is. LANES invocations share a line.
//
//   output[row, line] = sum, mean, max or min over k of input[row, starts[line] + offsets[k]]
//   output[row, starts[line] + offsets[k]] = softmax of the line, or its logarithm
//
// safe_exp, safe_log and is_nan come from lib/keep_nan.wgsl.
// Dispatch [ceil(NUM_LINES * LANES / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/layers/reduce.ts

override WORKGROUP_SIZE: u32;
override LANES: u32; // a power of two, at most WORKGROUP_SIZE
override INPUT_SIZE: u32;
override OUTPUT_SIZE: u32;
override NUM_LINES: u32;
override LENGTH: u32;    // of a line, at least LANES
override OPERATION: u32; // its number in REDUCTIONS of src/layers/reduce.ts

const SUM = 0u;
const MEAN = 1u;
const MAX = 2u;
const MIN = 3u;
const SOFTMAX = 4u;

@group(0) @binding(1) var<storage, read> input: array<f32>;        // [rows, I], rows padded
@group(0) @binding(2) var<storage, read> places: array<u32>;       // [NUM_LINES] starts, [LENGTH] offsets
@group(0) @binding(3) var<storage, read_write> output: array<f32>; // [rows, O], rows padded

var<workgroup> parts: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn reduce(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let row = params.first_row + workgroup_id.y;
  let line = (workgroup_id.x * WORKGROUP_SIZE + local_index) / LANES;
  let is_line = line < NUM_LINES; // the others come along to the barriers
  let lane = local_index % LANES;
  let start = row * padded(INPUT_SIZE) + places[min(line, NUM_LINES - 1)];

  if (OPERATION == SUM || OPERATION == MEAN) {
    var sum = 0.0;
    for (var k = lane; k < LENGTH; k += LANES) {
      sum += element(start, k);
    }
    sum = joined(sum, local_index, false);
    if (is_line && lane == 0) {
      output[row * padded(OUTPUT_SIZE) + line] = select(sum, sum / f32(LENGTH), OPERATION == MEAN);
    }
    return;
  }

  // The least is the greatest of the negatives.
  let factor = select(1.0, -1.0, OPERATION == MIN);
  var largest = factor * element(start, lane);
  for (var k = lane + LANES; k < LENGTH; k += LANES) {
    largest = larger(largest, factor * element(start, k));
  }
  largest = joined(largest, local_index, true);
  if (OPERATION == MAX || OPERATION == MIN) {
    if (is_line && lane == 0) {
      output[row * padded(OUTPUT_SIZE) + line] = factor * largest;
    }
    return;
  }

  var sum = 0.0;
  for (var k = lane; k < LENGTH; k += LANES) {
    sum += safe_exp(element(start, k) - largest);
  }
  let log_sum = safe_log(joined(sum, local_index, false));
  let first = row * padded(OUTPUT_SIZE) + places[min(line, NUM_LINES - 1)];
  for (var k = lane; k < LENGTH && is_line; k += LANES) {
    let x = element(start, k) - largest - log_sum;
    output[first + places[NUM_LINES + k]] = select(x, safe_exp(x), OPERATION == SOFTMAX);
  }
}

fn element(start: u32, k: u32) -> f32 {
  return input[start + places[NUM_LINES + k]];
}

// The larger; a NaN, where either is one.
fn larger(x: f32, y: f32) -> f32 {
  return select(y, x, x > y || is_nan(x));
}

// The sum over a line's lanes, or the largest. All of a workgroup must come here.
fn joined(value: f32, local_index: u32, is_largest: bool) -> f32 {
  let lane = local_index % LANES;
  parts[local_index] = value;
  workgroupBarrier();
  for (var width = LANES / 2; width > 0; width /= 2) {
    if (lane < width) {
      let other = parts[local_index + width];
      parts[local_index] = select(parts[local_index] + other, larger(parts[local_index], other), is_largest);
    }
    workgroupBarrier();
  }
  let total = parts[local_index - lane];
  workgroupBarrier();
  return total;
}
