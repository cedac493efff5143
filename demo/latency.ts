/** Times of the latest pushes, and their percentiles. */
export class Latency {
  readonly #windowSize: number;
  readonly #timesMs: number[] = [];
  #count = 0;

  /** @param windowSize number of latest times that the percentiles look at */
  constructor(windowSize = 200) {
    this.#windowSize = windowSize;
  }

  /** Number of times added, those that have left the window included. */
  get count(): number {
    return this.#count;
  }

  add(timeMs: number): void {
    this.#timesMs[this.#count % this.#windowSize] = timeMs;
    this.#count++;
  }

  /**
   * The smallest time that at least this share of the window is at or below; null before the first.
   *
   * @param share 0.5 for p50, 0.95 for p95
   */
  percentile(share: number): number | null {
    if (this.#timesMs.length === 0) return null;
    const sorted = [...this.#timesMs].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  }
}
