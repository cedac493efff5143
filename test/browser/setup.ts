import type { Browser } from "puppeteer";
import { createServer, type ViteDevServer } from "vite";
import type { TestProject } from "vitest/node";
import { assemblyScript } from "../../src/assemblyScript.mjs";
import { chosenAdapter, launchChrome } from "../chrome.js";
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
  const server = await startServer(project);
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

async function startServer({ config, vitest }: TestProject): Promise<ViteDevServer> {
  const server = await createServer({
    root: config.root,
    configFile: false,
    plugins: [assemblyScript()],
    logLevel: "error",
    server: {
      host: "127.0.0.1",
      port: 0, // any free one
      hmr: false, // a page that reloads in the middle of a test fails it
      watch: vitest.config.watch ? {} : null,
    },
    // Nothing the pages import comes from node_modules.
    optimizeDeps: { noDiscovery: true },
    resolve: {
      alias: [
        { find: /^webgru$/, replacement: "/src/index.ts" },
        { find: /^webgru\/(\w+)$/, replacement: "/src/$1.ts" },
      ],
    },
  });
  return server.listen();
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
