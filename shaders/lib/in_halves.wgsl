// A step in recurrence.wgsl of a unit of a GRU whose reset comes before: r * h of all units, then R_n (r * h) of each. Its
// products are the sums of r and z, and x_n; its second vector is r * h. Needs lib/gru.wgsl.

fn make_products(direction: u32, gate_row: u32) {
  var sum = input_product(direction, gate_row);
  if (gate_row < 2 * HIDDEN_SIZE) {
    sum += recurrent_product(direction, gate_row, vector(0));
  }
  values[product_of(0, gate_row)] = sum;
}

fn finish_products(direction: u32, local_index: u32) {
  for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
    values[vector(1) + unit] = gate(values[product_of(0, unit)], 0.0) * values[vector(0) + unit];
  }
  workgroupBarrier();
  for (var unit = local_index; unit < HIDDEN_SIZE; unit += WORKGROUP_SIZE) {
    values[product_of(2, unit)] += recurrent_product(direction, 2 * HIDDEN_SIZE + unit, vector(1));
  }
}

// By the invocation that finished the unit's products.
fn next(unit: u32) -> Unit {
  let z = gate(values[product_of(1, unit)], 0.0);
  return step_before(values[product_of(2, unit)], 0.0, z, values[vector(0) + unit]);
}
