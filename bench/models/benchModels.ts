import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../test/harness/library.js";
import { installPeers } from "../peers.js";
import type { RuntimeName } from "../workload.js";
import { openModelsInBrowser } from "./browserModels.js";
import { realModels } from "./list.js";
import type { ModelEffort } from "./measureModel.js";
import { formatModels, type ModelResult } from "./modelTable.js";
import { openModelsInNode } from "./nodeModels.js";

/** Packages that this needs of bench/package.json. */
const PEERS = ["onnxruntime-node", "onnxruntime-web", "@ricky0123/vad-web"];

/** Where files are looked for, beside the folders that the command line names. */
const FOLDERS = [`${projectRoot}bench/models/files`, `${projectRoot}bench/node_modules/@ricky0123/vad-web/dist`];

const FULL: ModelEffort = { numFrames: 1000, numRounds: 40, roundUs: 20_000 };
const QUICK: ModelEffort = { numFrames: 100, numRounds: 3, roundUs: 5000 };

export interface ModelsOptions {
  readonly runtime: RuntimeName;
  /** Folders with model files. */
  readonly folders: readonly string[];
  readonly isQuick: boolean;
  /** Of the models, those whose name has this; all when empty. */
  readonly only: string;
}

/** `npm run bench -- models`: runs each model beside ONNX Runtime, and prints the table of bench/README.md. */
export async function benchModels({ runtime: name, folders, isQuick, only }: ModelsOptions): Promise<void> {
  installPeers(PEERS);
  const runtime = name === "node" ? openModelsInNode() : await openModelsInBrowser();
  const files = (file: string) => findFile(file, [...folders, ...FOLDERS]);
  const results: ModelResult[] = [];
  for (const model of realModels.filter((each) => each.name.includes(only))) {
    console.error(`measuring: ${model.name}`);
    try {
      results.push(await runtime.measure(model, isQuick ? QUICK : FULL, files));
    } catch (error) {
      results.push({ name: model.name, whyNot: (error as Error).message.split("\n", 1)[0]! });
      console.error(error);
    }
  }
  await runtime.close();
  console.log(`${runtime.engine}, one thread each\n\n${formatModels(results)}`);
}

function findFile(name: string, folders: readonly string[]): Uint8Array {
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));
  if (path === undefined) {
    throw new Error(`${name}: expected in one of ${folders.join(", ")}, got none; see bench/README.md`);
  }
  return new Uint8Array(readFileSync(path));
}
