/**
 * Round trips that follow a submission, at most. Few messages cover the short steps that gain by them; more would take a core
 * from a software adapter that is still computing (SwiftShader in Chromium 156: with no end to them the p99 of a step of 512
 * units rose from 10 to 31 ms).
 */
const MAX_ROUND_TRIPS = 4;

/**
 * Shortens the wait for a streamed step's result.
 *
 * A browser looks for finished GPU work by a timer, Chromium every 1 to 2 ms (156), Firefox every 100 ms (153), however
 * short the work is. A message to the GPU process makes it look at once: each wait sends a few, one after the other.
 */
export class Nudge {
  readonly #device: GPUDevice;
  #numWaits = 0;
  #numLeft = 0;
  #isNudging = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Waits for a result whose work has been submitted. */
  async wait<T>(result: Promise<T>): Promise<T> {
    this.#numWaits++;
    this.#numLeft = MAX_ROUND_TRIPS;
    if (!this.#isNudging) void this.#nudge();
    try {
      return await result;
    } finally {
      this.#numWaits--;
    }
  }

  /** Sends round trips to the GPU process while there is a wait to shorten. */
  async #nudge(): Promise<void> {
    this.#isNudging = true;
    while (this.#numWaits > 0 && this.#numLeft-- > 0) {
      this.#device.pushErrorScope("validation");
      await this.#device.popErrorScope().catch(() => null); // a lost device is noticed elsewhere
    }
    this.#isNudging = false;
  }
}
