// A number for each gate of a unit that has four, an LSTM's i, f, g and o.

alias Gates = vec4f;
alias GateRows = vec4u;

const NUM_GATES = 4u;
const ALL_GATES = vec4u(0, 1, 2, 3);

fn first_gate(gates: Gates) -> f32 {
  return gates.x;
}

fn first_row(rows: GateRows) -> u32 {
  return rows.x;
}

// All but the first, then `last`.
fn next_gates(gates: Gates, last: f32) -> Gates {
  return Gates(gates.yzw, last);
}

fn next_rows(rows: GateRows, last: u32) -> GateRows {
  return GateRows(rows.yzw, last);
}
