import type { GruLayer } from "../model/network.js";
import { matvec } from "./matvec.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Work space of one GRU layer: allocated once, overwritten by every row of every step. */
export class GruRow {
  readonly #layer: GruLayer;
  readonly #projection: Float32Array; // [3H] W x + b
  readonly #recurrent: Float32Array; // [3H] R h + c
  readonly #resetState: Float32Array; // [H] r * h, for reset-before

  constructor(layer: GruLayer) {
    this.#layer = layer;
    this.#projection = new Float32Array(3 * layer.hiddenSize);
    this.#recurrent = new Float32Array(3 * layer.hiddenSize);
    this.#resetState = new Float32Array(layer.hiddenSize);
  }

  /**
   * One step of one row, the equations of model/network.ts.
   *
   * @param x [.., I], read from xStart
   * @param state [.., H], replaced from stateStart
   */
  step(x: Float32Array, xStart: number, state: Float32Array, stateStart: number): void {
    const { weight, bias, recurrentWeight, recurrentBias, inputSize, hiddenSize, resetAfter } = this.#layer;
    const projection = this.#projection;
    const recurrent = this.#recurrent;
    const newRow = 2 * hiddenSize;
    matvec(projection, 0, weight, bias, x, xStart, 3 * hiddenSize, inputSize);
    const numRows = resetAfter ? 3 * hiddenSize : newRow;
    matvec(recurrent, 0, recurrentWeight, recurrentBias, state, stateStart, numRows, hiddenSize);
    for (let i = 0; i < newRow; i++) recurrent[i] = sigmoid(projection[i]! + recurrent[i]!);
    if (!resetAfter) this.#recurrentNew(state, stateStart);
    for (let i = 0; i < hiddenSize; i++) {
      const r = resetAfter ? recurrent[i]! : 1;
      const z = recurrent[hiddenSize + i]!;
      const n = Math.tanh(projection[newRow + i]! + r * recurrent[newRow + i]!);
      state[stateStart + i] = (1 - z) * n + z * state[stateStart + i]!;
    }
  }

  /** R_n (r * h) + c_n, from the r that `step` left in the first rows of `recurrent`. */
  #recurrentNew(state: Float32Array, stateStart: number): void {
    const { recurrentWeight, recurrentBias, hiddenSize } = this.#layer;
    const newRow = 2 * hiddenSize;
    for (let i = 0; i < hiddenSize; i++) this.#resetState[i] = this.#recurrent[i]! * state[stateStart + i]!;
    const weight = recurrentWeight.subarray(newRow * hiddenSize);
    const bias = recurrentBias?.subarray(newRow) ?? null;
    matvec(this.#recurrent, newRow, weight, bias, this.#resetState, 0, hiddenSize, hiddenSize);
  }
}
