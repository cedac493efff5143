// The CPU path where a page has it: in Chrome, which has relaxed SIMD, in a worker, and where a policy refuses WebAssembly.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { twinCase, twinCases } from "../cases/twinCases.js";
import { firstOfKind } from "../harness/firstOfKind.js";
import { connectBrowser, openPage, openSharedPage } from "./support/openPage.js";

/** One for each kind of layer: Node runs all of them in the same WebAssembly. */
const ids = await firstOfKind(
  twinCases.map(({ id }) => id),
  (id) => twinCase(id).network(),
);

describe("the CPU in Chrome", () => {
  let shared: Awaited<ReturnType<typeof openSharedPage>>;

  beforeAll(async () => {
    shared = await openSharedPage();
  });
  afterAll(() => shared.close());

  it("runs WebAssembly with relaxed SIMD", async () => {
    expect(await nameOfCpu(shared.page)).toBe("CPU, WebAssembly SIMD, relaxed");
  });

  for (const id of ids) {
    const { name } = twinCase(id);
    it(`agrees with the reference for ${name}`, async () => {
      const comparisons = await shared.page.evaluate((each) => harness.runCpuTwin(each), id);
      for (const comparison of Object.values(comparisons)) expectIsClose(comparison);
    });
  }
});

it("runs in a worker, in WebAssembly", async () => {
  const page = await openPage();
  const told = await page.evaluate(
    () =>
      new Promise<{ deviceName: string; output: number[] }>((resolve, reject) => {
        const worker = new Worker("/test/browser/support/cpuWorker.ts", { type: "module" });
        worker.addEventListener("message", ({ data }) => resolve(data));
        worker.addEventListener("error", ({ message }) => reject(new Error(message)));
      }),
  );
  expect(told.deviceName).toContain("WebAssembly");
  expect(told.output).toEqual([0.5, 1]);
});

it("predicts in plain JavaScript where the page's policy refuses WebAssembly, and says so", async () => {
  const browser = await connectBrowser();
  const page = await browser.newPage();
  try {
    await page.goto(`${inject("serverUrl")}/test/browser/support/policyPage.html`);
    const told = await page.waitForSelector("#told:not(:empty)");
    const { deviceName, explanation, output } = JSON.parse(await told!.evaluate((element) => element.textContent));
    expect(deviceName).toBe("CPU, plain JavaScript");
    expect(explanation).toMatch(/plain JavaScript, because WebAssembly was refused \(CompileError: .*unsafe-eval/);
    expect(output).toEqual([0.5, 1]);
  } finally {
    await page.close();
    await browser.disconnect();
  }
});

function nameOfCpu(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const network = harness.random.randomTextModel(1, 9);
    return (await harness.webgru.createModel(network, { device: "cpu" })).deviceName;
  });
}
