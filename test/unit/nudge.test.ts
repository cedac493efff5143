import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Nudge } from "../../src/runtime/nudge.js";

/** How long the work of a wait takes to be noticed when nobody asks. */
const TIMER_MS = 8;

/** A browser that notices finished work by a timer, or at the end of a round trip when that makes it look. */
class FakeBrowser {
  numRoundTrips = 0;
  numOpenScopes = 0;
  roundTripMs = 1;
  readonly #notices = new Set<() => void>();
  looksWhenNudged: boolean;

  constructor(looksWhenNudged: boolean) {
    this.looksWhenNudged = looksWhenNudged;
  }

  get device(): GPUDevice {
    const device = {
      pushErrorScope: () => this.numOpenScopes++,
      popErrorScope: async () => {
        this.numOpenScopes--;
        this.numRoundTrips++;
        if (this.roundTripMs > 0) await sleep(this.roundTripMs);
        if (this.looksWhenNudged) for (const notice of this.#notices) notice();
        return null;
      },
    };
    return device as unknown as GPUDevice;
  }

  async result(): Promise<string> {
    await Promise.race([sleep(TIMER_MS), new Promise<void>((resolve) => this.#notices.add(resolve))]);
    return "a result";
  }
}

// Timers end in their order, as soon as nothing else is left to do, by a clock that they alone move on.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterEach(() => vi.useRealTimers());

describe("Nudge", () => {
  it("is in use where a message makes the browser look at once", async () => {
    const { browser, nudge } = await settle(true);
    expect(nudge.describe()).toMatch(/^\d+\.\d\d ms by the browser's timer, .* nudged: in use$/);
    await sleep(5); // the last round trip is over
    const before = browser.numRoundTrips;
    expect(await nudge.wait(browser.result())).toBe("a result");
    expect(browser.numRoundTrips).toBeGreaterThan(before);
    expect(browser.numOpenScopes).toBe(0);
  });

  it("leaves the browser alone where it does not help", async () => {
    const { browser, nudge } = await settle(false);
    expect(nudge.describe()).toMatch(/ nudged: not in use$/);
    const before = browser.numRoundTrips;
    await nudge.wait(browser.result());
    expect(browser.numRoundTrips).toBe(before);
  });

  it("decides by waits that begin alone", async () => {
    const browser = new FakeBrowser(true);
    const nudge = new Nudge(browser.device);
    const waitForMany = () => Promise.all(Array.from({ length: 50 }, () => nudge.wait(browser.result())));
    for (let i = 0; i < 23; i++) await waitForMany();
    expect(nudge.describe()).toBe("not yet timed");
    await waitForMany();
    expect(nudge.describe()).not.toBe("not yet timed");
  });

  it("tries nudges first, then as many waits without", async () => {
    const browser = new FakeBrowser(true);
    const nudge = new Nudge(browser.device);
    const roundTripsOf = async (numWaits: number) => {
      const before = browser.numRoundTrips;
      for (let i = 0; i < numWaits; i++) await nudge.wait(browser.result());
      await sleep(5); // the last round trip is over
      return browser.numRoundTrips - before;
    };
    expect(await roundTripsOf(1)).toBeGreaterThan(0);
    await roundTripsOf(2);
    expect(await roundTripsOf(3)).toBe(0);
    expect(await roundTripsOf(1)).toBeGreaterThan(0);
  });

  it("learns nothing from failures", async () => {
    const nudge = new Nudge(new FakeBrowser(true).device);
    for (let i = 0; i < 30; i++) await nudge.wait(Promise.reject(new Error("gone"))).catch(() => {});
    expect(nudge.describe()).toBe("not yet timed");
  });

  it("tries again soon where it did not help, and later each time that it did not again", async () => {
    const { browser, nudge } = await settle(false);
    const expectKept = async (numWaits: number, use: string) => {
      for (let i = 0; i < numWaits; i++) await nudge.wait(Promise.resolve());
      expect(nudge.describe()).toMatch(new RegExp(` nudged: ${use}$`));
      await nudge.wait(browser.result());
      expect(nudge.describe()).toBe("not yet timed");
      await untilDecided(browser, nudge);
    };
    await expectKept(25, "not in use");
    await expectKept(50, "not in use");
    browser.looksWhenNudged = true;
    await expectKept(100, "not in use");
    browser.looksWhenNudged = false;
    await expectKept(2000, "in use");
    await expectKept(25, "not in use");
  });

  it("does not keep the GPU process busy while a step takes long", async () => {
    const { browser, nudge } = await settle(true);
    await sleep(5);
    browser.looksWhenNudged = false;
    browser.roundTripMs = 0;
    const before = browser.numRoundTrips;
    await nudge.wait(browser.result());
    expect(browser.numRoundTrips - before).toBeGreaterThanOrEqual(4);
    expect(browser.numRoundTrips - before).toBeLessThan(4 + TIMER_MS);
  });

  it("hands on a failure, and stops", async () => {
    const { browser, nudge } = await settle(true);
    await expect(nudge.wait(Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    await sleep(5);
    const before = browser.numRoundTrips;
    await sleep(5);
    expect(browser.numRoundTrips).toBe(before);
  });
});

function sleep(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}

async function settle(looksWhenNudged: boolean): Promise<{ browser: FakeBrowser; nudge: Nudge }> {
  const browser = new FakeBrowser(looksWhenNudged);
  const nudge = new Nudge(browser.device);
  await untilDecided(browser, nudge);
  return { browser, nudge };
}

/** Waits one after the other until it has decided. */
async function untilDecided(browser: FakeBrowser, nudge: Nudge): Promise<void> {
  for (let i = 0; nudge.describe() === "not yet timed"; i++) {
    if (i === 100) throw new Error("it never decided");
    await nudge.wait(browser.result());
  }
}
