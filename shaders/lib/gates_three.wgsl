// A number for each gate of a unit that has three, a GRU's r, z and n.

alias Gates = vec3f;
alias GateRows = vec3u;

const NUM_GATES = 3u;
const ALL_GATES = vec3u(0, 1, 2);

fn first_gate(gates: Gates) -> f32 {
  return gates.x;
}

fn first_row(rows: GateRows) -> u32 {
  return rows.x;
}

// All but the first, then `last`.
fn next_gates(gates: Gates, last: f32) -> Gates {
  return Gates(gates.yz, last);
}

fn next_rows(rows: GateRows, last: u32) -> GateRows {
  return GateRows(rows.yz, last);
}
