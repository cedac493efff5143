// A unit's step in recurrence.wgsl from its products of x and of h: [2, G] of each unit. Needs one of lib/gates_*.wgsl,
// lib/step_*.wgsl and lib/vectors_*.wgsl.

fn make_products(direction: u32, gate_row: u32) {
  values[product_of(0, gate_row)] = input_product(direction, gate_row);
  values[product_of(NUM_GATES, gate_row)] = recurrent_product(direction, gate_row, vector(0));
}

fn finish_products(direction: u32, local_index: u32) {}

fn next(unit: u32) -> Unit {
  return step_of(products_from(0, unit), products_from(NUM_GATES, unit), kept(unit));
}

fn products_from(first: u32, unit: u32) -> Gates {
  var gates = Gates();
  for (var gate = 0u; gate < NUM_GATES; gate++) {
    gates = next_gates(gates, values[product_of(first + gate, unit)]);
  }
  return gates;
}
