import type { Browser } from "puppeteer";
import type { TestProject } from "vitest/node";
import { chosenAdapter, launchChrome } from "../harness/chrome.js";
import { servePages } from "../harness/pageServer.js";
import { HARNESS } from "./page.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Address of the dev server, without a slash at the end. It serves the project's root, sources included. */
    serverUrl: string;
    /** Where to connect to the one Chrome that all browser tests share. */
    browserEndpoint: string;
  }
}

/** Starts one dev server and one Chrome for all browser tests; vitest calls what it returns at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browser = await launchChrome(); // first: it is the one that may not be there
  const server = await servePages(project.vitest.config.watch);
  const stop = async () => {
    await browser.close();
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
  project.provide("browserEndpoint", browser.wsEndpoint());
  return stop;
}

/** One line for the log: the browser and its adapter. No adapter is a failure, never a reason to skip. */
async function describe(browser: Browser, serverUrl: string): Promise<string> {
  const version = await browser.version();
  const page = await browser.newPage();
  await page.goto(serverUrl + HARNESS); // an address that may use WebGPU; about:blank may not
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu?.requestAdapter())?.info;
    return info && [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
  });
  await page.close();
  if (adapter) return `${version}, WebGPU adapter: ${adapter}`;
  throw new Error(
    `${version}: expected a WebGPU adapter (${chosenAdapter()}), got none; set WEBGRU_ADAPTER to swiftshader or ` +
      `default, CHROME_PATH to another Chrome, or leave the browser out with \`npm test -- --project unit\``,
  );
}
