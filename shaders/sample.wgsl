// Draws a token for each row from the scores x of a step, and gives it to the next step as its index. One workgroup
// draws for one row.
//
//   w_i = exp(log_ratio(x_i, max(x)) / temperature), zero unless x_i is one of the top_k largest, the first of equals
//   token = the first i with w_0 + ... + w_i > u * sum(w), u = random_number(seed, row of the batch, position)
//
// log_ratio comes from lib/ratio_*.wgsl, random_number from lib/random.wgsl, the workgroup's
// reductions from lib/reduce.wgsl.
// Dispatch [B, 1, 1].
// CPU twin: src/reference/sample.ts

override WORKGROUP_SIZE: u32; // a power of two
override OUTPUT_SIZE: u32;

struct Params {
  first_row: u32, // of this step
  step: u32,
}

struct Sampling {
  seed: u32,
  first_position: u32, // of the chunk's first step
  top_k: u32,          // OUTPUT_SIZE for all
  num_index_rows: u32, // in `index`, whose last row is followed by its first
  temperature: f32,    // in [1e-30, 1e30]
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sampling: Sampling;
@group(0) @binding(2) var<storage, read> scores: array<f32>;      // [T, B, O], rows padded to a multiple of 4
@group(0) @binding(3) var<storage, read_write> index: array<u32>; // [T, B], a step's input and what the step before it drew

var<workgroup> counts: array<u32, WORKGROUP_SIZE>;

// Elements of `scores` that one invocation adds up, and who of them is among the top_k.
struct Segment {
  row_start: u32,
  start: u32,
  end: u32,
  largest: f32,
  threshold: u32, // larger keys are among them
  num_ties: u32,  // of the threshold's own key, so many may be, the first ones of the row
  ties_before: u32,
}

struct Draw {
  sum: f32,
  token: u32,
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn sample(
  @builtin(workgroup_id) workgroup_id: vec3u,
  @builtin(num_workgroups) num_workgroups: vec3u,
  @builtin(local_invocation_index) local_index: u32,
) {
  let row = params.first_row + workgroup_id.x;
  var segment: Segment;
  segment.row_start = row * ((OUTPUT_SIZE + 3) / 4 * 4);
  let length = (OUTPUT_SIZE + WORKGROUP_SIZE - 1) / WORKGROUP_SIZE;
  segment.start = min(local_index * length, OUTPUT_SIZE);
  segment.end = min(segment.start + length, OUTPUT_SIZE);
  segment.largest = row_max(segment.row_start, local_index);

  // The k-th largest key, bit by bit from the top; zero, which every key is above, when there is none to leave out.
  for (var bit = select(0u, 1u << 31, sampling.top_k < OUTPUT_SIZE); bit > 0; bit >>= 1) {
    let candidate = segment.threshold | bit;
    if (num_keys_from(candidate, segment.row_start, local_index) >= sampling.top_k) {
      segment.threshold = candidate;
    }
  }
  segment.num_ties = sampling.top_k - num_keys_from(segment.threshold + 1, segment.row_start, local_index);
  var ties = 0u;
  for (var i = segment.start; i < segment.end; i++) {
    ties += u32(key(scores[segment.row_start + i]) == segment.threshold);
  }
  counts[local_index] = ties;
  workgroupBarrier();
  for (var i = 0u; i < local_index; i++) {
    segment.ties_before += counts[i];
  }

  partial[local_index] = draw(segment, 0.0, 3.4028234e38).sum;
  workgroupBarrier();
  var total = 0.0;
  var before = 0.0;
  for (var i = 0u; i < WORKGROUP_SIZE; i++) {
    before = select(before, total, i == local_index);
    total += partial[i];
  }
  let position = sampling.first_position + params.step;
  let wanted = total * random_number(sampling.seed, workgroup_id.x, position);
  if (before <= wanted && wanted < before + partial[local_index]) { // of one invocation
    index[(row + num_workgroups.x) % sampling.num_index_rows] = draw(segment, before, wanted).token;
  }
}

// Adds a segment's weights to `before` until they are above `wanted`: the token is where they are, or else the last one
// of any weight.
fn draw(segment: Segment, before: f32, wanted: f32) -> Draw {
  var sum = before;
  var token = 0u;
  var ties = segment.ties_before;
  for (var i = segment.start; i < segment.end && sum <= wanted; i++) {
    let x = scores[segment.row_start + i];
    let is_tie = key(x) == segment.threshold;
    let is_in = key(x) > segment.threshold || (is_tie && ties < segment.num_ties);
    ties += u32(is_tie);
    let w = select(0.0, weight(x, segment.largest), is_in);
    sum += w;
    token = select(token, i, w > 0.0);
  }
  return Draw(sum, token);
}

// Below e^-87, the smallest number that every device holds, a weight is zero.
fn weight(x: f32, largest: f32) -> f32 {
  let ratio = log_ratio(x, largest);
  if (ratio < -87.0 * sampling.temperature) {
    return 0.0;
  }
  return exp(ratio / sampling.temperature);
}

// Numbers in the order of the floats, zero and minus zero alike.
fn key(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(select(bits | 0x80000000u, ~bits, bits >> 31 == 1), 0x80000000u, x == 0.0);
}

fn row_max(row_start: u32, local_index: u32) -> f32 {
  var largest = -3.4028234e38; // the lowest f32
  for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    largest = max(largest, scores[row_start + i]);
  }
  return workgroup_max(largest, local_index);
}

// How many of a row's keys are `smallest` or more; f32 counts to 2^24.
fn num_keys_from(smallest: u32, row_start: u32, local_index: u32) -> u32 {
  var count = 0.0;
  for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    count += f32(key(scores[row_start + i]) >= smallest);
  }
  return u32(workgroup_sum(count, local_index));
}
