import { parseArgs } from "node:util";
import type { ModelsOptions } from "./models/benchModels.js";
import { FULL_RUNS, QUICK_RUNS, RUNTIMES, type RuntimeName, type WorkloadOptions } from "./workload.js";
import { type Suite, SUITES } from "./row.js";

/** The text that `--help` prints. */
export const USAGE = `npm run bench -- [suites] [options]
npm run bench -- report FILE...
npm run bench -- models [--runtime R] [--files FOLDER] [--only NAME] [--quick] [--write]

  gpu          sequences and single pushes, WebGPU beside the CPU; with "first" when no suite is named
  stream       push latency against the floor, many streams on one model, generated tokens
  cpu          the CPU path alone, sequences and single pushes
  cells        single pushes of a GRU, an LSTM and a simple recurrent layer in turns, on either device
  first        weights in memory to the first prediction, each in a fresh page
  models       models that people run, beside ONNX Runtime: their outputs, then their times; see README.md
  report       makes a page of results that were written before, of one adapter

  --peers      other engines beside ours; installs them into bench/node_modules when they are not there
  --runtime R  browser, headless Chrome (default), or node, with Dawn from the peers' packages
  --quick      small shapes, few repetitions; writes no file unless --out names one
  --lone       sequences of one row of 100 steps alone, H = 64 to 512, and pushes
  --runs N     repetitions of each sequence, and 30 times as many pushes; ${FULL_RUNS} when absent
  --out FILE   where to write the result, and beside it the page as .html; bench/results/<date>-<suites>-<adapter>.json when
               absent
  --files F    folder with files of models, beside those that the generator and the peers' packages brought
  --only NAME  of the models, those whose name has this
  --write      the table of models goes into bench/README.md: times in Node, outputs in Node and on WebGPU in Chrome
  --help       this text

WEBGRU_ADAPTER=default benches the machine's own GPU on Linux, CHROME_PATH=... another Chrome.`;

/** The command line, parsed. */
export type Command =
  | { readonly verb: "help" }
  | { readonly verb: "report"; readonly files: readonly string[]; readonly out: string | undefined }
  | { readonly verb: "models"; readonly options: ModelsOptions }
  | { readonly verb: "bench"; readonly options: WorkloadOptions; readonly out: string | undefined };

/** @throws Error for what is not in the usage */
export function parseCommand(args: string[]): Command {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      peers: { type: "boolean", default: false },
      runtime: { type: "string", default: "browser" },
      quick: { type: "boolean", default: false },
      lone: { type: "boolean", default: false },
      runs: { type: "string" },
      out: { type: "string" },
      files: { type: "string", multiple: true, default: [] },
      only: { type: "string", default: "" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { peers: withPeers, quick: isQuick, lone: isLone, out } = values;
  if (values.help) return { verb: "help" };
  if (positionals[0] === "models" && positionals.length === 1) {
    return {
      verb: "models",
      options: {
        runtime: runtimeNamed(values.runtime),
        folders: values.files,
        isQuick,
        only: values.only,
        writes: values.write,
      },
    };
  }
  if (positionals[0] === "report") {
    if (positionals.length < 2) throw new Error("report: expected a result's file, got none");
    return { verb: "report", files: positionals.slice(1), out };
  }
  const numRuns = Number(values.runs ?? (isQuick ? QUICK_RUNS : FULL_RUNS));
  if (!Number.isInteger(numRuns) || numRuns < 1) {
    throw new Error(`--runs: expected a whole number from 1, got ${values.runs}`);
  }
  const suites = positionals.length === 0 ? (["gpu", "first"] as const) : positionals.map(suiteNamed);
  return {
    verb: "bench",
    options: { suites, runtime: runtimeNamed(values.runtime), withPeers, isQuick, isLone, numRuns },
    out,
  };
}

function suiteNamed(name: string): Suite {
  const suite = SUITES.find((one) => one === name);
  if (suite === undefined) throw new Error(`suite: expected ${SUITES.join(", ")} or report, got ${name}`);
  return suite;
}

function runtimeNamed(name: string): RuntimeName {
  const runtime = RUNTIMES.find((one) => one === name);
  if (runtime === undefined) throw new Error(`--runtime: expected ${RUNTIMES.join(" or ")}, got ${name}`);
  return runtime;
}
