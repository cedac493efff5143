import { tell } from "./stderr.js";

/** Time between two lines, and before the first one. */
const INTERVAL_MS = 1000;

/** Writes the progress of long work to standard error, once a second. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #write: (text: string) => void;
  #toldMs = performance.now();

  /** @param what name of the work @param total value of `at` at the end */
  constructor(what: string, total: number, write = tell) {
    this.#what = what;
    this.#total = total;
    this.#write = write;
  }

  at(done: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#write(`${this.#what}: ${Math.min(100, Math.floor((100 * done) / this.#total))}%`);
  }
}
