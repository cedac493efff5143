import { parseArgs } from "node:util";
import { connect } from "puppeteer";
import { launchChrome } from "../../harness/chrome.js";
import { servePages } from "../../harness/pageServer.js";
import { type CampaignRequest, type CampaignSummary, runCampaign } from "../../cases/streamCampaign.js";

const USAGE = `npm run campaign -- [options]

  --streams N      streams at the start, and about as many from then on; 1000 when absent
  --ticks N        200 when absent
  --push P         how likely a stream is to push in a tick; 0.5 when absent
  --seed N         700 when absent
  --device NAME    webgpu, in headless Chrome (when absent), or cpu
  --long           1, 100 and 10,000 streams for 1,000 ticks instead: a quarter of an hour on two cores
  --help           this text`;

/** Of 10,000, a tenth at a time: five million pushes would take hours on a software adapter. */
const LONG = [
  { numStreams: 1, pushProbability: 0.5 },
  { numStreams: 100, pushProbability: 0.5 },
  { numStreams: 10_000, pushProbability: 0.1 },
];

/**
 * Runs campaigns of streams and prints what became of them.
 *
 * @param args of the command line
 * @returns the exit code: 1 when an output was wrong, or nothing could be run
 */
export async function main(args: string[]): Promise<number> {
  try {
    const requests = parseRequests(args);
    if (requests === null) {
      print(USAGE);
      return 0;
    }
    let exitCode = 0;
    for (const request of requests) {
      const summary = request.device === "cpu" ? await runCampaign(request) : await runInChrome(request);
      print(JSON.stringify({ ...request, ...summary }, null, 2));
      if (summary.failures.length > 0) exitCode = 1;
    }
    return exitCode;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** What the command line asks for; null when it asks for help. */
function parseRequests(args: string[]): CampaignRequest[] | null {
  const { values } = parseArgs({
    args,
    options: {
      streams: { type: "string", default: "1000" },
      ticks: { type: "string", default: "200" },
      push: { type: "string", default: "0.5" },
      seed: { type: "string", default: "700" },
      device: { type: "string", default: "webgpu" },
      long: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values.device !== "webgpu" && values.device !== "cpu") {
    throw new Error(`--device: expected webgpu or cpu, got ${values.device}`);
  }
  const [numStreams, numTicks, seed] = [values.streams, values.ticks, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  const { device } = values;
  if (values.long) return LONG.map((size) => ({ device, seed, numTicks: 1000, ...size }));
  return [{ device, seed, numStreams, numTicks, pushProbability: Number(values.push) }];
}

/** The campaign in the test page of a Chrome of its own, with the library from its sources. */
async function runInChrome(request: CampaignRequest): Promise<CampaignSummary> {
  const browser = await launchChrome(); // first: it is the one that may not be there
  const server = await servePages();
  try {
    // A second connection, without puppeteer's limit of three minutes for one call.
    const patient = await connect({ browserWSEndpoint: browser.wsEndpoint(), protocolTimeout: 0 });
    const page = await patient.newPage();
    page.on("pageerror", (error) => process.stderr.write(`${String(error)}\n`));
    await page.goto(new URL("test/browser/harness.html", server.resolvedUrls!.local[0]).href, { waitUntil: "load" });
    return await page.evaluate((each) => harness.runWatchedCampaign(each), request);
  } finally {
    await browser.close();
    await server.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
