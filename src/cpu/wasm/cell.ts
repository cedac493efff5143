// One direction of a recurrent layer, and the functions of its gates.

import { activate, Activation, SIGMOID, sigmoid, TANH, tanh } from "./activation";
import { Matrix } from "./matrix";
import { greatest, least, splat } from "./simd";

/** One direction of a layer. `CELL` in cpu/recurrent.ts lists the same fields. */
@unmanaged
export class Cell {
  hiddenSize: i32;
  /** Gates of each unit. */
  numGates: i32;
  /** Of a GRU; true of any other layer. */
  resetAfter: i32;
  isReverse: i32;
  /** R and c of all gates; of r and z alone where a GRU's reset comes before. */
  recurrent: Matrix;
  /** R and c of n, where a GRU's reset comes before. */
  recurrentNew: Matrix;
  /** Of the gates. */
  gateActivation: Activation;
  /** Of the new state, or an LSTM's g. */
  newActivation: Activation;
  /** Of an LSTM's cell. */
  outputActivation: Activation;
  /** Arguments of the first two are limited to [-clip, clip]; infinite for no limit. */
  clip: f32;
}

/** Whether a layer has the usual activations and no limit: the compiler then inlines them in the loop. */
export function isUsual(cell: Cell): bool {
  return (
    cell.gateActivation.kind == SIGMOID &&
    cell.newActivation.kind == TANH &&
    cell.outputActivation.kind == TANH &&
    cell.clip == f32.POSITIVE_INFINITY
  );
}

/** A gate's function of a sum. */
// @ts-ignore: decorator
@inline
export function gate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? sigmoid(x) : activate(cell.gateActivation, limit(cell, x));
}

/** The new state's function of a sum. */
// @ts-ignore: decorator
@inline
export function newGate(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? tanh(x) : activate(cell.newActivation, limit(cell, x));
}

/** The function of an LSTM's cell. */
// @ts-ignore: decorator
@inline
export function outputOf(cell: Cell, usual: bool, x: v128): v128 {
  return usual ? tanh(x) : activate(cell.outputActivation, x);
}

// @ts-ignore: decorator
@inline
function limit(cell: Cell, x: v128): v128 {
  return greatest(least(x, splat(cell.clip)), splat(-cell.clip));
}
