// Sums and maxima over a workgroup: each invocation gives one number. All of them must come here.
var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn workgroup_max(value: f32, local_index: u32) -> f32 {
  partial[local_index] = value;
  workgroupBarrier();
  for (var width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (local_index < width) {
      partial[local_index] = max(partial[local_index], partial[local_index + width]);
    }
    workgroupBarrier();
  }
  let largest = partial[0];
  workgroupBarrier();
  return largest;
}

fn workgroup_sum(value: f32, local_index: u32) -> f32 {
  partial[local_index] = value;
  workgroupBarrier();
  for (var width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (local_index < width) {
      partial[local_index] += partial[local_index + width];
    }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}
