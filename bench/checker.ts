import { compare } from "../test/harness/compare.js";
import type { Contender } from "./contender.js";

/** Checks what one contender computes, and keeps its largest error. */
export class Checker {
  readonly #contender: Contender;
  #maxError = 0;

  constructor(contender: Contender) {
    this.#contender = contender;
  }

  get maxError(): number {
    return this.#maxError;
  }

  /** @throws Error for outputs that are not the reference's */
  check(actual: Float32Array, expected: Float64Array): void {
    const { name, tolerance } = this.#contender;
    const { isClose, maxError, worst } = compare(actual, expected, { atol: tolerance, rtol: 0 });
    if (!isClose) throw new Error(`${name}: expected outputs within ${tolerance} of float64, ${worst}`);
    this.#maxError = Math.max(this.#maxError, maxError);
  }
}
