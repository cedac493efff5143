// The products and biases of lib/step.wgsl, of units with four gates.

alias FourGates = mat4x4f; // of four units, or of a unit of four rows: a column for each gate

fn products_of(w: u32, h: vec4f) -> Gates {
  return Gates(
    dot(unpack(recurrent_weight[w]), h),
    dot(unpack(recurrent_weight[w + TO_GATE]), h),
    dot(unpack(recurrent_weight[w + 2 * TO_GATE]), h),
    dot(unpack(recurrent_weight[w + 3 * TO_GATE]), h),
  );
}

fn products_of_rows(w: u32, h: mat4x4f) -> FourGates {
  return FourGates(
    unpack(recurrent_weight[w]) * h,
    unpack(recurrent_weight[w + TO_GATE]) * h,
    unpack(recurrent_weight[w + 2 * TO_GATE]) * h,
    unpack(recurrent_weight[w + 3 * TO_GATE]) * h,
  );
}

fn gates_of(four: FourGates, i: u32) -> Gates {
  return Gates(four[0][i], four[1][i], four[2][i], four[3][i]);
}

fn projection_at(i: GateRows) -> Gates {
  return Gates(projection[i.x], projection[i.y], projection[i.z], projection[i.w]);
}

fn bias_at(i: GateRows) -> Gates {
  return Gates(recurrent_bias[i.x], recurrent_bias[i.y], recurrent_bias[i.z], recurrent_bias[i.w]);
}
