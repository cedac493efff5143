// The k highest scores of each row, the highest first, the first of equals. One workgroup finds those of one row.
//
//   pairs[row, rank] = (i, score_i), where `rank` scores of the row come before score_i
//
// A tournament: each invocation holds the first of every WORKGROUP_SIZE-th score. The first of those is the next one
// found, and whose it is looks for what comes after it. `key`, the order of the scores, comes from lib/key.wgsl.
// Dispatch [rows, 1, 1].
// CPU twin: test/harness/reference/topK.ts

override WORKGROUP_SIZE: u32; // a power of two
override OUTPUT_SIZE: u32;
override TOP_K: u32; // at most OUTPUT_SIZE

@group(0) @binding(1) var<storage, read> scores: array<f32>;      // [rows, O], rows padded
@group(0) @binding(2) var<storage, read_write> pairs: array<u32>; // [rows, K, 2], index and bits, rows padded

// Key and complement of the index: what comes before others is above them.
var<workgroup> places: array<vec2u, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn top_k(@builtin(workgroup_id) workgroup_id: vec3u, @builtin(local_invocation_index) local_index: u32) {
  let row = params.first_row + workgroup_id.x;
  let row_start = row * padded(OUTPUT_SIZE);
  let pairs_start = row * padded(2 * TOP_K);
  var own = vec2u(~0u); // above all
  var found = own;
  for (var rank = 0u; rank < TOP_K; rank++) {
    if (own.y == found.y) {
      own = vec2u(0); // below all
      for (var i = local_index; i < OUTPUT_SIZE; i += WORKGROUP_SIZE) {
        let place = vec2u(key(scores[row_start + i]), ~i);
        if (is_above(found, place) && is_above(place, own)) {
          own = place;
        }
      }
    }
    places[local_index] = own;
    workgroupBarrier();
    for (var width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
      if (local_index < width && is_above(places[local_index + width], places[local_index])) {
        places[local_index] = places[local_index + width];
      }
      workgroupBarrier();
    }
    found = places[0];
    if (local_index == 0) {
      pairs[pairs_start + 2 * rank] = ~found.y;
      pairs[pairs_start + 2 * rank + 1] = bitcast<u32>(scores[row_start + ~found.y]);
    }
    workgroupBarrier();
  }
}

fn is_above(a: vec2u, b: vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y > b.y);
}
