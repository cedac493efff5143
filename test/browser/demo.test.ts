import { mkdirSync, readFileSync } from "node:fs";
import type { Page } from "puppeteer";
import { describe, expect, it } from "vitest";
import { glyphOf } from "../../demo/glyph.js";
import { BEGINNING } from "../../demo/predictor.js";
import { parseModel } from "../../src/load/parseModel.js";
import { runReference } from "../harness/reference/runReference.js";
import { projectRoot } from "../harness/library.js";
import { openPage } from "./support/openPage.js";

/** Pictures of the page where a test failed; git ignores them. */
const SCREENSHOTS = `${projectRoot}test/screenshots/`;

const network = await parseModel(new Uint8Array(readFileSync(`${projectRoot}demo/models/next-char.safetensors`)));
const characters = network.vocabulary!;

/** Opens the demo, waits for its model, and keeps a picture of it if `test` fails. */
async function onDemo(query: string, test: (page: Page) => Promise<void>): Promise<void> {
  const { currentTestName } = expect.getState();
  const page = await openPage(`/demo/index.html${query}`);
  try {
    await isCaughtUp(page);
    await test(page);
  } catch (error) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const name = currentTestName!.replaceAll(/\W+/g, "-");
    await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
    throw error;
  }
}

/** Resolves when the bars belong to the text. */
async function isCaughtUp(page: Page): Promise<void> {
  await page.waitForSelector("#bars[aria-busy=false]");
}

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent.trim());
}

function typedText(page: Page): Promise<string> {
  return page.$eval("#text", (element) => (element as HTMLTextAreaElement).value);
}

/** The signs of the bars, top first. */
function shownSigns(page: Page): Promise<string[]> {
  return page.$$eval("#bars li:not(.others) .sign", (signs) => signs.map((sign) => sign.textContent));
}

/** The signs that the float64 reference puts on the bars for a text. */
function expectedSigns(text: string, numBars = 8): string[] {
  const { output } = runReference(network, { input: encode(BEGINNING + text), batchSize: 1 });
  const probabilities = output.subarray(-characters.length);
  const ranked = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  return ranked.slice(0, numBars).map((index) => glyphOf(characters[index]!).sign);
}

/** The text that the float64 reference continues with, always taking the likeliest character. */
function greedyContinuation(text: string, numCharacters: number): string {
  let continuation = "";
  let { output, finalState } = runReference(network, { input: encode(BEGINNING + text), batchSize: 1 });
  for (let i = 0; i < numCharacters; i++) {
    const probabilities = output.subarray(-characters.length);
    const index = probabilities.indexOf(Math.max(...probabilities));
    continuation += characters[index]!;
    ({ output, finalState } = runReference(network, { input: [index], batchSize: 1, initialState: finalState }));
  }
  return continuation;
}

function encode(text: string): number[] {
  return [...text].map((character) => characters.indexOf(character));
}

function isSoftwareAdapter(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const info = (await navigator.gpu.requestAdapter())!.info;
    return /swiftshader|llvmpipe/i.test([info.vendor, info.architecture, info.description].join(" "));
  });
}

async function choose(page: Page, device: "auto" | "webgpu" | "cpu"): Promise<void> {
  await page.click(`input[name=device][value=${device}]`);
}

/** Moves a slider and lets it go. */
async function setSlider(page: Page, id: "temperature" | "top-p", number: number): Promise<void> {
  await page.$eval(
    `#${id}`,
    (slider, value) => {
      (slider as HTMLInputElement).value = value;
      slider.dispatchEvent(new Event("input"));
      slider.dispatchEvent(new Event("change"));
    },
    String(number),
  );
}

async function isAsLongAs(page: Page, length: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelector<HTMLTextAreaElement>("#text")!.value.length >= wanted,
    {},
    length,
  );
}

async function pressContinue(page: Page): Promise<void> {
  await page.keyboard.down("Control");
  await page.keyboard.press("Enter");
  await page.keyboard.up("Control");
}

describe("demo", () => {
  it("guesses what the reference guesses on WebGPU, and the same on the CPU", () =>
    onDemo("?device=webgpu", async (page) => {
      expect(await shownSigns(page)).toEqual(expectedSigns(""));

      const text = "Now when he had said these th";
      await page.type("#text", text, { delay: 10 });
      await isCaughtUp(page);
      expect(await shownSigns(page)).toEqual(expectedSigns(text));
      expect(await textOf(page, "#p50")).toMatch(/^\d+(\.\d)? ms$/);
      expect(await textOf(page, "#p95")).toMatch(/^\d+(\.\d)? ms$/);
      expect(Number(await textOf(page, "#count"))).toBeGreaterThan(0);
      const vendor = await page.evaluate(async () => (await navigator.gpu.requestAdapter())!.info.vendor);
      expect(await textOf(page, "#badge")).toContain(`WebGPU, ${vendor}`);
      expect(await textOf(page, "#explanation")).toContain("device: webgpu");

      await choose(page, "cpu");
      await page.waitForSelector("#badge[data-device=cpu]");
      await isCaughtUp(page);
      expect(await typedText(page)).toBe(text);
      expect(await shownSigns(page)).toEqual(expectedSigns(text));
      expect(await textOf(page, "#badge")).toContain("CPU");
    }));

  it("names the device that it chose by itself, and why", () =>
    onDemo("", async (page) => {
      const isSoftware = await isSoftwareAdapter(page);
      expect(await textOf(page, "#badge")).toMatch(isSoftware ? /CPU/ : /WebGPU|CPU/);
      expect(await textOf(page, "#reason")).toMatch(isSoftware ? /software/ : /\w/);
    }));

  it("follows pastes, deletions, edits in the middle and fast fingers", () =>
    onDemo("?device=cpu", async (page) => {
      await page.focus("#text");
      await page.keyboard.sendCharacter("The earth was without form"); // at once, as a paste
      await page.keyboard.type(" and void");
      await page.keyboard.press("Home");
      await page.keyboard.type("For ");
      await page.keyboard.press("Delete");
      await page.keyboard.type("t");
      await page.keyboard.press("End");
      for (let i = 0; i < 5; i++) await page.keyboard.press("Backspace");
      await page.keyboard.press("Enter");
      await page.keyboard.type("and the spi");
      const text = "For the earth was without form and\nand the spi";
      expect(await typedText(page)).toBe(text);
      await isCaughtUp(page);
      expect(await shownSigns(page)).toEqual(expectedSigns(text));
      expect(await page.$eval(".heat", (heat) => heat.textContent.replace("\u200b", ""))).toBe(text);

      await page.$eval("#text", (element) => (element as HTMLTextAreaElement).select());
      await page.keyboard.press("Backspace");
      await isCaughtUp(page);
      expect(await shownSigns(page)).toEqual(expectedSigns(""));
    }));

  it("reads characters that the model does not know as others, and says so", () =>
    onDemo("?device=cpu", async (page) => {
      await page.type("#text", "“Come, José");
      await isCaughtUp(page);
      expect(await shownSigns(page)).toEqual(expectedSigns('"Come, Jose'));
      expect(await textOf(page, "#substitutions")).toContain('reads “ as ", é as e.');
    }));

  it.each([
    ["webgpu", 0, 1],
    ["cpu", 0, 1],
    ["cpu", 1, 0.05], // each likeliest character is likelier than 5 %: it is drawn from alone
  ])(
    "continues on %s as a greedy loop over the reference does: temperature %d, top p %d",
    (device, temperature, topP) =>
      onDemo(`?device=${device}`, async (page) => {
        const text = "In those days ";
        const expected = text + greedyContinuation(text, 20);
        await page.type("#text", text);
        await setSlider(page, "temperature", temperature);
        await setSlider(page, "top-p", topP);
        await pressContinue(page);
        await isAsLongAs(page, expected.length);
        await page.keyboard.press("Escape");
        await isCaughtUp(page);
        const written = await typedText(page);
        expect(written.slice(0, expected.length)).toBe(expected);
        expect(await textOf(page, "#continue .verb")).toBe("Continue");
        expect(await shownSigns(page)).toEqual(expectedSigns(written));

        await page.focus("#text");
        await page.keyboard.type(" Th");
        await isCaughtUp(page);
        expect(await shownSigns(page)).toEqual(expectedSigns(`${written} Th`));
        await pressContinue(page);
        const further = `${written} Th${greedyContinuation(`${written} Th`, 5)}`;
        await isAsLongAs(page, further.length);
        await page.keyboard.press("Escape");
        expect((await typedText(page)).slice(0, further.length)).toBe(further);
      }),
  );

  it("goes on with another temperature when it is set while it writes", () =>
    onDemo("?device=cpu", async (page) => {
      await setSlider(page, "temperature", 1.5);
      await page.click("#continue");
      await isAsLongAs(page, 3);
      await setSlider(page, "temperature", 0);
      const text = await typedText(page);
      expect(await textOf(page, "#continue .verb")).toBe("Stop");
      const expected = text + greedyContinuation(text, 12);
      await isAsLongAs(page, expected.length);
      expect((await typedText(page)).slice(0, expected.length)).toBe(expected);
      expect(await textOf(page, "#status")).toBe("Writing.");
    }));

  it("writes nothing when it is stopped before the first character has come", () =>
    onDemo("?device=webgpu", async (page) => {
      await page.type("#text", "And");
      await isCaughtUp(page);
      await page.evaluate(() => {
        const button = document.querySelector<HTMLButtonElement>("#continue")!;
        button.click();
        button.click();
      });
      await page.waitForFunction(() => document.querySelector("#status")!.textContent === "Wrote 0 characters.");
      expect(await typedText(page)).toBe("And");
      expect(await textOf(page, "#continue .verb")).toBe("Continue");
    }));

  it("stops writing when the user types", () =>
    onDemo("?device=cpu", async (page) => {
      await page.click("#continue");
      await isAsLongAs(page, 4);
      await page.type("#text", "!");
      expect(await textOf(page, "#continue .verb")).toBe("Continue");
      const written = await typedText(page);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await typedText(page)).toBe(written);
    }));

  it("says in words when there is no WebGPU, and stays on the CPU", () =>
    onDemo("?device=cpu", async (page) => {
      await page.type("#text", "And the ");
      await page.evaluate(() => {
        navigator.gpu.requestAdapter = () => Promise.resolve(null);
      });
      await choose(page, "webgpu");
      await page.waitForSelector("#notice:not([hidden])");
      expect(await textOf(page, "#notice p")).toMatch(/^WebGPU cannot be used here/);
      expect(await page.$eval("input[name=device]:checked", (radio) => (radio as HTMLInputElement).value)).toBe("cpu");
      await page.type("#text", "k");
      await isCaughtUp(page);
      expect(await shownSigns(page)).toEqual(expectedSigns("And the k"));
    }));

  it.each(["reads", "writes"])("moves to the CPU with its text when the GPU goes away while it %s", (what) =>
    onDemo("?device=cpu", async (page) => {
      await page.evaluate(() => {
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
          const device = await requestDevice.call(this, descriptor);
          addEventListener("lose", () => device.destroy());
          return device;
        };
      });
      await choose(page, "webgpu");
      await page.waitForSelector("#badge[data-device=webgpu]");
      await page.type("#text", "He answere");
      await isCaughtUp(page);
      if (what === "writes") {
        await pressContinue(page);
        await isAsLongAs(page, 12);
      }
      await page.evaluate(() => dispatchEvent(new Event("lose")));
      if (what === "reads") await page.type("#text", "d");
      await page.waitForSelector("#badge[data-device=cpu]");
      await isCaughtUp(page);
      const text = await typedText(page);
      expect(text).toMatch(/^He answere./);
      expect(await shownSigns(page)).toEqual(expectedSigns(text));
      expect(await textOf(page, "#continue .verb")).toBe("Continue");
      expect(await textOf(page, "#notice p")).toContain("moved to the CPU");
    }),
  );

  it("never scrolls sideways on a phone", () =>
    onDemo("?device=cpu", async (page) => {
      await page.setViewport({ width: 360, height: 740 });
      await page.type("#text", "a".repeat(60));
      await page.click("summary");
      const [needed, offered] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(needed).toBeLessThanOrEqual(offered!);
    }));
});
