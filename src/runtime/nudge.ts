/**
 * Waits that are timed before it is decided, in turns of so many that are nudged and as many that are left alone, so that
 * a busy moment falls on both; nudged ones come first, for the first prediction's sake. The first of a turn does not count:
 * the wait before moved the timer that it depends on.
 */
const TURN = 3;
const NUM_TURNS = 8;
/**
 * Waits until it is found out anew: a busy moment must not decide for a long session. A decision against nudges is kept for
 * few waits, since the first falls in the busy time that loads a page, and for twice as many each time that it is made again.
 */
const NUM_KEPT = 2000;
const FIRST_NUM_KEPT_AGAINST = 25;

/** Nudges cost the GPU process time: they must save at least this share of the wait. */
const WORTHWHILE_SHARE = 0.1;

/**
 * Round trips that follow each other at once. More would take a core from a software adapter (SwiftShader in Chromium 156:
 * with no end to them the p99 of a step of 512 units rose from 10 to 31 ms), so then there is one in each millisecond.
 */
const NUM_CLOSE = 4;
const PAUSE_MS = 1;

/** What takes longer gains nothing from it. */
const MAX_NUDGE_MS = 5;

/**
 * Shortens the wait for a streamed step's result.
 *
 * A browser looks for finished GPU work by a timer, Chromium every 1 to 2 ms (156), Firefox every 100 ms (153), however
 * short the work is. A message to the GPU process makes it look at once. Where that helps is found out by the
 * first results whose wait begins when there is no other.
 */
export class Nudge {
  readonly #device: GPUDevice;
  readonly #leftMs: number[] = [];
  readonly #nudgedMs: number[] = [];
  #numTrials = 0;
  #isWorthwhile: boolean | null = null;
  #numWaits = 0;
  #numNudged = 0;
  #numUntilRetry = 0;
  #numKeptAgainst = FIRST_NUM_KEPT_AGAINST;
  #isNudging = false;
  /** When to stop nudging at the latest, and how often before that without a pause. */
  #endMs = 0;
  #numClose = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Waits for a result whose work has been submitted. */
  async wait<T>(result: Promise<T>): Promise<T> {
    if (this.#isWorthwhile !== null && this.#numUntilRetry-- === 0) this.#forget();
    const isTrial = this.#numWaits++ === 0 && this.#isWorthwhile === null;
    const isNudged = this.#isWorthwhile ?? (isTrial && this.#numTrials % (2 * TURN) < TURN);
    const startMs = performance.now();
    if (isNudged) void this.#nudge(startMs + MAX_NUDGE_MS);
    try {
      const value = await result;
      if (isTrial) this.#note(isNudged, performance.now() - startMs);
      return value;
    } finally {
      this.#numWaits--;
      if (isNudged) this.#numNudged--;
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
    if (this.#numTrials++ % TURN > 0) (isNudged ? this.#nudgedMs : this.#leftMs).push(timeMs);
    if (this.#numTrials < NUM_TURNS * TURN) return;
    this.#isWorthwhile = typical(this.#nudgedMs) < (1 - WORTHWHILE_SHARE) * typical(this.#leftMs);
    this.#numUntilRetry = this.#isWorthwhile ? NUM_KEPT : this.#numKeptAgainst;
    this.#numKeptAgainst = this.#isWorthwhile ? FIRST_NUM_KEPT_AGAINST : Math.min(2 * this.#numKeptAgainst, NUM_KEPT);
  }

  #forget(): void {
    this.#isWorthwhile = null;
    this.#numTrials = 0;
    this.#leftMs.length = 0;
    this.#nudgedMs.length = 0;
  }

  /** Sends round trips to the GPU process while there is a wait to shorten. */
  async #nudge(endMs: number): Promise<void> {
    this.#numNudged++;
    this.#endMs = endMs;
    this.#numClose = NUM_CLOSE;
    if (this.#isNudging) return;
    this.#isNudging = true;
    while (this.#numNudged > 0 && performance.now() < this.#endMs) {
      this.#device.pushErrorScope("validation");
      await this.#device.popErrorScope().catch(() => null); // a lost device is noticed elsewhere
      if (--this.#numClose <= 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.#isNudging = false;
  }
}

/** The mean of all but the largest quarter: the timer is met at once or missed, and a median would be either. */
function typical(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b).slice(0, Math.ceil((3 * times.length) / 4));
  return sorted.reduce((sum, time) => sum + time, 0) / sorted.length;
}
