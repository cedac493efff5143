// Layers of frames, and summaries of them, against PyTorch's own results, in float64 and in every form of the CPU path.

import { createModel, defineNetwork, type LayerSpec } from "webgru";
import { describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { layerFixtures, networkOfLayer } from "../files/layerFixture.js";
import { expectIsClose } from "../harness/close.js";
import { compare } from "../harness/compare.js";
import { runReference } from "../harness/reference/runReference.js";
import { expectRefusal } from "../harness/refusal.js";

const fixtures = layerFixtures("frames");

it("has fixtures of PyTorch", () => expect(fixtures.length).toBeGreaterThan(70));

describe.each(fixtures)("$module", (fixture) => {
  const network = networkOfLayer(fixture);
  const isAsExpected = (output: ArrayLike<number>, tolerance: number) =>
    expectIsClose(compare(output, fixture.output, { atol: tolerance, rtol: tolerance }));

  // The fixtures' numbers have nine digits.
  it("is the equation's", () => {
    isAsExpected(runReference(network, { input: fixture.input, batchSize: 1 }).output, 3e-8);
  });

  it.each(cpuForms)("is the layer's in %s", async (form) => {
    useCpuForm(form);
    const model = await createModel(network, { device: "cpu" });
    isAsExpected((await model.run(fixture.input)).output, 1e-6);
  });
});

describe("a layer whose fields do not go together", () => {
  const reduce = { type: "reduce", inputShape: [3, 4], axes: [1], operation: "sum" };
  const map = { type: "map", outputSize: 3 };
  const refused: [what: string, layer: object, message: string][] = [
    ["a reduction along no axis", { ...reduce, axes: [] }, "expected axes to be different numbers from 0 to 1, got []"],
    [
      "a reduction along an axis that is not there",
      { ...reduce, axes: [2] },
      "expected axes to be different numbers from 0 to 1, got [2]",
    ],
    [
      "a reduction along one axis twice",
      { ...reduce, axes: [0, 0] },
      "expected axes to be different numbers from 0 to 1, got [0, 0]",
    ],
    [
      "a reduction of a giant frame",
      { ...reduce, inputShape: [4096, 4096] },
      "expected frames of at most 2097152 numbers, got 16777216",
    ],
    [
      "a dense layer whose groups do not divide",
      { type: "dense", inputSize: 6, outputSize: 4, groups: 4, weight: new Float32Array(6) },
      "expected groups to divide 6 features and 4 outputs, got 4",
    ],
    [
      "a normalisation whose groups do not divide",
      { type: "norm", inputSize: 6, groups: 4 },
      "expected groups to divide 6 features, got 4",
    ],
    [
      "values that heads do not divide",
      { type: "attention", valueSize: 6, heads: 4 },
      "expected heads to divide 6 values, got 4",
    ],
    [
      "an attention of another size",
      { type: "attention", valueSize: 6, heads: 3, inputSize: 6 },
      "expected inputSize 9, scores and values, got 6",
    ],
    [
      "giant sequences to flatten",
      { type: "flatten", inputSize: 4096, sequenceLength: 4096 },
      "expected at most 2097152 numbers in all steps, got 16777216",
    ],
    [
      "an identity whose operand is first",
      { ...map, operandFirst: true },
      "expected operandFirst to be false of an identity, got true",
    ],
  ];

  it.each(refused)("is refused: %s", async (_, layer, message) => {
    const define = () => defineNetwork({ layers: [{ name: "layer", ...layer } as unknown as LayerSpec] });
    await expectRefusal(define, "shape-mismatch", `layer "layer": ${message}`);
  });

  it("is refused: an unknown operation", async () => {
    for (const layer of [
      { ...map, operation: "modulo" },
      { ...reduce, operation: "product" },
      { ...reduce, operation: undefined },
    ]) {
      const define = () => defineNetwork({ layers: [{ name: "layer", ...layer } as unknown as LayerSpec] });
      expect(define).toThrow(
        /^layer "layer": expected operation to be one of "(identity|sum)", .*, got (the string|undefined)/,
      );
    }
  });
});

describe("a sequence to flatten", () => {
  const layers = [{ type: "flatten", name: "flat", inputSize: 2, sequenceLength: 5 }] as const;

  it("is refused with another number of steps, or with lengths unlike it", async () => {
    const model = await createModel(defineNetwork({ layers }), { device: "cpu" });
    const takes = 'expected 5 steps, as many as flatten "flat" takes';
    await expectRefusal(() => model.run(new Float32Array(8)), "shape-mismatch", `input: ${takes}, got 4`);
    const ofRow = () => model.run(new Float32Array(20), { batchSize: 2, lengths: [5, 3] });
    await expectRefusal(ofRow, "shape-mismatch", `lengths[1]: ${takes}, got 3`);
    const longer = () => model.run(new Float32Array(24), { batchSize: 2, lengths: [5, 6] });
    await expectRefusal(longer, "shape-mismatch", `lengths[1]: ${takes}, got 6`);
    const { output } = await model.run(new Float32Array(24).fill(1), { batchSize: 2, lengths: [5, 5] });
    expect(output).toEqual(new Float32Array(20).fill(1));
  });

  it("is counted after the strides before it", async () => {
    const halved = { type: "pool", name: "halved", inputShape: [2], operation: "max", timeStride: 2 } as const;
    const model = await createModel(defineNetwork({ layers: [halved, ...layers] }), { device: "cpu" });
    const message = 'input: expected 5 steps, as many as flatten "flat" takes, got 4, of the input\'s 8';
    await expectRefusal(() => model.run(new Float32Array(16)), "shape-mismatch", message);
    expect((await model.run(new Float32Array(20).fill(1))).output).toEqual(new Float32Array(10).fill(1));
  });
});
