import { setTimeout } from "node:timers/promises";
import { type Browser, type BrowserContext, connect, type Page } from "puppeteer";
import { launchChrome } from "../test/harness/chrome.js";
import { type FirstTry, summarizeFirst } from "./measures/first.js";
import { nameShape, type Row } from "./row.js";
import type { Runtime } from "./runtime.js";
import { startServer } from "./server.js";
import type { MeasureRequest } from "./workload.js";

/** Starts headless Chrome, and a server of the bench page. */
export async function openBrowser(): Promise<Runtime> {
  const server = await startServer();
  try {
    const browser = await launchChrome();
    // A second connection, without puppeteer's limit of three minutes for one measurement.
    const patient = await connect({ browserWSEndpoint: browser.wsEndpoint(), protocolTimeout: 0 });
    const pages = new BenchPages(patient, new URL("bench/page.html", server.resolvedUrls!.local[0]).href);
    return {
      describe: (needsGpu) => pages.describe(needsGpu),
      measure: (request) => pages.measure(request),
      async close() {
        await browser.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A page that has just opened keeps the browser's other processes busy, on the cores that are to be timed. */
const SETTLE_MS = 1000;

/** Pages to measure in. */
class BenchPages {
  readonly #browser: Browser;
  readonly #url: string;
  /** The page in use, and the sizes that it is for. */
  #current: { readonly page: Page; readonly sizes: string } | null = null;

  constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  async describe(needsGpu: boolean) {
    const page = await this.#open(this.#browser);
    const facts = {
      engine: await this.#browser.version(),
      adapter: await page.evaluate((isNeeded) => bench.describeAdapter(isNeeded), needsGpu),
      clockUs: await page.evaluate(() => bench.clockResolution()),
    };
    await page.close();
    return facts;
  }

  async measure(request: MeasureRequest): Promise<Row[]> {
    if (request.kind === "first") return this.#measureFirst(request);
    const page = await this.#pageFor(request);
    return page.evaluate((one) => bench.measure(one), request);
  }

  /** A page for all requests of the same sizes: what a peer leaves behind, or breaks, ends with it. */
  async #pageFor({ shape }: MeasureRequest): Promise<Page> {
    const sizes = nameShape({ ...shape, sequenceLength: 0 });
    if (this.#current?.sizes === sizes) return this.#current.page;
    await this.#current?.page.close();
    this.#current = { page: await this.#open(this.#browser), sizes };
    return this.#current.page;
  }

  /** Each try in a context of its own, which shares no cache with another; contenders take turns. */
  async #measureFirst(request: MeasureRequest): Promise<Row[]> {
    const tries = request.contenders.map((): FirstTry[] => []);
    for (let run = 0; run < request.numRuns; run++) {
      for (const [i, contender] of request.contenders.entries()) {
        const context = await this.#browser.createBrowserContext();
        const page = await this.#open(context);
        await setTimeout(SETTLE_MS);
        tries[i]!.push(await page.evaluate((name, one) => bench.measureFirst(name, one), contender, request));
        await context.close();
      }
    }
    return request.contenders.map((contender, i) => summarizeFirst(request, contender, tries[i]!));
  }

  async #open(opener: Browser | BrowserContext): Promise<Page> {
    const page = await opener.newPage();
    await page.goto(this.#url, { waitUntil: "load" });
    return page;
  }
}
