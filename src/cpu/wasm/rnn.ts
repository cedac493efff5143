// The new state of a simple recurrent layer, h' = f(x + R h + c), where x is the input projection with its bias.

import { Cell, newGate } from "./cell";

/** h' of one row, to `h` and to `output`. The last vector may write up to three elements past H. */
// @ts-ignore: decorator
@inline
function update(cell: Cell, usual: bool, x: usize, sums: usize, h: usize, output: usize): void {
  const end = h + 4 * cell.hiddenSize;
  for (let at: usize = 0; h < end; at += 16) {
    const next = newGate(cell, usual, f32x4.add(v128.load(x + at), v128.load(sums + at)));
    v128.store(h, next);
    v128.store(output + at, next);
    h += 16;
  }
}

/** The usual activation. */
export function updateUsualRnn(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, true, x, sums, h, output);
}

export function updateRnn(cell: Cell, x: usize, sums: usize, h: usize, output: usize): void {
  update(cell, false, x, sums, h, output);
}
