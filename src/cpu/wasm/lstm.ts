// The new state of an LSTM.
//
//   i = f(x_i + R_i h + c_i)    f and o alike
//   g = n(x_g + R_g h + c_g)
//   cell' = f * cell + i * g
//   h' = o * y(cell')
//
// x_* is the input projection of the step, its bias included.

import { Cell, gate, newGate, outputOf } from "./cell";
import { multiplyAdd } from "./simd";

/** h' and the cell of one row, h' to `output` too. The last vector may write up to three elements past H. */
// @ts-ignore: decorator
@inline
function update(cell: Cell, usual: bool, x: usize, sums: usize, h: usize, c: usize, output: usize): void {
  const gateBytes: usize = 4 * cell.hiddenSize;
  const end = h + gateBytes;
  const fx = x + gateBytes;
  const fs = sums + gateBytes;
  const gx = fx + gateBytes;
  const gs = fs + gateBytes;
  const ox = gx + gateBytes;
  const os = gs + gateBytes;
  for (let at: usize = 0; h < end; at += 16) {
    const i = gate(cell, usual, f32x4.add(v128.load(x + at), v128.load(sums + at)));
    const g = newGate(cell, usual, f32x4.add(v128.load(gx + at), v128.load(gs + at)));
    const f = gate(cell, usual, f32x4.add(v128.load(fx + at), v128.load(fs + at)));
    const next = multiplyAdd(f, v128.load(c), f32x4.mul(i, g));
    v128.store(c, next);
    const o = gate(cell, usual, f32x4.add(v128.load(ox + at), v128.load(os + at)));
    const out = f32x4.mul(o, outputOf(cell, usual, next));
    v128.store(h, out);
    v128.store(output + at, out);
    h += 16;
    c += 16;
  }
}

/** The usual activations. */
export function updateUsualLstm(cell: Cell, x: usize, sums: usize, h: usize, c: usize, output: usize): void {
  update(cell, true, x, sums, h, c, output);
}

export function updateLstm(cell: Cell, x: usize, sums: usize, h: usize, c: usize, output: usize): void {
  update(cell, false, x, sums, h, c, output);
}
