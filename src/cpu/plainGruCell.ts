import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { elementFunction } from "./activation.js";
import { matvec } from "./matvec.js";

/** One direction of one GRU layer: its weights, and work space that each step of each row overwrites. */
export class PlainGruCell {
  readonly #layer: GruLayer;
  readonly #recurrentWeight: Float32Array; // [3H, H]
  readonly #recurrentBias: Float32Array | null; // [3H]
  readonly #newWeight: Float32Array; // [H, H], the rows of n
  readonly #newBias: Float32Array | null; // [H]
  readonly #recurrent: Float32Array; // [3H] R h + c
  readonly #resetState: Float32Array; // [H] r * h, for reset-before
  readonly #gateActivation: (x: number) => number;
  readonly #newActivation: (x: number) => number;
  readonly #clip: number;

  constructor(layer: GruLayer, direction: number) {
    const { hiddenSize, recurrentWeight, recurrentBias } = layer;
    const numRows = 3 * hiddenSize;
    this.#layer = layer;
    this.#recurrentWeight = blockOf(recurrentWeight, direction, numRows * hiddenSize);
    this.#recurrentBias = recurrentBias && blockOf(recurrentBias, direction, numRows);
    this.#newWeight = this.#recurrentWeight.subarray(2 * hiddenSize * hiddenSize);
    this.#newBias = this.#recurrentBias && this.#recurrentBias.subarray(2 * hiddenSize);
    this.#recurrent = new Float32Array(numRows);
    this.#resetState = new Float32Array(hiddenSize);
    this.#gateActivation = elementFunction(layer.gateActivation);
    this.#newActivation = elementFunction(layer.newActivation);
    this.#clip = layer.clip ?? Infinity;
  }

  /** The cells of a layer, one for each direction. */
  static of(layer: GruLayer): PlainGruCell[] {
    return Array.from({ length: numDirections(layer) }, (_, direction) => new PlainGruCell(layer, direction));
  }

  /**
   * One step of one row, the equations of layers/gru.ts.
   *
   * @param projection W x + b, [3H] from element x on
   * @param state [H] from element h on, replaced
   */
  step(projection: Float32Array, x: number, state: Float32Array, h: number): void {
    const { hiddenSize, resetAfter } = this.#layer;
    const recurrent = this.#recurrent;
    const f = this.#gateActivation;
    const g = this.#newActivation;
    const newRow = 2 * hiddenSize;
    const numRows = resetAfter ? 3 * hiddenSize : newRow;
    matvec(recurrent, 0, this.#recurrentWeight, this.#recurrentBias, state, h, numRows, hiddenSize);
    for (let i = 0; i < newRow; i++) recurrent[i] = f(this.#limit(projection[x + i]! + recurrent[i]!));
    if (!resetAfter) {
      for (let i = 0; i < hiddenSize; i++) this.#resetState[i] = recurrent[i]! * state[h + i]!;
      matvec(recurrent, newRow, this.#newWeight, this.#newBias, this.#resetState, 0, hiddenSize, hiddenSize);
    }
    for (let i = 0; i < hiddenSize; i++) {
      const r = resetAfter ? recurrent[i]! : 1;
      const z = recurrent[hiddenSize + i]!;
      const n = g(this.#limit(projection[x + newRow + i]! + r * recurrent[newRow + i]!));
      state[h + i] = (1 - z) * n + z * state[h + i]!;
    }
  }

  #limit(x: number): number {
    return x > this.#clip ? this.#clip : x < -this.#clip ? -this.#clip : x;
  }
}

function blockOf(values: Float32Array, index: number, length: number): Float32Array {
  return values.subarray(index * length, (index + 1) * length);
}
