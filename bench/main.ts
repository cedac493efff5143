import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { parseArgs } from "node:util";
import { type Browser, connect, type Page } from "puppeteer";
import { launchChrome } from "../test/chrome.js";
import { projectRoot } from "../test/library.js";
import { describeRun, loadAverage, type RunFacts } from "./facts.js";
import { formatHeader, formatPushes, formatSequences } from "./report.js";
import type { Row } from "./row.js";
import { startServer } from "./server.js";
import { FULL_RUNS, QUICK_RUNS, type Workload, workloadOf } from "./workload.js";

const USAGE = `npm run bench -- [options]

  --quick      few repetitions; writes no file unless --out names one
  --runs N     repetitions of each sequence, and 30 times as many pushes; ${FULL_RUNS} when absent
  --out FILE   where to write the result; bench/results/<date>-<adapter>.json when absent
  --help       this text

WEBGRU_ADAPTER=default benches the machine's own GPU on Linux, CHROME_PATH=... another Chrome.`;

/**
 * Runs the benchmark: prints tables, writes a JSON file.
 *
 * @param args of the command line
 * @returns the exit code: 1 when an output was wrong, or nothing could be measured
 */
export async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === null) console.log(USAGE);
    else await runBench(options);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

interface Options {
  readonly workload: Workload;
  /** Unset: a name made of the date and the adapter. */
  readonly out: string | undefined;
  readonly isQuick: boolean;
}

/** What the command line asks for; null when it asks for help. */
function parseOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const numRuns = Number(values.runs ?? (values.quick ? QUICK_RUNS : FULL_RUNS));
  if (!Number.isInteger(numRuns) || numRuns < 1) {
    throw new Error(`--runs: expected a whole number from 1, got ${values.runs}`);
  }
  return { workload: workloadOf(numRuns), out: values.out, isQuick: values.quick };
}

async function runBench(options: Options): Promise<void> {
  const server = await startServer();
  try {
    const browser = await launchChrome();
    try {
      await benchIn(browser, new URL("bench/page.html", server.resolvedUrls!.local[0]).href, options);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function benchIn(browser: Browser, url: string, { workload, out, isQuick }: Options): Promise<void> {
  // A second connection, without puppeteer's limit of three minutes for one measurement.
  const patient = await connect({ browserWSEndpoint: browser.wsEndpoint(), protocolTimeout: 0 });
  const page = await patient.newPage();
  await page.goto(url, { waitUntil: "load" });
  const facts = await describeRun(page, workload);
  console.log(`${formatHeader(facts)}\n`);
  const rows = await measure(page, workload, console.log);
  if (!isQuick || out !== undefined) writeResult(out ?? defaultPath(facts), facts, rows);
}

/**
 * Measures every shape of `workload` in a bench page.
 *
 * @param print takes each table as soon as it is complete
 * @throws Error for an output that is not the reference's
 */
export async function measure(page: Page, workload: Workload, print: (table: string) => void): Promise<Row[]> {
  const sequenceRows: Row[] = [];
  for (const request of workload.sequences) {
    sequenceRows.push(...(await page.evaluate((one) => bench.sequences(one), request)));
  }
  print(`${formatSequences(sequenceRows)}\n`);
  const pushRows: Row[] = [];
  for (const request of workload.pushes) {
    pushRows.push(...(await page.evaluate((one) => bench.pushes(one), request)));
  }
  print(`${formatPushes(pushRows)}\n`);
  return [...sequenceRows, ...pushRows];
}

function defaultPath({ date, adapter }: RunFacts): string {
  return `${projectRoot}bench/results/${date.slice(0, 10)}-${adapter.slug}.json`;
}

function writeResult(path: string, facts: RunFacts, rows: readonly Row[]): void {
  const meta = { ...facts, loadAtEnd: loadAverage() };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ meta, rows }, roundNumber, 2)}\n`);
  console.log(`written to ${relative(process.cwd(), path)}`);
}

/** Six digits: the clock gives no more. */
function roundNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}
