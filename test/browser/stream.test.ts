// Streams on WebGPU against whole runs. The two are not bit for bit the same everywhere: a push of one row projects its
// input with `dense`, a run of many rows with the tiles of `gru_project`, and a compiler may order or fuse their sums
// differently.

import { describe, expect, it } from "vitest";
import { expectIsClose } from "../harness/close.js";
import { openPage } from "./support/openPage.js";

const cases = [
  { name: "H=64, reset after", resetAfter: true, batchSize: 1 },
  { name: "H=64, reset before", resetAfter: false, batchSize: 1 },
  { name: "H=64, reset after, five rows", resetAfter: true, batchSize: 5 },
  { name: "a text model", resetAfter: null, batchSize: 1 },
];

describe("37 pushes of a stream on WebGPU", () => {
  for (const { name, ...request } of cases) {
    it(`give what one run of 37 steps gives within 1e-6, a lone row being projected by another kernel: ${name}`, async () => {
      const page = await openPage();
      const { comparison, isSame } = await page.evaluate(async ({ resetAfter, batchSize }) => {
        const { createModel } = harness.webgru;
        const network =
          resetAfter === null
            ? harness.random.randomTextModel(90, 53)
            : harness.random.randomStack({ seed: 91, inputSize: 9, hiddenSizes: [64], resetAfter });
        const input = harness.random.randomInput(network, 37 * batchSize, 92);
        const model = await createModel(network, { device: "webgpu" });
        const { output } = await model.run(input, { batchSize });
        const stream = model.createStream({ batchSize });
        const stepElements = batchSize * model.inputSize;
        const pushed: number[] = [];
        for (let start = 0; start < input.length; start += stepElements) {
          pushed.push(...(await stream.push(input.slice(start, start + stepElements))));
        }
        model.dispose();
        return {
          comparison: harness.compare(pushed, output, { atol: 1e-6, rtol: 0 }),
          isSame: pushed.every((value, i) => Object.is(value, output[i])),
        };
      }, request);
      // oxlint-disable-next-line no-console -- whether it is bit for bit on this adapter
      console.log(`${name}: ${isSame ? "bit for bit" : `largest error ${comparison.maxError.toExponential(1)}`}`);
      expectIsClose(comparison);
    });
  }
});

describe("a stream on WebGPU", () => {
  it("runs overlapping pushes, and a reset among them, in order", async () => {
    const page = await openPage();
    const same = await page.evaluate(async () => {
      const network = harness.random.randomStack({ seed: 93, inputSize: 4, hiddenSizes: [33, 7], resetAfter: true });
      const steps = Array.from({ length: 8 }, (_, i) => harness.random.randomInput(network, 1, 94 + i));
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const [patient, hasty] = [model.createStream(), model.createStream()];
      const expected: Float32Array[] = [];
      for (const step of steps) expected.push(await patient.push(step));
      await patient.reset();
      for (const step of steps) expected.push(await patient.push(step));
      const pushes = steps.map((step) => hasty.push(step));
      void hasty.reset();
      const actual = await Promise.all([...pushes, ...steps.map((step) => hasty.push(step))]);
      model.dispose();
      return JSON.stringify(actual) === JSON.stringify(expected);
    });
    expect(same).toBe(true);
  });

  it("shares nothing with other streams and with runs", async () => {
    const page = await openPage();
    const same = await page.evaluate(async () => {
      const network = harness.random.randomStack({ seed: 95, inputSize: 4, hiddenSizes: [33], resetAfter: false });
      const inputs = [96, 97].map((seed) => harness.random.randomInput(network, 1, seed));
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const pushAlone = async (input: Float32Array) => {
        const stream = model.createStream();
        const outputs = [await stream.push(input), await stream.push(input), await stream.push(input)];
        stream.dispose();
        return outputs;
      };
      const expected = [await pushAlone(inputs[0]!), await pushAlone(inputs[1]!)];
      const streams = inputs.map(() => model.createStream());
      const actual: Float32Array[][] = [[], []];
      for (let step = 0; step < 3; step++) {
        const outputs = await Promise.all(streams.map((stream, i) => stream.push(inputs[i]!)));
        outputs.forEach((output, i) => actual[i]!.push(output));
        await model.run(inputs[0]!);
      }
      model.dispose();
      return JSON.stringify(actual) === JSON.stringify(expected);
    });
    expect(same).toBe(true);
  });
});
