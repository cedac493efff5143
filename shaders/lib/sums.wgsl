// Sums in the order of the invocations, for sample.wgsl. All of a workgroup must come here. Needs lib/reduce.wgsl.

struct Sums {
  before: f32, // of the invocations before this one, in order
  total: f32,
}

fn workgroup_sums(value: f32, local_index: u32) -> Sums {
  partial[local_index] = value;
  workgroupBarrier();
  var sums = Sums();
  for (var i = 0u; i < WORKGROUP_SIZE; i++) {
    sums.before = select(sums.before, sums.total, i == local_index);
    sums.total += partial[i];
  }
  workgroupBarrier();
  return sums;
}
