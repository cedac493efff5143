// Models that outlive their GPU: whatever is under way when it goes away gives the numbers that it would have given.

import type { Browser, CDPSession, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { launchChrome } from "../harness/chrome.js";
import { TEST_PAGE } from "./support/openPage.js";

let browser: Browser;
let session: CDPSession;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  // A browser of its own: without these flags Chromium (156) refuses a GPU for two minutes after a second crash, and ends at the sixth.
  browser = await launchChrome({
    args: ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"],
  });
  session = await browser.target().createCDPSession();
  page = await browser.newPage();
  page.on("console", (m) => console.log("PAGE", m.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  // The process ends without an answer.
  await page.exposeFunction("crashGpu", () => void session.send("Browser.crashGpuProcess").catch(() => {}));
  await page.goto(inject("serverUrl") + TEST_PAGE, { waitUntil: "load" });
});
afterAll(() => browser.close());
afterEach(() => {
  if (errors.length > 0) throw new Error(errors.join("\n"));
});

/** The ways to lose a GPU. */
const FAULTS = ["crash", "destroy"] as const;

describe.each(["page", "worker"] as const)("streams in a %s", (where) => {
  it("give the same numbers through 20 crashes of the GPU", async () => {
    const { staying, losing, losses, changes } = await page.evaluate(async (place) => {
      const run = (numCrashes: number) => harness.streamThroughCrashes({ place, numCrashes, numPushes: 600 });
      const whole = await run(0);
      const broken = await run(20);
      return { staying: whole.hash, losing: broken.hash, losses: broken.numLosses, changes: broken.changes };
    }, where);
    expect(losses).toBe(20);
    expect(losing).toBe(staying);
    expect(changes.filter((change) => change === "restored").length).toBeGreaterThanOrEqual(20);
  });
});

describe.each(FAULTS)("after a %s", (fault) => {
  it("every call gives its result, late", async () => {
    const { whole, broken, numLosses } = await page.evaluate(async (kind) => {
      const staying = await harness.callsThroughLosses(null);
      const losing = await harness.callsThroughLosses(kind);
      return { whole: staying.outcomes, broken: losing.outcomes, numLosses: losing.numLosses };
    }, fault);
    expect(Object.keys(broken)).toEqual(Object.keys(whole));
    for (const [name, outcome] of Object.entries(whole)) expect(broken[name], name).toEqual(outcome);
    expect(numLosses).toBeGreaterThanOrEqual(Object.keys(whole).length);
  });
});
