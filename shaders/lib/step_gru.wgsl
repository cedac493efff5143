// A step of a unit of a GRU layer, reset after. Needs lib/gru.wgsl.

fn step_of(x: Gates, recurrent: Gates, before: Unit) -> Unit {
  return step_after(x, recurrent, before);
}
