// A number for each gate of a unit that has one, as a simple recurrent layer's.

alias Gates = f32;
alias GateRows = u32;

const NUM_GATES = 1u;
const ALL_GATES = 0u;

fn first_gate(gates: Gates) -> f32 {
  return gates;
}

fn first_row(rows: GateRows) -> u32 {
  return rows;
}

// All but the first, then `last`.
fn next_gates(gates: Gates, last: f32) -> Gates {
  return last;
}

fn next_rows(rows: GateRows, last: u32) -> GateRows {
  return last;
}
