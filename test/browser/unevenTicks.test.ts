// Streams on WebGPU whose pushes are of different lengths and batch sizes, in the same ticks.

import { describe, expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

/** Rows and steps of the pushes of each stream; the long ones take several ticks beside the short ones. */
const STREAMS = [
  { batchSize: 1, lengths: [1, 1, 1, 1, 1, 1, 1, 1] },
  { batchSize: 3, lengths: [700, 2] },
  { batchSize: 1, lengths: [37, 5, 3000, 1] },
  { batchSize: 2, lengths: [1, 9, 1] },
];

describe("pushes of many lengths at once on WebGPU", () => {
  for (const kind of ["text model", "two outputs", "last step only"] as const) {
    it(`give each stream what the reference gives it alone: ${kind}`, async () => {
      const page = await openPage();
      const errors = await page.evaluate(
        async ({ name, streams }) => {
          const { randomDense, randomGru, randomInput, randomTextModel, uniform } = harness.random;
          const next = uniform(840);
          const returnSequences = name !== "last step only";
          const network =
            name === "text model"
              ? randomTextModel(841, 11)
              : harness.webgru.defineNetwork({
                  layers: [
                    randomGru("first", ["input"], { inputSize: 3, hiddenSize: 6, resetAfter: false }, next),
                    randomGru("second", ["first"], { inputSize: 6, hiddenSize: 5, returnSequences }, next),
                    randomDense("head", ["second"], [5, 3], "tanh", next),
                  ],
                  ...(name === "two outputs" ? { outputs: ["head", "first"] } : {}),
                });
          const model = await harness.webgru.createModel(network, { device: "webgpu" });
          const pushAll = async ({ batchSize, lengths }: (typeof streams)[number], i: number) => {
            const stream = model.createStream({ batchSize });
            const inputs = lengths.map((length, j) => randomInput(network, length * batchSize, 842 + 10 * i + j));
            const pushes = inputs.map((input) => stream.pushNamed(input));
            let initialState: Float64Array | undefined;
            let maxError = 0;
            for (const [j, input] of inputs.entries()) {
              const outputs = await pushes[j]!;
              const expected = harness.runReference(network, { input, batchSize, initialState });
              initialState = expected.finalState;
              for (const output of network.outputs) {
                const tolerance = { atol: 2e-6, rtol: 0 };
                const comparison = harness.compare(outputs[output]!, expected.outputs[output]!, tolerance);
                if (!comparison.isClose) return `stream ${i}, push ${j}, ${output}: ${comparison.worst}`;
                maxError = Math.max(maxError, comparison.maxError);
              }
            }
            return maxError;
          };
          const results = await Promise.all(streams.map(pushAll));
          model.dispose();
          return results;
        },
        { name: kind, streams: STREAMS },
      );
      for (const error of errors) expect(error).toBeTypeOf("number");
    });
  }
});

describe("pipes and loops on WebGPU", () => {
  it("give what pushes give", async () => {
    const page = await openPage();
    const [pushed, piped, predicted] = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.campaignNetwork(844), { device: "webgpu" });
      const chunks = [1, 2, 1, 5, 1].map((length, i) => harness.random.randomInput(model.network, length, 845 + i));
      const results: Float32Array[][] = [[], [], []];
      const stream = model.createStream();
      for (const chunk of chunks) results[0]!.push(await stream.push(chunk));
      const source = new ReadableStream<Float32Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      const sink = new WritableStream<Float32Array>({ write: (output) => void results[1]!.push(output) });
      await source.pipeThrough(model.createTransform()).pipeTo(sink);
      for await (const output of model.createStream().predict(chunks)) results[2]!.push(output);
      model.dispose();
      return results.map((outputs) => outputs.map((output) => output.join()));
    });
    expect(pushed).toHaveLength(5);
    expect(piped).toEqual(pushed);
    expect(predicted).toEqual(pushed);
  });
});
