import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Runner } from "../../src/cpu/runner.js";
import { compileModule, instantiate } from "../../src/cpu/wasmModule.js";
import * as modules from "../../src/cpu/wasm/index.ts?modules";
import { LAYER_TYPES } from "../../src/layers/index.js";
import { stateLength } from "../../src/model/network.js";
import { randomInput, randomTextModel } from "../cases/random.js";
import { projectRoot } from "../harness/library.js";

const folder = join(projectRoot, "src/cpu");
const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));

/** An import of a layer type's file, a type of its layers, or its name in quotes. */
const NAMES_A_TYPE = new RegExp(
  `"(?:[^"]*/)?(?:${LAYER_TYPES.join("|")})(?:\\.js)?"|\\b(?:${LAYER_TYPES.join("|")})Layer\\b`,
  "i",
);

/** Whether a file is one of a layer type's own. */
const isOfType = (file: string) => LAYER_TYPES.some((type) => file.toLowerCase().includes(type));

describe("src/cpu", () => {
  it("has a file for each layer type", () => {
    expect(files).toEqual(expect.arrayContaining(LAYER_TYPES.map((type) => `${type}.ts`)));
  });

  it("names a layer type in the list and in the type's own files alone", () => {
    const naming = files.filter(
      (file) => !isOfType(file) && NAMES_A_TYPE.test(readFileSync(join(folder, file), "utf8")),
    );
    expect(naming).toEqual(["coreList.ts", "list.ts"]);
  });

  it("runs layers that WebAssembly lacks between layers in WebAssembly, in one runner", async () => {
    const network = randomTextModel(71, 9);
    const wasm = instantiate(await compileModule(modules));
    const calls: string[] = [];
    const watched = Object.fromEntries(
      Object.entries(wasm).map(([name, value]) => {
        if (typeof value !== "function") return [name, value];
        const call = value as (...args: number[]) => number | undefined;
        return [
          name,
          (...args: number[]) => {
            calls.push(name);
            return call(...args);
          },
        ];
      }),
    ) as unknown as typeof wasm;
    const chunk = { input: randomInput(network, 5, 72), numSteps: 5, lengths: null };
    const outputs = [watched, null].map((form) => {
      const runner = new Runner(network, form);
      runner.run({ ...chunk, states: [new Float32Array(stateLength(network, 1))] }, network.layers.length);
      const output = new Float32Array(5 * 9);
      runner.copy("head", 0, 5, output, 0);
      return output;
    });
    outputs[0]!.forEach((value, i) => expect(value).toBeCloseTo(outputs[1]![i]!, 6));
    // The embedding makes no call; of two GRU layers and a dense one, each makes its own.
    const ofLayers = calls.filter((name) => !name.endsWith("ScratchBytes"));
    expect(ofLayers).toEqual(["product", "recurGru", "product", "recurGru", "product", "softmaxRows"]);
  });
});
