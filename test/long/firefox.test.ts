// The twin cases in Firefox: another implementation of WebGPU, and on Linux without a GPU another driver, Mesa's lavapipe,
// of eight lanes.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { TEST_PAGE } from "../browser/support/openPage.js";
import { twinCases } from "../cases/twinCases.js";
import { expectIsClose } from "../harness/close.js";

/** WebGPU, on a software adapter too. */
const PREFERENCES = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };

let browser: Browser | undefined;
let page: Page;
beforeAll(async () => {
  const executablePath = findFirefox();
  browser = await launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox: PREFERENCES });
  page = await browser.newPage();
  await page.goto(inject("serverUrl") + TEST_PAGE);
  // oxlint-disable-next-line no-console -- which browser and adapter the results are of
  console.log(`${await browser.version()}, ${await describeAdapter()}`);
});
afterAll(() => browser?.close());

describe("WebGPU in Firefox", () => {
  for (const { id, name } of twinCases) {
    it(`agrees with the reference for ${name}`, async () => {
      const comparisons = await page.evaluate((each) => harness.runTwin(each), id);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});

/** The adapter's kind and size: Firefox gives no name. */
function describeAdapter(): Promise<string> {
  return page.evaluate(async () => {
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) throw new Error("expected a WebGPU adapter, got none: on Linux, install mesa-vulkan-drivers");
    const { info, limits } = adapter;
    const kind = info.isFallbackAdapter ? "software adapter" : "adapter";
    return `${kind} of ${limits.maxComputeInvocationsPerWorkgroup} invocations`;
  });
}

function findFirefox(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = ["firefox", "firefox-esr"].flatMap((command) => folders.map((folder) => join(folder, command)));
  const path = process.env.FIREFOX_PATH ?? paths.find((each) => existsSync(each));
  if (path !== undefined) return path;
  throw new Error("Firefox: expected one on the PATH, got none; install it, or set FIREFOX_PATH to its executable");
}
