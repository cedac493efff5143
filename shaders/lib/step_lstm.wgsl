// A step of a unit of an LSTM layer. Needs lib/lstm.wgsl.

fn step_of(x: Gates, recurrent: Gates, before: Unit) -> Unit {
  return step_lstm(x, recurrent, before.y);
}
