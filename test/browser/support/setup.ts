import type { Browser } from "puppeteer";
import type { TestProject } from "vitest/node";
import { chosenAdapter, launchChrome } from "../../harness/chrome.js";
import { servePages } from "../../harness/pageServer.js";
import { TEST_PAGE } from "./openPage.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Address of the dev server, without a slash at the end. It serves the project's root, sources included. */
    serverUrl: string;
    /** Where to connect to the Chrome of each of vitest's workers. */
    browserEndpoints: string[];
  }
}

/** Starts a dev server, and a Chrome for each worker; vitest calls the function that it returns at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browser = await launchChrome(); // first: it may not be there, and is installed then
  const others = Array.from({ length: numWorkers(project) - 1 }, () => launchChrome());
  const browsers = [browser, ...(await Promise.all(others))];
  const server = await servePages(project.vitest.config.watch);
  const stop = async () => {
    await Promise.all(browsers.map((each) => each.close()));
    await server.close();
  };
  const serverUrl = server.resolvedUrls!.local[0]!.replace(/\/$/, "");
  try {
    console.log(await describe(browser, serverUrl));
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("serverUrl", serverUrl);
  project.provide(
    "browserEndpoints",
    browsers.map((each) => each.wsEndpoint()),
  );
  return stop;
}

/** How many files run side by side. */
function numWorkers({ vitest }: TestProject): number {
  return Number(vitest.config.maxWorkers);
}

/** One line for the log: the browser and its adapter. No adapter is a failure, never a reason to skip. */
async function describe(browser: Browser, serverUrl: string): Promise<string> {
  const version = await browser.version();
  const page = await browser.newPage();
  await page.goto(serverUrl + TEST_PAGE); // an address that may use WebGPU; about:blank may not
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu?.requestAdapter())?.info;
    return info && [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
  });
  await page.close();
  if (adapter) return `${version}, WebGPU adapter: ${adapter}`;
  throw new Error(
    `${version}: expected a WebGPU adapter (${chosenAdapter()}), got none; set WEBGRU_ADAPTER to swiftshader or ` +
      `default, CHROME_PATH to another Chrome, or leave the browser out with \`npx vitest run --project unit\``,
  );
}
