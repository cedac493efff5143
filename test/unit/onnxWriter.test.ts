// Written ONNX models: those that ONNX Runtime has computed, see test/fixtures/written/, read back, and what has no form.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createModel, defineNetwork, type Network } from "webgru";
import { parseOnnx } from "webgru/onnx";
import { writeOnnx } from "webgru/onnxWriter";
import { describe, expect, it } from "vitest";
import { LAYER_TYPES } from "../../src/layers/index.js";
import { framesPerStep } from "../../src/model/network.js";
import { randomGru, randomInput, uniform } from "../cases/random.js";
import { twinCase } from "../cases/twinCases.js";
import { written, type WrittenCase, writtenCases } from "../cases/writtenCases.js";
import { expectClose } from "../harness/close.js";
import { expectRefusal } from "../harness/refusal.js";
import { projectRoot } from "../harness/library.js";

const computed = JSON.parse(readFileSync(`${projectRoot}test/fixtures/written/written.json`, "utf8")) as Record<
  string,
  { readonly sha256: string; readonly error: number }
>;
const cases = [...writtenCases()];
const TOLERANCE = 2e-6;
/** Cases in which ONNX Runtime differs, for reasons of its own. */
const APART = /^(norm-offset|lstm-activations-2)\b/;

/** Types of the layers of some cases. */
function typesOf(of: readonly WrittenCase[]): Set<string> {
  return new Set(of.flatMap(({ network }) => network.layers.map(({ type }) => type)));
}

describe("a written ONNX model", () => {
  it("is one that ONNX Runtime has computed; if not, run test/fixtures/written/compute.mjs", () => {
    const known = cases.filter(({ name }) => name in computed); // a new case waits for the next time
    expect(known.length).toBeGreaterThan(300);
    for (const each of known) {
      const sha256 = createHash("sha256").update(written(each)!).digest("hex");
      expect(sha256, each.name).toBe(computed[each.name]!.sha256);
    }
  });

  it("gives ONNX Runtime what the reference gives", () => {
    const others = Object.entries(computed).filter(([name]) => !APART.test(name));
    expect(others.length).toBeGreaterThan(300);
    for (const [name, { error }] of others) expect(error, name).toBeLessThanOrEqual(TOLERANCE);
  });

  it("is there for every layer type, alone and with states", () => {
    const whole = typesOf(cases.filter(({ streaming }) => !streaming));
    const streamed = typesOf(cases.filter(({ streaming }) => streaming));
    expect(LAYER_TYPES.filter((type) => !whole.has(type))).toEqual(["carry"]);
    expect(LAYER_TYPES.filter((type) => !streamed.has(type))).toEqual(["aggregate", "attention", "flatten"]);
  });

  it.each(["rnnoise", "stack-smaller", "lstm-i17", "text"])("is read back as the same: %s", async (id) => {
    const found = cases.filter(({ name }) => name.startsWith(id) && !name.includes("streaming"));
    expect(found).not.toEqual([]);
    for (const { network, input, batchSize } of found) {
      const read = parseOnnx(writeOnnx(network));
      const [ours, theirs] = await Promise.all([run(network, input, batchSize), run(read, input, batchSize)]);
      expect(Object.keys(theirs)).toEqual(Object.keys(ours));
      for (const [name, values] of Object.entries(ours))
        expectClose(theirs[name]!, values, { atol: TOLERANCE, rtol: 0 });
    }
  });

  it("with states is read back as a graph of steps, whose streams carry them", async () => {
    const next = uniform(77);
    const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 4 }, next);
    const network = defineNetwork({ layers: [gru] });
    const read = parseOnnx(writeOnnx(network, { streaming: true }));
    const input = randomInput(network, 5, 78);
    const model = await createModel(read, { device: "cpu" });
    expectClose((await model.run(input)).output, (await run(network, input, 1))["gru"]!, { atol: TOLERANCE, rtol: 0 });
  });
});

async function run(network: Network, input: Float32Array, batchSize: number) {
  const model = await createModel(network, { device: "cpu" });
  return (await model.run(input, { batchSize })).outputs;
}

describe("what has no form in ONNX", () => {
  const refusals: readonly [id: string, streaming: boolean, says: RegExp][] = [
    ["n-square-after", false, /^gru "\w+": expected what ONNX has a form for, got activation square$/],
    ["going-on-gru-0", true, /^gru ".*": .*keepsState/],
    ["conv-past", false, /^conv ".*": .*transposed one along time/],
    ["conv-same", false, /^conv ".*": .*timePadding "same" with a stride/],
    ["carry", false, /^carry ".*": .*; write one with states, streaming$/],
    ["aggregate", true, /^aggregate ".*": .*a summary of all steps so far/],
    ["attention", true, /^attention ".*": .*a summary of all steps so far/],
    ["flatten", true, /^layer ".*": expected one that streams, got the 7 steps/],
    [
      "bidirectional-after",
      true,
      /expected one that streams, got direction "bidirectional"; write it without streaming$/,
    ],
  ];
  for (const [id, streaming, says] of refusals) {
    it(`is refused by name: ${id}`, () =>
      expectRefusal(() => writeOnnx(twinCase(id).network(), { streaming }), "unsupported", says));
  }

  it("is refused: options that mean nothing", async () => {
    const { network } = cases[0]!;
    await expectRefusal(
      () => writeOnnx(network, { stream: true } as never),
      "unsupported",
      /expected streaming, got "stream"/,
    );
    await expectRefusal(
      () => writeOnnx(network, { streaming: 1 } as never),
      "bad-input",
      /^streaming: expected true or false/,
    );
  });

  it("is a model for as many frames as make a step, where layers have strides", () => {
    const strided = cases.filter(({ network, streaming }) => streaming && framesPerStep(network) > 1);
    expect(strided.length).toBeGreaterThan(0);
  });
});
