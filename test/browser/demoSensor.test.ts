// The sensor example in short runs. How many deadlines a run misses is the machine's affair; that they are counted is ours.

import { readFileSync } from "node:fs";
import type { Page } from "puppeteer";
import { describe, expect, it } from "vitest";
import { loadModel } from "webgru";
import record from "../../demo/models/sensor.json" with { type: "json" };
import { seededRandom } from "../../demo/sensor/seededRandom.js";
import { RATE_HZ, sensorSignal } from "../../demo/sensor/signal.js";
import { Trace } from "../../demo/sensor/trace.js";
import { projectRoot } from "../harness/library.js";
import { openPage } from "./support/openPage.js";

const PATH = "/demo/sensor/index.html";

async function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent!.trim());
}

/** Resolves when the page's status begins with `words`. */
async function says(page: Page, words: string): Promise<void> {
  await page.waitForFunction((start) => document.querySelector("#status")!.textContent!.startsWith(start), {}, words);
}

/** The figures of the page, as numbers. */
async function figuresOf(page: Page): Promise<Record<string, number>> {
  const ids = ["missed", "p50", "p99", "max", "error", "naive"];
  const texts = await Promise.all(ids.map((id) => textOf(page, `#${id}`)));
  return Object.fromEntries(ids.map((id, i) => [id, Number.parseFloat(texts[i]!.replaceAll(",", ""))]));
}

/** The forecasts that the page should make of a signal: those of one run here. */
async function traceOf(seed: number, numSteps: number): Promise<Trace> {
  const model = await loadModel(readFileSync(`${projectRoot}demo/models/sensor.safetensors`), { device: "cpu" });
  const sensor = sensorSignal(seededRandom(seed));
  const values = Array.from({ length: numSteps }, sensor);
  const { output } = await model.run(values);
  const trace = new Trace(record.horizonSteps, RATE_HZ);
  values.forEach((value, step) => {
    trace.addValue(value);
    trace.addForecast(step, output[step]!);
  });
  return trace;
}

describe("the sensor example", () => {
  it.each([
    { device: "cpu", worker: 0 },
    { device: "cpu", worker: 1 },
    { device: "webgpu", worker: 0 },
    { device: "webgpu", worker: 1 },
  ])("takes every step on $device, worker $worker, and tells how it went", async ({ device, worker }) => {
    const page = await openPage(`${PATH}?seconds=2&seed=5&device=${device}&worker=${worker}`);
    await says(page, "Done.");
    expect(await textOf(page, "#steps")).toBe("200");
    expect(await page.$eval("#badge", (badge) => (badge as HTMLElement).dataset.device)).toBe(device);
    expect(await textOf(page, "#reason")).toBe("Asked for.");
    const { missed, p50, p99, max, error, naive } = await figuresOf(page);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50!);
    expect(max).toBeGreaterThanOrEqual(p99!);
    const exactMax = Number(await page.$eval("#max", (figure) => (figure as HTMLElement).dataset.ms));
    expect(missed! > 0).toBe(exactMax > 10);
    expect(await textOf(page, "#status")).toMatch(
      missed === 0 ? /^Done\. No result/ : `${missed} of 200 results were late`,
    );
    const expected = await traceOf(5, 200);
    expect(error).toBeCloseTo(expected.error!, 3);
    expect(naive).toBeCloseTo(expected.lastValueError!, 3);
  });

  it("counts a deadline as missed when the page was held up, and goes on", async () => {
    const page = await openPage(`${PATH}?seconds=4&device=cpu`);
    await says(page, "Running");
    await page.evaluate(() => {
      for (const endMs = performance.now() + 300; performance.now() < endMs;);
    });
    await says(page, "Done.");
    const { missed, max } = await figuresOf(page);
    expect(await textOf(page, "#steps")).toBe("400");
    expect(missed).toBeGreaterThanOrEqual(25);
    expect(max).toBeGreaterThan(250);
  });

  it("stops, runs again, and starts over on another device", async () => {
    const page = await openPage(`${PATH}?seconds=60&device=cpu`);
    await page.waitForFunction(() => /^[1-9]/.test(document.querySelector("#steps")!.textContent!));
    await page.click("#run");
    await says(page, "Stopped after");
    expect(await textOf(page, "#run")).toBe("Run again");
    await page.click("#run");
    await says(page, "Running");
    expect(await textOf(page, "#run")).toBe("Stop");
    await page.$eval("input[value=webgpu]", (radio) => (radio as HTMLInputElement).click());
    await page.waitForSelector("#badge[data-device=webgpu]");
    await says(page, "Running");
    await page.click("#run");
    await says(page, "Stopped after");
  });

  it("stops when its page is hidden, and says why", async () => {
    const page = await openPage(`${PATH}?seconds=60&device=cpu`);
    await says(page, "Running");
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await says(page, "Stopped after");
    expect(await textOf(page, "#notice p")).toMatch(/hidden page/);
  });

  it("says in words when there is no WebGPU", async () => {
    const page = await openPage(`${PATH}?seconds=1&device=cpu`);
    await says(page, "Done.");
    await page.evaluate(() => {
      navigator.gpu.requestAdapter = () => Promise.resolve(null);
    });
    await page.$eval("input[value=webgpu]", (radio) => (radio as HTMLInputElement).click());
    await page.waitForSelector("#notice:not([hidden])");
    expect(await textOf(page, "#notice p")).toMatch(/expected an adapter/);
    expect(await textOf(page, "#status")).toBe("The run ended early.");
  });

  it("draws, and never scrolls sideways on a phone", async () => {
    const page = await openPage(`${PATH}?seconds=1&device=cpu`);
    await page.setViewport({ width: 360, height: 740 });
    await says(page, "Done.");
    const { colors, samples, needed, offered } = await page.evaluate(() => {
      const canvas = document.querySelector("canvas")!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      const pixels = Array.from({ length: data.length / 4 }, (_, i) => data.subarray(4 * i, 4 * i + 4));
      return {
        colors: pixels.filter((pixel) => pixel[3] === 255).map(([r, g, b]) => `rgb(${r}, ${g}, ${b})`),
        samples: [".signal", ".forecast"].map(
          (name) => getComputedStyle(document.querySelector(name)!).backgroundColor,
        ),
        needed: document.documentElement.scrollWidth,
        offered: innerWidth,
      };
    });
    for (const sample of samples) expect(colors).toContain(sample);
    expect(needed).toBeLessThanOrEqual(offered);
  });
});
