// The new state of a GRU.
//
//   r = f(x_r + R_r h + c_r)
//   z = f(x_z + R_z h + c_z)
//   n = g(x_n + r * (R_n h + c_n))    reset after
//   n = g(x_n + R_n (r * h) + c_n)    reset before
//   h' = (1 - z) * n + z * h
//
// x_* is the input projection of the step, its bias included.

import { Cell, gate, newGate } from "./cell";
import { multiplyAdd, splat } from "./simd";

/** r * h of one row. */
export function resetState(cell: Cell, reset: usize, x: usize, sums: usize, h: usize): void {
  const end = h + 4 * cell.hiddenSize;
  for (; h < end; h += 16) {
    const r = gate(cell, false, f32x4.add(v128.load(x), v128.load(sums)));
    v128.store(reset, f32x4.mul(r, v128.load(h)));
    reset += 16;
    x += 16;
    sums += 16;
  }
}

/** h' of one row, to `h` and to `output`. The last vector may write up to three elements past H. */
// @ts-ignore: decorator
@inline
function update(cell: Cell, usual: bool, resetAfter: bool, x: usize, sums: usize, h: usize, output: usize): void {
  const gateBytes: usize = 4 * cell.hiddenSize;
  const end = h + gateBytes;
  const zx = x + gateBytes;
  const zs = sums + gateBytes;
  const nx = zx + gateBytes;
  const ns = zs + gateBytes;
  for (let at: usize = 0; h < end; at += 16) {
    const z = gate(cell, usual, f32x4.add(v128.load(zx + at), v128.load(zs + at)));
    let n = v128.load(ns + at);
    if (resetAfter) n = f32x4.mul(gate(cell, usual, f32x4.add(v128.load(x + at), v128.load(sums + at))), n);
    n = newGate(cell, usual, f32x4.add(v128.load(nx + at), n));
    // (1 - z) n + z h, exactly h where z is 1
    const next = multiplyAdd(z, v128.load(h), f32x4.mul(f32x4.sub(splat(1), z), n));
    v128.store(h, next);
    v128.store(output + at, next);
    h += 16;
  }
}

/** The usual activations, reset after. */
export function updateUsualGru(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, true, true, x, sums, h, output);
}

export function updateGru(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, false, cell.resetAfter != 0, x, sums, h, output);
}
