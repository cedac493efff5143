import { type Browser, connect, type Page } from "puppeteer";
import { expect, inject, onTestFinished } from "vitest";

/** Path of the page that tests open unless they name another. */
export const TEST_PAGE = "/test/browser/support/testPage.html";

/**
 * Opens a page of the dev server in the shared Chrome, for the test that is running; it closes with the test.
 *
 * An error that the page throws or logs fails the test, and so does a WebGPU error that nobody caught.
 *
 * @param path of the page, from the project's root, or the address of another server's
 * @param isFailing whether errors are what the test is about
 */
export async function openPage(path: string = TEST_PAGE, isFailing = false): Promise<Page> {
  const { page, close } = await openSharedPage(path, isFailing);
  onTestFinished(close);
  return page;
}

/** As `openPage`, for all tests of a file: it closes after the last one. Call it in `beforeAll`. */
export async function openSharedPage(
  path: string = TEST_PAGE,
  isFailing = false,
): Promise<{ page: Page; close: () => Promise<void> }> {
  const browser = await connectBrowser();
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // Chrome reports an uncaught WebGPU error as a warning of its own, which has no line.
    const isOwnWarning = message.type() === "warn" && message.location().lineNumber === undefined;
    if (message.type() === "error" || isOwnWarning) errors.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto(new URL(path, inject("serverUrl")).href, { waitUntil: "load" });
  const close = async () => {
    await page.close();
    await browser.disconnect();
    if (!isFailing) expect(errors, `errors of ${path}`).toEqual([]);
  };
  return { page, close };
}

/** Connects to the Chrome of this worker, in which no other file's tests run meanwhile. */
export function connectBrowser(): Promise<Browser> {
  const endpoints = inject("browserEndpoints");
  const worker = Number(process.env.VITEST_POOL_ID);
  // A page may take as long as its test.
  return connect({ browserWSEndpoint: endpoints[worker - 1]!, protocolTimeout: 0 });
}
