import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../test/harness/library.js";
import { loadAverage } from "../facts.js";
import { installPeers } from "../peers.js";
import type { RuntimeName } from "../workload.js";
import { openModelsInBrowser } from "./browserModels.js";
import { realModels } from "./list.js";
import type { ModelEffort } from "./measureModel.js";
import type { ModelRuntime } from "./modelRuntime.js";
import { formatModels, type ModelResult } from "./modelTable.js";
import { openModelsInNode } from "./nodeModels.js";
import type { RealModel } from "./realModel.js";

/** Packages that this needs of bench/package.json. */
const PEERS = ["onnxruntime-node", "onnxruntime-web", "@ricky0123/vad-web"];

/** Where files are looked for, beside the folders that the command line names. */
const FOLDERS = [`${projectRoot}bench/models/files`, `${projectRoot}bench/node_modules/@ricky0123/vad-web/dist`];

const FULL: ModelEffort = { numFrames: 1000, maxSeconds: 600, numRounds: 40, roundUs: 20_000 };
const QUICK: ModelEffort = { numFrames: 100, maxSeconds: 20, numRounds: 3, roundUs: 5000 };

const README = `${projectRoot}bench/README.md`;
/** The lines of the README between which the table is. */
const [START, END] = ["<!-- models -->", "<!-- end of models -->"];

export interface ModelsOptions {
  readonly runtime: RuntimeName;
  /** Folders with model files. */
  readonly folders: readonly string[];
  readonly isQuick: boolean;
  /** Of the models, those whose name has this; all when empty. */
  readonly only: string;
  /** Whether the table goes into bench/README.md: of both runtimes, the times from Node. */
  readonly writes: boolean;
}

/** `npm run bench -- models`: runs each model beside ONNX Runtime, and prints the table, or writes that of bench/README.md. */
export async function benchModels({ runtime, folders, isQuick, only, writes }: ModelsOptions): Promise<void> {
  installPeers(PEERS);
  const files = (file: string) => findFile(file, [...folders, ...FOLDERS]);
  const effort = isQuick ? QUICK : FULL;
  const models = realModels.filter(({ name }) => name.includes(only));
  if (!writes) {
    const { engine, results } = await measureAll(await open(runtime), models, (one, model) =>
      one.measure(model, effort, files),
    );
    console.log(`${engine}, one thread each\n\n${formatModels(results)}`);
    return;
  }
  const timed = await measureAll(openModelsInNode(), models, (one, model) => one.measure(model, effort, files));
  const outputsAlone = { ...effort, numRounds: 0 };
  const onGpu = await measureAll(await openModelsInBrowser(["webgpu"]), models, (one, model) =>
    one.measure(model, outputsAlone, files),
  );
  const table = formatModels(timed.results.map((result, i) => together(result, onGpu.results[i]!)));
  const date = new Date().toISOString().slice(0, 10);
  const facts = `${date}: ${effort.numFrames} frames each; ${timed.engine}, one thread each, on ${cpus()[0]!.model}, load ${loadAverage()}; outputs on WebGPU in ${onGpu.engine}.`;
  writeTable(`${facts}\n\n${table}`);
}

function open(name: RuntimeName): ModelRuntime | Promise<ModelRuntime> {
  return name === "node" ? openModelsInNode() : openModelsInBrowser(["cpu", "webgpu"]);
}

async function measureAll(
  runtime: ModelRuntime,
  models: readonly RealModel[],
  measure: (runtime: ModelRuntime, model: RealModel) => Promise<ModelResult>,
): Promise<{ engine: string; results: ModelResult[] }> {
  const results: ModelResult[] = [];
  for (const model of models) {
    console.error(`measuring: ${model.name}, ${runtime.engine}`);
    try {
      results.push(await measure(runtime, model));
    } catch (error) {
      const [first, second = ""] = (error as Error).message.split("\n");
      results.push({ name: model.name, whyNot: `${first} ${second.trim()}`.trim() });
      console.error(error);
    }
  }
  await runtime.close();
  return { engine: runtime.engine, results };
}

/** A row with both runtimes' errors. */
function together(timed: ModelResult, other: ModelResult): ModelResult {
  if (!("errors" in timed) || !("errors" in other)) return timed;
  return { ...timed, errors: { ...timed.errors, ...other.errors } };
}

function writeTable(table: string): void {
  const text = readFileSync(README, "utf8");
  const [start, end] = [text.indexOf(START) + START.length, text.indexOf(END)];
  if (end < start) throw new Error(`bench/README.md: expected ${START} before ${END}, got neither`);
  writeFileSync(README, `${text.slice(0, start)}\n\n${table}\n\n${text.slice(end)}`);
  console.log("written to bench/README.md");
}

function findFile(name: string, folders: readonly string[]): Uint8Array {
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));
  if (path === undefined) {
    throw new Error(`${name}: expected in one of ${folders.join(", ")}, got none; see bench/README.md`);
  }
  return new Uint8Array(readFileSync(path));
}
