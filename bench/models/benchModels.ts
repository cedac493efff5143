import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as webgru from "webgru";
import { projectRoot } from "../../test/harness/library.js";
import type { Ort } from "../contenders/onnxruntime.js";
import { installPeers } from "../peers.js";
import { realModels } from "./list.js";
import { measureModel, type ModelEffort, type ModelEngines } from "./measureModel.js";
import { formatModels, type ModelResult } from "./modelTable.js";

/** Packages that this needs of bench/package.json. */
const PEERS = ["onnxruntime-node", "onnxruntime-web", "@ricky0123/vad-web"];

/** Where files are looked for, beside the folders that the command line names. */
const FOLDERS = [`${projectRoot}bench/models/files`, `${projectRoot}bench/node_modules/@ricky0123/vad-web/dist`];

const FULL: ModelEffort = { numFrames: 1000, numRounds: 40, roundUs: 20_000 };
const QUICK: ModelEffort = { numFrames: 100, numRounds: 3, roundUs: 5000 };

export interface ModelsOptions {
  /** Folders with model files. */
  readonly folders: readonly string[];
  readonly isQuick: boolean;
  /** Of the models, those whose name has this; all when empty. */
  readonly only: string;
}

/** `npm run bench -- models`: runs each model in Node beside ONNX Runtime, and prints the table of bench/README.md. */
export async function benchModels({ folders, isQuick, only }: ModelsOptions): Promise<void> {
  installPeers(PEERS);
  const engines = openEngines();
  const results: ModelResult[] = [];
  for (const model of realModels.filter(({ name }) => name.includes(only))) {
    console.error(`measuring: ${model.name}`);
    try {
      const files = async (name: string) => findFile(name, [...folders, ...FOLDERS]);
      results.push(await measureModel(model, files, engines, isQuick ? QUICK : FULL));
    } catch (error) {
      results.push({ name: model.name, whyNot: (error as Error).message.split("\n", 1)[0]! });
      console.error(error);
    }
  }
  console.log(`Node ${process.versions.node}, one thread each\n\n${formatModels(results)}`);
}

function openEngines(): ModelEngines {
  const require = createRequire(`${projectRoot}bench/package.json`);
  // Not by `import`, which is Vite's here.
  const [native, wasm] = ["onnxruntime-node", "onnxruntime-web"].map((name) => require(name) as Ort);
  wasm!.env.wasm.numThreads = 1;
  for (const ort of [native, wasm]) ort!.env.logLevel = "error";
  return {
    library: require("../dist/webgru.js") as typeof webgru,
    devices: ["cpu"],
    orts: [
      { name: "onnxruntime-node", ort: native!, provider: "cpu" },
      { name: "onnxruntime-web, wasm", ort: wasm!, provider: "wasm" },
    ],
  };
}

function findFile(name: string, folders: readonly string[]): Uint8Array {
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));
  if (path === undefined)
    throw new Error(`${name}: expected in one of ${folders.join(", ")}, got none; see bench/README.md`);
  return new Uint8Array(readFileSync(path));
}
