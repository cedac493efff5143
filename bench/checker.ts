import { compare } from "../test/compare.js";

/** The project's goal for float32: outputs of a GRU lie in [-1, 1]. */
const TOLERANCE = { atol: 2e-6, rtol: 0 };

/** Checks what one contender computes, and keeps its largest error. */
export class Checker {
  readonly #contender: string;
  #maxError = 0;

  constructor(contender: string) {
    this.#contender = contender;
  }

  get maxError(): number {
    return this.#maxError;
  }

  /** @throws Error for outputs that are not the reference's */
  check(actual: Float32Array, expected: Float64Array): void {
    const { isClose, maxError, worst } = compare(actual, expected, TOLERANCE);
    if (!isClose) throw new Error(`${this.#contender}: expected outputs within ${TOLERANCE.atol} of float64, ${worst}`);
    this.#maxError = Math.max(this.#maxError, maxError);
  }
}
