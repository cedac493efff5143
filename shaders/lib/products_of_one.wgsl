// The products and biases of lib/step.wgsl, of units with one gate.

alias FourGates = vec4f; // of four units, or of a unit of four rows

fn products_of(w: u32, h: vec4f) -> Gates {
  return dot(unpack(recurrent_weight[w]), h);
}

fn products_of_units(w: u32, h: vec4f) -> FourGates {
  return h * tile_at(w);
}

fn products_of_rows(w: u32, h: mat4x4f) -> FourGates {
  return unpack(recurrent_weight[w]) * h;
}

fn gates_of(four: FourGates, i: u32) -> Gates {
  return four[i];
}

fn projection_at(i: GateRows) -> Gates {
  return projection[i];
}

fn bias_at(i: GateRows) -> Gates {
  return recurrent_bias[i];
}
