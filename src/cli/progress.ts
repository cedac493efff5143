import { tell } from "./stderr.js";

/** Work shorter than that is not worth a line. */
const INTERVAL_MS = 1000;

/** Tells standard error, once a second, how far long work is. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #write: (text: string) => void;
  #toldMs = performance.now();

  /** @param total what `at` counts to */
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
