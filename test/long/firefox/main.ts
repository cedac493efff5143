// The twin cases in Firefox: another implementation of WebGPU, and on Linux without a GPU another driver, Mesa's lavapipe,
// of eight lanes.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer";
import { servePages } from "../../harness/pageServer.js";
import { twinCases } from "../../cases/twinCases.js";

/** WebGPU, on a software adapter too. */
const PREFERENCES = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };

/**
 * Runs every twin case and prints what became of it.
 *
 * @returns the exit code: 1 when an output was wrong or a case was refused, or nothing could be run
 */
export async function main(): Promise<number> {
  let browser: Browser | null = null;
  try {
    const executablePath = findFirefox();
    browser = await launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox: PREFERENCES });
    return await runCases(browser);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await browser?.close();
  }
}

async function runCases(browser: Browser): Promise<number> {
  const server = await servePages();
  try {
    const page = await browser.newPage();
    await page.goto(new URL("test/browser/harness.html", server.resolvedUrls!.local[0]).href);
    print(`${await browser.version()}, ${await describeAdapter(page)}`);
    let [numRight, maxError] = [0, 0];
    for (const { name } of twinCases) {
      try {
        const comparisons = Object.values(await page.evaluate((each) => harness.runTwin(each), name));
        const far = comparisons.filter(({ isClose }) => !isClose);
        for (const { worst } of far) print(`${name}: ${worst}`);
        if (far.length === 0) numRight++;
        maxError = Math.max(maxError, ...comparisons.map((comparison) => comparison.maxError));
      } catch (error) {
        print(`${name}: ${String(error)}`);
      }
    }
    print(`${numRight} of ${twinCases.length} cases right, largest error ${maxError.toExponential(1)}`);
    return numRight === twinCases.length ? 0 : 1;
  } finally {
    await server.close();
  }
}

/** What is told of the adapter: Firefox gives no name. */
function describeAdapter(page: Page): Promise<string> {
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

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
