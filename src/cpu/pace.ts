/** Estimated work between two turns of the page. No clock is read: that takes almost as long as a small push. */
const BUSY_US = 8000;

/** Time of a call without its arithmetic. */
const CALL_US = 4;

/** WebAssembly on a slow laptop. Plain JavaScript is about five times slower, so its turns come later by the clock. */
const FLOPS_PER_US = 10_000;

/** Decides when work on the page's own thread gives way to the page. One for all sessions of an engine. */
export class Pace {
  #spentUs = 0;
  #turn: Promise<void> | null = null;

  /**
   * Counts work that was done.
   *
   * @returns null, or a promise of the end of the page's turn where one is due: results wait for it
   */
  spend(flops: number): Promise<void> | null {
    this.#spentUs += CALL_US + flops / FLOPS_PER_US;
    if (this.#spentUs >= BUSY_US) {
      this.#spentUs = 0;
      this.#turn ??= this.#giveWay();
    }
    return this.#turn;
  }

  async #giveWay(): Promise<void> {
    await nextTask();
    this.#turn = null;
  }
}

/** Steps between two turns of the page, at least one. @param flops operations of a step */
export function stepsOfTurn(flops: number): number {
  return Math.max(1, Math.floor((BUSY_US * FLOPS_PER_US) / flops));
}

/** Node and other servers have it; a page has none. */
const { setImmediate } = globalThis as { readonly setImmediate?: (callback: () => void) => unknown };

const waiting: (() => void)[] = [];
let port: MessagePort | null = null;

/**
 * Resolves in a task of its own, after the tasks that wait already. Not `setTimeout`, which takes 4 ms when it is nested; not
 * `scheduler.yield`, which runs before the timers that may abort the work.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (typeof MessageChannel === "undefined") resolve(); // an AudioWorklet: nothing else waits for its thread
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
