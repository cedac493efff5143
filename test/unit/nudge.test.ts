import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Nudge } from "../../src/runtime/nudge.js";

// Timers end in their order, as soon as nothing else is left to do, by a clock that they alone move on.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterEach(() => vi.useRealTimers());

function sleep(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}

/** A browser that notices finished work at the end of a round trip, or when it is told to. */
class FakeBrowser {
  numRoundTrips = 0;
  numOpenScopes = 0;
  looksWhenNudged = true;
  isLost = false;
  readonly #notices = new Set<() => void>();

  get device(): GPUDevice {
    const device = {
      pushErrorScope: () => this.numOpenScopes++,
      popErrorScope: async () => {
        this.numOpenScopes--;
        this.numRoundTrips++;
        await sleep(1);
        if (this.isLost) throw new Error("lost");
        if (this.looksWhenNudged) this.look();
        return null;
      },
    };
    return device as unknown as GPUDevice;
  }

  look(): void {
    for (const notice of this.#notices) notice();
  }

  async result(): Promise<string> {
    await new Promise<void>((resolve) => this.#notices.add(resolve));
    return "a result";
  }
}

/** Long after the last round trip. */
const LATER_MS = 50;

describe("Nudge", () => {
  it("has the browser look at once", async () => {
    const browser = new FakeBrowser();
    expect(await new Nudge(browser.device).wait(browser.result())).toBe("a result");
    expect(browser.numRoundTrips).toBe(1);
    expect(browser.numOpenScopes).toBe(0);
  });

  it("does not keep the GPU process busy while a step takes long", async () => {
    const browser = new FakeBrowser();
    browser.looksWhenNudged = false;
    const wait = new Nudge(browser.device).wait(browser.result());
    await sleep(LATER_MS);
    expect(browser.numRoundTrips).toBe(4);
    browser.look();
    expect(await wait).toBe("a result");
    expect(browser.numRoundTrips).toBe(4);
  });

  it("sends one message at a time for many waits, and goes on for the last one", async () => {
    const browser = new FakeBrowser();
    browser.looksWhenNudged = false;
    const nudge = new Nudge(browser.device);
    const first = nudge.wait(browser.result());
    const second = nudge.wait(browser.result());
    expect(browser.numRoundTrips).toBe(1);
    await sleep(LATER_MS);
    expect(browser.numRoundTrips).toBe(1 + 4);
    const third = nudge.wait(browser.result());
    await sleep(LATER_MS);
    expect(browser.numRoundTrips).toBe(1 + 4 + 4);
    browser.look();
    expect(await Promise.all([first, second, third])).toEqual(["a result", "a result", "a result"]);
  });

  it("hands on a failure, and stops", async () => {
    const browser = new FakeBrowser();
    await expect(new Nudge(browser.device).wait(Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    await sleep(LATER_MS);
    expect(browser.numRoundTrips).toBe(1);
  });

  it("does not fail by a device that is lost", async () => {
    const browser = new FakeBrowser();
    browser.isLost = true;
    const wait = new Nudge(browser.device).wait(browser.result());
    await sleep(LATER_MS);
    browser.look();
    expect(await wait).toBe("a result");
  });
});
