// Draws a token for each row from the scores x of a step, and gives it to the next step as its index. One workgroup
// draws for one row.
//
//   w_i = exp(log_ratio(x_i, max(x)) / temperature)
//   w_i = 0 unless x_i is one of the top_k largest
//   w_i = 0 unless x_i is one of the fewest largest whose weights reach top_p * sum(w)
//   token = the first i with w_0 + ... + w_i > u * sum(w), u = random_number(seed, row of the batch, position)
//
// Of equals, the first are taken. From shaders/lib/: log_ratio, one of ratio_*; random_number; `keep`, which finds the
// largest, of likeliest; the reductions of a workgroup, of reduce.
// Dispatch [B, 1, 1].
// CPU twin: test/harness/reference/sample.ts

override WORKGROUP_SIZE: u32; // a power of two
override OUTPUT_SIZE: u32;

struct Sampling {
  seed: u32,
  first_position: u32, // of the chunk's first step
  top_k: u32,          // OUTPUT_SIZE for all
  num_index_rows: u32, // in `index`, whose last row is followed by its first
  temperature: f32,    // in [1e-30, 1e30]
  top_p: f32,          // in [1e-30, 1], 1 for all
}

@group(0) @binding(1) var<storage, read> sampling: Sampling;
@group(0) @binding(2) var<storage, read> scores: array<f32>;      // [T, B, O], rows padded
@group(0) @binding(3) var<storage, read_write> index: array<u32>; // [T, B], a step's input and what the step before it drew

// Elements of `scores` that one invocation adds up, and who of them may be drawn.
struct Segment {
  local_index: u32,
  row_start: u32,
  start: u32,
  end: u32,
  largest: f32,
  threshold: u32,   // larger keys may
  num_ties: f32,    // of the threshold's own key, so many may, the first ones of the row
  ties_before: f32, // of that key, in the segments before
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
  var segment = Segment(); // all may: every key is above zero
  segment.local_index = local_index;
  segment.row_start = row * padded(OUTPUT_SIZE);
  let length = (OUTPUT_SIZE + WORKGROUP_SIZE - 1) / WORKGROUP_SIZE;
  segment.start = min(local_index * length, OUTPUT_SIZE);
  segment.end = min(segment.start + length, OUTPUT_SIZE);
  segment.largest = row_max(segment);

  if (sampling.top_k < OUTPUT_SIZE) {
    segment = keep(segment, f32(sampling.top_k), false);
  }
  if (sampling.top_p < 1.0) {
    let total = workgroup_sum(draw(segment, 0.0, 3.4028234e38).sum, local_index);
    segment = keep(segment, sampling.top_p * total, true);
  }

  let own = draw(segment, 0.0, 3.4028234e38).sum;
  let sums = workgroup_sums(own, local_index);
  let position = sampling.first_position + params.step;
  let wanted = sums.total * random_number(sampling.seed, workgroup_id.x, position);
  if (sums.before <= wanted && wanted < sums.before + own) { // of one invocation
    index[(row + num_workgroups.x) % sampling.num_index_rows] = draw(segment, sums.before, wanted).token;
  }
}

// Below e^-87, the smallest number that every device holds, a weight is zero.
fn weight(x: f32, largest: f32) -> f32 {
  let ratio = log_ratio(x, largest);
  if (ratio < -87.0 * sampling.temperature) {
    return 0.0;
  }
  return exp(ratio / sampling.temperature);
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
    ties += f32(is_tie);
    let w = select(0.0, weight(x, segment.largest), is_in);
    sum += w;
    token = select(token, i, w > 0.0);
  }
  return Draw(sum, token);
}

fn row_max(segment: Segment) -> f32 {
  var largest = -3.4028234e38; // the lowest f32
  for (var i = segment.local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    largest = max(largest, scores[segment.row_start + i]);
  }
  return workgroup_max(largest, segment.local_index);
}
