/** Times of all steps of a run, from when each was due to when its result was there. */
export class Deadlines {
  readonly #limitMs: number;
  readonly #timesMs: Float64Array;
  #numDone = 0;
  #numMissed = 0;

  /**
   * @param limitMs a result that comes later than this after its step was due is too late
   * @param numSteps of the whole run
   */
  constructor(limitMs: number, numSteps: number) {
    this.#limitMs = limitMs;
    this.#timesMs = new Float64Array(numSteps);
  }

  get numDone(): number {
    return this.#numDone;
  }

  /** Steps whose results came too late. */
  get numMissed(): number {
    return this.#numMissed;
  }

  add(timeMs: number): void {
    this.#timesMs[this.#numDone++] = timeMs;
    if (timeMs > this.#limitMs) this.#numMissed++;
  }

  /**
   * For each share, the smallest time that at least that share of the steps is at or below; null before the first step.
   *
   * @param shares 0.5 for p50, 1 for the largest
   */
  percentiles(shares: readonly number[]): number[] | null {
    if (this.#numDone === 0) return null;
    const sorted = this.#timesMs.slice(0, this.#numDone).sort();
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!);
  }
}
