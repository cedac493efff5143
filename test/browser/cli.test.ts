// The pages that the program of the command line serves, in a browser, and the browser that it starts itself.

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { adapterFlags, chosenAdapter, findChrome } from "../harness/chrome.js";
import { endOf, printed, startCli } from "../harness/cliProcess.js";
import { buildLibrary, projectRoot } from "../harness/library.js";
import { openPage } from "./support/openPage.js";

const programs: ReturnType<typeof startCli>[] = [];

beforeAll(buildLibrary);
afterEach(() => {
  for (const program of programs.splice(0)) program.kill();
});

/** Starts a server of the program's, and opens its page. */
async function openServed(...args: string[]) {
  const program = startCli(...args);
  programs.push(program);
  const [url] = await printed(program, /http:\/\/localhost:\d+\//);
  const page = await openPage(url);
  await page.waitForSelector("[data-ready]");
  return page;
}

describe("webgru serve", () => {
  it("opens a model of text: what is typed is pushed, and the likeliest characters are shown", async () => {
    const page = await openServed("serve", `${projectRoot}demo/models/next-char.safetensors`);
    const text = (selector: string) => page.$eval(selector, ({ textContent }) => textContent);
    expect(await text("#name")).toBe("next-char.safetensors");
    expect(await text("#explain")).toMatch(/^device: .*\nmodel: 468513 parameters/);
    await page.type("#input", "In the beginnin");
    await page.click("#push");
    await page.waitForSelector("#output td");
    expect(await text("#output td")).toBe('"g"');
    expect(await text("#status")).toMatch(/^15 steps in [\d.]+ ms$/);
    await page.click("#reset");
    await page.waitForFunction(() => document.querySelector("#output td") === null);
    expect(await text("#status")).toBe("The state is zero");
  });

  it("opens a model of features that has no streams, and says what it refuses", async () => {
    const page = await openServed("serve", `${projectRoot}test/fixtures/torch_bidirectional.pt`);
    const text = (selector: string) => page.$eval(selector, ({ textContent }) => textContent);
    expect(await text("#status")).toMatch(
      /expected one that a stream can step through.* Each push is a whole sequence here/,
    );
    expect(await text("#hint")).toBe("Steps to push, one a line: 3 numbers");
    await page.type("#input", "\n1 2 3");
    await page.click("#push");
    await page.waitForSelector("#output td");
    expect(await page.$$eval("#output tr", ({ length }) => length)).toBe(10);
    await page.type("#input", " 4");
    await page.click("#push");
    await page.waitForFunction(() => document.querySelector("#status")!.textContent.startsWith("input: expected"));
  });
});

describe("webgru doctor", () => {
  const isFine = {
    secureContext: true,
    navigatorGpu: true,
    adapter: { limits: { maxComputeInvocationsPerWorkgroup: expect.any(Number) as number } },
    kernels: { sampling: "fine", "reset after, f32": expect.stringMatching(/^fine, /) as string },
    isFine: true,
  };

  it("has a page that examines the browser and every kernel", async () => {
    const page = await openServed("doctor", "--page");
    const report = await page.$eval("#report", ({ textContent }) => textContent);
    expect(JSON.parse(report)).toMatchObject(isFine);
  });

  it("examines a Chrome that it starts", async () => {
    const chrome = findChrome();
    if (chrome !== undefined) process.env.CHROME_PATH = chrome;
    const flags = adapterFlags(chosenAdapter()).map((flag) => `--chrome-flag=${flag}`);
    const { code, stdout } = await endOf(startCli("doctor", "--browser", ...flags));
    expect(JSON.parse(stdout)).toMatchObject({ node: { version: process.version }, browser: isFine });
    expect(code).toBe(0);
  });
});
