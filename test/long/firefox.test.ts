// The twin cases in Firefox: another implementation of WebGPU, and on Linux without a GPU another driver, Mesa's lavapipe,
// of eight lanes.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { tensorsOf } from "../../src/layers/index.js";
import type { Network } from "../../src/model/network.js";
import { TEST_PAGE } from "../browser/support/openPage.js";
import type { TwinCase } from "../cases/twinCase.js";
import { twinCases } from "../cases/twinCases.js";
import { expectIsClose } from "../harness/close.js";

/** WebGPU, on a software adapter too. */
const PREFERENCES = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };

let browser: Browser | undefined;
let page: Page;
/** The largest buffer that the adapter binds: lavapipe's is smaller than a case's matrix. */
let maxBindingBytes: number;
beforeAll(async () => {
  const executablePath = findFirefox();
  browser = await launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox: PREFERENCES });
  page = await browser.newPage();
  await page.goto(inject("serverUrl") + TEST_PAGE);
  const adapter = await describeAdapter();
  maxBindingBytes = adapter.maxBindingBytes;
  // oxlint-disable-next-line no-console -- which browser and adapter the results are of
  console.log(`${await browser.version()}, ${adapter.description}, ${maxBindingBytes} bytes in a binding`);
});
afterAll(() => browser?.close());

describe("WebGPU in Firefox", () => {
  for (const twin of twinCases) {
    it(`agrees with the reference for ${twin.name}, or says that the adapter binds too little`, () =>
      expectRight(twin));
  }
});

async function expectRight({ id, network }: TwinCase): Promise<void> {
  const running = page.evaluate((each) => harness.runTwin(each), id);
  if (largestTensorBytes(network()) > maxBindingBytes) return expectRefused(running);
  for (const comparison of Object.values(await running)) expectIsClose(comparison);
}

function expectRefused(running: Promise<unknown>): Promise<void> {
  return expect(running).rejects.toThrow(`expected at most ${maxBindingBytes} bytes, the most that this device binds`);
}

function largestTensorBytes({ layers }: Network): number {
  return Math.max(...layers.flatMap(tensorsOf).map(({ values }) => values?.byteLength ?? 0));
}

/** The adapter's kind and size: Firefox gives no name. */
function describeAdapter(): Promise<{ description: string; maxBindingBytes: number }> {
  return page.evaluate(async () => {
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) throw new Error("expected a WebGPU adapter, got none: on Linux, install mesa-vulkan-drivers");
    const { info, limits } = adapter;
    const kind = info.isFallbackAdapter ? "software adapter" : "adapter";
    return {
      description: `${kind} of ${limits.maxComputeInvocationsPerWorkgroup} invocations`,
      maxBindingBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
    };
  });
}

function findFirefox(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = ["firefox", "firefox-esr"].flatMap((command) => folders.map((folder) => join(folder, command)));
  const path = process.env.FIREFOX_PATH ?? paths.find((each) => existsSync(each));
  if (path !== undefined) return path;
  throw new Error("Firefox: expected one on the PATH, got none; install it, or set FIREFOX_PATH to its executable");
}
