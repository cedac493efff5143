// Convolutions and pools against PyTorch's own results, in float64 and in every form of the CPU path.

import { readFileSync } from "node:fs";
import { createModel, defineNetwork, type LayerSpec, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { cpuForms, useCpuForm } from "../cases/cpuForms.js";
import { runReference } from "../harness/reference/runReference.js";
import { expectRefusal } from "../harness/refusal.js";
import { expectIsClose } from "../harness/close.js";
import { compare } from "../harness/compare.js";
import { projectRoot } from "../harness/library.js";

/** As test/fixtures/windows/generate.py writes it. */
interface Fixture {
  /** PyTorch's module. */
  readonly module: string;
  readonly layer: Record<string, unknown>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** [T, ...frame] of one row */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const fixtures = ["convolutions", "pools", "over_time"].flatMap(
  (name) => JSON.parse(readFileSync(`${projectRoot}test/fixtures/windows/${name}.json`, "utf8")) as Fixture[],
);

function networkOf({ layer, tensors }: Fixture): Network {
  const values = Object.entries(tensors).map(([name, numbers]) => [name, Float32Array.from(numbers)]);
  return defineNetwork({
    layers: [{ name: "layer", ...layer, ...Object.fromEntries(values) } as unknown as LayerSpec],
  });
}

it("has fixtures of PyTorch", () => expect(fixtures.length).toBeGreaterThan(10));

describe.each(fixtures)("$module", (fixture) => {
  const network = networkOf(fixture);
  // Sums of up to a hundred products of numbers up to 1.
  const isAsExpected = (output: ArrayLike<number>, atol: number) =>
    expectIsClose(compare(output, fixture.output, { atol, rtol: 0 }));

  it("is the equation's", () => {
    isAsExpected(runReference(network, { input: fixture.input, batchSize: 1 }).output, 1e-7);
  });

  it.each(cpuForms)("is the layer's in %s", async (form) => {
    useCpuForm(form);
    const model = await createModel(network, { device: "cpu" });
    isAsExpected((await model.run(fixture.input)).output, 4e-6);
  });
});

describe("a convolution whose fields do not go together", () => {
  const shape = { inputShape: [4, 9], outputChannels: 6, kernelSize: [3] };
  const refused: [what: string, fields: object, message: string][] = [
    [
      "no shape",
      { inputShape: undefined },
      "expected inputShape to be a list of positive whole numbers up to 16777216, got undefined",
    ],
    [
      "an empty shape",
      { inputShape: [] },
      "expected inputShape to be a list of positive whole numbers up to 16777216, got []",
    ],
    [
      "three inner axes",
      { inputShape: [4, 3, 3, 9] },
      "expected inputShape to have channels and up to two other axes, got [4, 3, 3, 9]",
    ],
    [
      "a channel and a half",
      { inputShape: [1.5, 9] },
      "expected inputShape to be a list of positive whole numbers up to 16777216, got [1.5, 9]",
    ],
    [
      "negative padding",
      { padding: [-1, 0] },
      "expected padding to be a list of whole numbers up to 16777216, got [-1, 0]",
    ],
    ["one number of padding", { padding: [1] }, "expected padding to have 2 numbers, 2 for each inner axis, got [1]"],
    [
      "a kernel of two axes",
      { kernelSize: [3, 3] },
      "expected kernelSize to have 1 numbers, 1 for each inner axis, got [3, 3]",
    ],
    [
      "a stride of 0",
      { stride: [0] },
      "expected stride to be a list of positive whole numbers up to 16777216, got [0]",
    ],
    [
      "a kernel longer than the frame",
      { dilation: [5] },
      "expected windows that fit into the frame, got an output of shape [6, 1, -1]",
    ],
    ["groups that do not divide", { groups: 4 }, "expected groups to divide 4 channels and 6 output channels, got 4"],
    [
      "output padding of no transposed one",
      { outputPadding: [1] },
      "expected outputPadding of a transposed convolution alone, got [1]",
    ],
    ["a giant frame", { padding: [2 ** 22, 0] }, "expected frames of at most 2097152 numbers, got 25165866"],
  ];

  it.each(refused)("is refused: %s", async (_, fields, message) => {
    const layer = { type: "conv", name: "layer", ...shape, weight: new Float32Array(72), ...fields };
    const define = () => defineNetwork({ layers: [layer as unknown as LayerSpec] });
    await expectRefusal(define, "shape-mismatch", `layer "layer": ${message}`);
  });
});
