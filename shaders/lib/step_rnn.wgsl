// A step of a unit of a simple recurrent layer. Needs lib/rnn.wgsl.

fn step_of(x: Gates, recurrent: Gates, before: Unit) -> Unit {
  return step_rnn(x, recurrent);
}
