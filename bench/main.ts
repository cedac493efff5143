import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { projectRoot } from "../test/harness/library.js";
import { openBrowser } from "./browserRuntime.js";
import { describeRun, loadAverage, type RunFacts } from "./facts.js";
import { benchModels } from "./models/benchModels.js";
import { renderPage } from "./html/page.js";
import { openNode } from "./nodeRuntime.js";
import { type Command, parseCommand, USAGE } from "./options.js";
import { installPeers } from "./peers.js";
import { formatRatios } from "./ratios.js";
import type { Result } from "./result.js";
import { nameShape, type Row } from "./row.js";
import type { Runtime } from "./runtime.js";
import { formatHeader, formatRows } from "./tables.js";
import { type MeasureRequest, workloadOf } from "./workload.js";

/**
 * Runs the benchmark: prints tables, writes a JSON file and a page.
 *
 * @param args of the command line
 * @returns the exit code: 1 when an output was wrong, or nothing could be measured
 */
export async function main(args: string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.verb === "help") console.log(USAGE);
    else if (command.verb === "report") remakePage(command);
    else if (command.verb === "models") await benchModels(command.options);
    else await runBench(command);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function runBench({ options, out }: Command & { readonly verb: "bench" }): Promise<void> {
  if (options.withPeers || options.runtime === "node") installPeers();
  const runtime = await (options.runtime === "node" ? openNode() : openBrowser());
  try {
    const facts = await describeRun(runtime, options);
    console.log(`${formatHeader(facts)}\n`);
    const path = out ?? (options.isQuick ? null : defaultPath(facts));
    const rows: Row[] = [];
    await measureAll(tellingProgress(runtime), workloadOf(options), (table) => {
      printTable(table);
      rows.push(...table);
      // After each table: what an hour gave outlives a browser that dies in the next.
      if (path !== null) writeResult(path, { meta: { ...facts, loadAtEnd: loadAverage() }, rows });
    });
    if (path !== null) tellWritten(path, pagePath(path));
  } finally {
    await runtime.close();
  }
}

/** On the error stream, so that what is printed stays tables. */
function tellingProgress({ measure }: Runtime): Pick<Runtime, "measure"> {
  return {
    measure(request) {
      console.error(`measuring: ${request.suite}, ${request.kind}, ${nameShape(request.shape)}`);
      return measure(request);
    },
  };
}

/**
 * Measures every shape of a workload.
 *
 * @param onTable takes the rows of each kind of each suite as soon as they are complete
 * @throws Error for an output that is not the reference's
 */
export async function measureAll(
  runtime: Pick<Runtime, "measure">,
  workload: readonly MeasureRequest[],
  onTable: (table: readonly Row[]) => void,
): Promise<void> {
  let table: Row[] = [];
  for (const [i, request] of workload.entries()) {
    table.push(...(await runtime.measure(request)));
    const next = workload[i + 1];
    if (next?.kind === request.kind && next.suite === request.suite) continue;
    onTable(table);
    table = [];
  }
}

function printTable(table: readonly Row[]): void {
  console.log(`${formatRows(table)}\n`);
  for (const peer of cpuPeers(table)) console.log(`${formatRatios(table, peer)}\n`);
}

/** Contenders of a table that our CPU path is the first of. */
function cpuPeers(table: readonly Row[]): string[] {
  if (table[0]!.kind !== "sequence" || table[0]!.contender !== "webgru/cpu") return [];
  return [...new Set(table.map(({ contender }) => contender))].slice(1);
}

function defaultPath({ date, adapter, options }: RunFacts): string {
  const { suites, runtime, withPeers } = options;
  const what = [...suites, ...(withPeers ? ["peers"] : []), ...(runtime === "node" ? ["node"] : [])].join("-");
  return `${projectRoot}bench/results/${date.slice(0, 10)}-${what}-${adapter.slug}.json`;
}

function writeResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, roundNumber, 2)}\n`);
  writeFileSync(pagePath(path), renderPage([result]));
}

/** Makes one page of results that were written before. */
function remakePage({ files, out }: Command & { readonly verb: "report" }): void {
  const results = files.map((file): Result => JSON.parse(readFileSync(file, "utf8")));
  const path = out ?? pagePath(files[0]!);
  writeFileSync(path, renderPage(results));
  tellWritten(path);
}

function pagePath(path: string): string {
  return `${path.replace(/\.json$/, "")}.html`;
}

function tellWritten(...paths: readonly string[]): void {
  for (const path of paths) console.log(`written to ${relative(process.cwd(), path)}`);
}

/** Six digits: the clock gives no more. */
function roundNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}
