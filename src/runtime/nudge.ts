/**
 * Waits that are timed before it is decided: first so many that are left alone, then as many that are nudged. Not in turns,
 * since a nudge moves the timer that the next wait depends on.
 */
const NUM_TRIALS = 12;
/** Of each kind, not counted. */
const NUM_WARMUPS = 2;
/** Then it is found out anew: a busy moment must not decide for a long session. */
const NUM_DECIDED = 2000;

/** Nudges cost the GPU process time: they must save at least this share of the wait. */
const WORTHWHILE_SHARE = 0.2;

/** What takes longer gains nothing from it. */
const MAX_NUDGE_MS = 5;

/**
 * Shortens the wait for a streamed step's result.
 *
 * A browser looks for finished GPU work by a timer, Chromium every 1 to 2 ms (156), Firefox every 100 ms (153), however
 * short the work is. A message to the GPU process makes it look at once. Where that helps is found out by the
 * first results that are waited for alone.
 */
export class Nudge {
  readonly #device: GPUDevice;
  readonly #leftMs: number[] = [];
  readonly #nudgedMs: number[] = [];
  #isWorthwhile: boolean | null = null;
  #numWaits = 0;
  #numSinceDecision = 0;
  #isNudging = false;
  /** When to stop nudging at the latest. */
  #endMs = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Waits for a result whose work has been submitted. */
  async wait<T>(result: Promise<T>): Promise<T> {
    if (this.#isWorthwhile !== null && ++this.#numSinceDecision > NUM_DECIDED) this.#forget();
    const isTrial = this.#numWaits++ === 0 && this.#isWorthwhile === null;
    const isNudged = this.#isWorthwhile ?? (isTrial && this.#leftMs.length === NUM_TRIALS);
    const startMs = performance.now();
    if (isNudged) void this.#nudge(startMs + MAX_NUDGE_MS);
    try {
      return await result;
    } finally {
      this.#numWaits--;
      if (isTrial) this.#note(isNudged, performance.now() - startMs);
    }
  }

  /** What was found, for `explain()`. */
  describe(): string {
    if (this.#isWorthwhile === null) return "not yet timed";
    const [left, nudged] = [this.#leftMs, this.#nudgedMs].map((times) => `${typical(times).toFixed(2)} ms`);
    const use = this.#isWorthwhile ? "in use" : "not in use";
    return `${left} by the browser's timer, ${nudged} when the GPU process is nudged: ${use}`;
  }

  #note(isNudged: boolean, timeMs: number): void {
    (isNudged ? this.#nudgedMs : this.#leftMs).push(timeMs);
    if (this.#nudgedMs.length < NUM_TRIALS) return;
    this.#isWorthwhile = typical(this.#nudgedMs) < (1 - WORTHWHILE_SHARE) * typical(this.#leftMs);
  }

  #forget(): void {
    this.#isWorthwhile = null;
    this.#numSinceDecision = 0;
    this.#leftMs.length = 0;
    this.#nudgedMs.length = 0;
  }

  /** Keeps one round trip to the GPU process on the way while somebody waits. */
  async #nudge(endMs: number): Promise<void> {
    this.#endMs = endMs;
    if (this.#isNudging) return;
    this.#isNudging = true;
    while (this.#numWaits > 0 && performance.now() < this.#endMs) {
      this.#device.pushErrorScope("validation");
      await this.#device.popErrorScope().catch(() => null); // a lost device is noticed elsewhere
    }
    this.#isNudging = false;
  }
}

/** The median. */
function typical(times: readonly number[]): number {
  const sorted = times.slice(NUM_WARMUPS).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
