// A GPU process that crashes while a model is made or used on WebGPU, at moments that are counted, not timed.

import type { Browser, CDPSession } from "puppeteer";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { launchChrome } from "../harness/chrome.js";
import { TEST_PAGE } from "./support/openPage.js";

declare global {
  /** Ends the GPU process, from within the page. */
  var crashGpu: () => void;
}

let browser: Browser;
let session: CDPSession;

beforeAll(async () => {
  // A browser of its own; it takes more crashes than it would from a page, and still gives pages WebGPU.
  browser = await launchChrome({
    args: ["--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis"],
  });
  session = await browser.target().createCDPSession();
});
afterAll(() => browser.close());

/** Calls to WebGPU before the one at which the GPU crashes: of a load, of a first run and first pushes, of later ones. */
const MOMENTS = { page: [3, 9, 11, 13, 15], worker: [10, 13] };

/** How the calls of a page or worker end whose GPU crashes at a moment. */
async function outcomesAt(moment: number, where: "page" | "worker") {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  // The process ends without an answer.
  await page.exposeFunction("crashGpu", () => void session.send("Browser.crashGpuProcess").catch(() => {}));
  await page.goto(inject("serverUrl") + TEST_PAGE, { waitUntil: "load" });
  const { outcomes, again, unhandled } = await page.evaluate(
    async (fatal, place) => {
      const network = harness.campaignNetwork(830);
      const rejections: string[] = [];
      // The one before may be ending still.
      while ((await navigator.gpu.requestAdapter()) === null) await harness.rest(50);
      const worker = place === "worker" ? harness.watchedWorker(fatal) : null;
      worker?.addEventListener("message", ({ data }) => {
        if ("unhandled" in data) rejections.push(data.unhandled);
        else globalThis.crashGpu();
      });
      if (worker === null) harness.duringWait(fatal, () => globalThis.crashGpu());
      const create = async () =>
        worker === null
          ? harness.webgru.createModel(network, { device: "webgpu" })
          : harness.worker.createModel(network, { device: "webgpu", worker });
      const use = async (model: Awaited<ReturnType<typeof create>>) => {
        const stream = model.createStream();
        const calls = [
          stream.push([1, 2, 3], { output: { topK: 2 } }), // by a kernel that is compiled for it
          model.run([1, 2, 3, 4, 5, 6]).then(({ output }) => output),
          stream.push([1, 2, 3]),
          stream.push([4, 5, 6]),
          stream.push([4, 5, 6, 7, 8, 9]),
        ];
        return Promise.all(calls.map((call) => harness.outcomeOf(call)));
      };
      const results: string[] = [];
      const creating = create();
      results.push(await harness.outcomeOf(creating));
      if (results[0] === "done") {
        const model = await creating;
        for (let isOver = fatal < 0; !isOver; isOver = results.includes("device-lost")) {
          results.push(...(await use(model)));
        }
        model.dispose();
      }
      while ((await navigator.gpu.requestAdapter()) === null) await harness.rest(50);
      const next = await create();
      const later = await use(next);
      next.dispose();
      worker?.terminate();
      return { outcomes: results, again: later, unhandled: rejections };
    },
    moment,
    where,
  );
  await page.close();
  return { outcomes, again, unhandled: [...unhandled, ...errors] };
}

describe.each(["page", "worker"] as const)("a GPU that crashes under a model in a %s", (where) => {
  it("leaves right numbers or device-lost, and the next model works", async () => {
    const { again: expected } = await outcomesAt(-1, where);
    for (const outcome of expected) expect(outcome).toMatch(/^(done|[-\d.,e]+)$/);
    for (const moment of MOMENTS[where]) {
      const { outcomes, again, unhandled } = await outcomesAt(moment, where);
      const what = `crash at call ${moment}: ${outcomes.join(" ")}`;
      for (const outcome of outcomes) expect(["device-lost", "done", ...expected], what).toContain(outcome);
      expect(outcomes, what).toContain("device-lost");
      expect(again, what).toEqual(expected);
      expect(unhandled, what).toEqual([]);
    }
  });
});
