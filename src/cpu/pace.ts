/** Work between two turns of the page, as estimated: no clock is asked, for a small push takes little longer than that. */
const BUSY_US = 8000;

/** Overhead of a call, beside its arithmetic. */
const CALL_US = 4;

/** Of WebAssembly on a slow laptop. Plain JavaScript is some five times as slow, and gives way so much more seldom. */
const FLOPS_PER_US = 10_000;

/** When work on the page's own thread gives way to whatever else the page has to do. One for all sessions of an engine. */
export class Pace {
  #spentUs = 0;
  #turn: Promise<void> | null = null;

  /**
   * Counts work that was done.
   *
   * @returns null, or where the page's turn is due what resolves after it: results are to wait for that
   */
  spend(flops: number): Promise<void> | null {
    this.#spentUs += CALL_US + flops / FLOPS_PER_US;
    if (this.#spentUs >= BUSY_US) {
      this.#spentUs = 0;
      this.#turn ??= this.#give();
    }
    return this.#turn;
  }

  async #give(): Promise<void> {
    await nextTask();
    this.#turn = null;
  }
}

/** Steps of so many operations each that are over about when the page's turn is due; one at the least. */
export function stepsOfTurn(flops: number): number {
  return Math.max(1, Math.floor((BUSY_US * FLOPS_PER_US) / flops));
}

/** Node's and its like; a page has none. */
const { setImmediate } = globalThis as { readonly setImmediate?: (callback: () => void) => unknown };

const waiting: (() => void)[] = [];
let port: MessagePort | null = null;

/**
 * Resolves in a task of its own, after those that wait already. Not by `setTimeout`, which takes 4 ms where it is nested;
 * nor by `scheduler.yield`, which comes before the timers that an abort may hang on.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (typeof MessageChannel === "undefined") resolve(); // an AudioWorklet: nobody else waits for its thread
    else {
      waiting.push(resolve);
      port ??= openPort();
      port.postMessage(null);
    }
  });
}

function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => waiting.shift()!());
  port1.start();
  return port2;
}
