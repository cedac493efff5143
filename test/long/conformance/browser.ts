import { connect } from "puppeteer";
import { createServer, type ViteDevServer } from "vite";
import { launchChrome } from "../../harness/chrome.js";
import { pageConfig } from "../../harness/pageServer.js";
import type { Outcome } from "./execute.js";
import type { Program } from "./program.js";
import { pack, unpack } from "./transfer.js";

/** A page in which programs run on WebGPU. */
export interface ConformancePage {
  /** The browser and its adapter. */
  readonly description: string;
  execute(program: Program): Promise<Outcome>;
  close(): Promise<void>;
}

/** Starts a dev server and a headless Chrome, and opens the page, with the library from its sources. */
export async function openConformancePage(): Promise<ConformancePage> {
  const browser = await launchChrome(); // first: it is the one that may not be there
  const server = await startServer();
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    // A second connection, without puppeteer's limit of three minutes for one case.
    const patient = await connect({ browserWSEndpoint: browser.wsEndpoint(), protocolTimeout: 0 });
    const page = await patient.newPage();
    await page.goto(new URL("test/long/conformance/page.html", server.resolvedUrls!.local[0]).href, {
      waitUntil: "load",
    });
    const adapterName = await page.evaluate(() => conformance.adapterName());
    return {
      description: `${await browser.version()}, ${adapterName}`,
      execute: async (program) =>
        unpack<Outcome>(await page.evaluate((packed) => conformance.execute(packed), pack(program))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServer(): Promise<ViteDevServer> {
  const server = await createServer({
    ...pageConfig,
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null }, // any free port
    optimizeDeps: { noDiscovery: true },
  });
  return server.listen();
}
