// Which tokens may be drawn, of the scores that shaders/sample.wgsl declares.

// Keeps of those before the fewest likeliest that reach `limit`, by their number or by the sum of their weights.
fn keep(before: Segment, limit: f32, by_weight: bool) -> Segment {
  var kept = before;
  // The largest key from which on they reach it, bit by bit from the top. Of one token that is the largest there is.
  let is_one = sampling.top_k == 1;
  kept.threshold = select(0u, key(before.largest), is_one);
  for (var bit = select(1u << 31, 0u, is_one); bit > 0; bit >>= 1) {
    let candidate = kept.threshold | bit;
    let sum = sum_from(candidate, before, by_weight);
    if (sum >= limit || candidate <= before.threshold) {
      kept.threshold = candidate;
    }
  }
  let missing = limit - sum_from(kept.threshold + 1, before, by_weight);
  let most = select(f32(OUTPUT_SIZE), before.num_ties, kept.threshold == before.threshold);
  kept.num_ties = min(most, ceil(missing / measure(value_of(kept.threshold), before.largest, by_weight)));
  var ties = 0.0;
  for (var i = kept.start; i < kept.end; i++) {
    ties += f32(key(scores[kept.row_start + i]) == kept.threshold);
  }
  kept.ties_before = workgroup_sums(ties, kept.local_index).before;
  return kept;
}

// The measure of all numbers of the row from a key on; f32 counts to 2^24.
fn sum_from(smallest: u32, segment: Segment, by_weight: bool) -> f32 {
  var sum = 0.0;
  for (var i = segment.local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
    let x = scores[segment.row_start + i];
    if (key(x) >= smallest) {
      sum += measure(x, segment.largest, by_weight);
    }
  }
  return workgroup_sum(sum, segment.local_index);
}

fn measure(x: f32, largest: f32, by_weight: bool) -> f32 {
  if (by_weight) {
    return weight(x, largest);
  }
  return 1.0;
}

// Numbers in the order of the floats, zero and minus zero alike.
fn key(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(select(bits | 0x80000000u, ~bits, bits >> 31 == 1), 0x80000000u, x == 0.0);
}

fn value_of(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >> 31 == 1));
}
