// Text generated on the GPU: what it is, and what the GPU is asked to do for it. Beside these, test/cases/twinCases.ts has
// cases that draw tokens.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TRAINED_MODEL } from "../files/trainedModel.js";
import { openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;
beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

describe("random numbers", () => {
  it("are the same in WGSL and in TypeScript, bit for bit", async () => {
    const differences = await page.evaluate(async () => {
      const next = harness.random.uniform(130);
      const keys = Uint32Array.from({ length: 3 * 10_000 }, (_, i) => {
        // Small counters, as they are used, then any.
        return i < 15_000 ? [7, Math.floor(i / 300), i % 300][i % 3]! : Math.floor(next() * 2 ** 32);
      });
      const numbers = await harness.drawRandomNumbers(keys);
      const expected = numbers.map((_, i) => harness.randomNumber(keys[3 * i]!, keys[3 * i + 1]!, keys[3 * i + 2]!));
      return Array.from(numbers).filter((number, i) => number !== expected[i]);
    });
    expect(differences).toEqual([]);
  });
});

describe("generate", () => {
  it.each([
    ["takes the reference's likeliest character, 500 times", { length: 500, temperature: 0 }],
    ["draws the reference's characters", { length: 400, temperature: 0.9, topP: 0.95, seed: 2 }],
  ])(
    "%s, with the trained model",
    async (_, request) => {
      const { actual, expected, margin } = await page.evaluate(
        async (path, requested) => {
          const model = await harness.webgru.loadModel(`/${path}.safetensors`, { device: "webgpu" });
          const prompt = [..."In the beginning"].map((character) => model.vocabulary!.indexOf(character));
          const tokens = await harness.generateTokens(model, { prompt, ...requested });
          const reference = harness.referenceTokens(model.network, { prompt, ...requested });
          model.dispose();
          return { actual: [...tokens], expected: [...reference.tokens], margin: reference.margin };
        },
        TRAINED_MODEL,
        request,
      );
      expect(margin).toBeGreaterThan(1e-5);
      expect(actual).toEqual(expected);
    },
    120_000,
  );

  it("gives a seed's text whatever the other streams and the chunk", async () => {
    const { alone, many, chunks } = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(131, 30);
      const options = { prompt: [4], length: 53, seed: 12, temperature: 0.9, topP: 0.95 };
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const [one, five] = await Promise.all(
        [1, 5].map((streams) => harness.generateTokens(model, { ...options, streams })),
      );
      model.dispose();
      const requests = [
        [1, 1],
        [2, 1],
        [7, 1],
        [16, 1],
        [1, 5],
        [9, 5],
      ].map(([tokensPerSubmit, streams]) => ({ ...options, streams: streams!, tokensPerSubmit: tokensPerSubmit! }));
      const inChunks = await harness.generateInChunks(network, requests);
      return { alone: [...one!], many: [...five!], chunks: inChunks };
    });
    expect(textOf(many, 0, 5)).toEqual(alone);
    for (const { tokens } of chunks.slice(0, 4)) expect(tokens).toEqual(alone);
    for (const { tokens } of chunks.slice(4)) expect(tokens).toEqual(many);
    expect(chunks.map(({ lengths }) => Math.max(...lengths))).toEqual([1, 2, 7, 16, 5, 45]);
    expect(new Set([0, 1, 2, 3, 4].map((stream) => textOf(many, stream, 5).join())).size).toBe(5);
    expect(new Set(alone).size).toBeGreaterThan(10);
  });

  it("writes 1,024 texts in one batch, each as the reference does", async () => {
    const { actual, expected, margins, calls } = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(137, 30);
      const options = { prompt: [4, 5], length: 4, seed: 3, streams: 1024 };
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const recorded = harness.recordGpuCalls();
      const tokens = await harness.generateTokens(model, options);
      const methods = recorded.map(({ method }) => method);
      model.dispose();
      const reference = harness.referenceTokens(network, options);
      return { actual: [...tokens], expected: [...reference.tokens], margins: reference.margins, calls: methods };
    });
    // A step of all rows is 1 + 2 + 2 + 3 dispatches, as one of one row is. The prompt's first token draws nothing: its
    // head is left out.
    expect(calls.filter((method) => method === "dispatchWorkgroups")).toHaveLength(4 * (1 + 2 + 2 + 3) + (1 + 2 + 2));
    const sure = margins.flatMap((margin, stream) => (margin > 1e-5 ? [stream] : []));
    expect(sure.length).toBeGreaterThan(1000);
    for (const stream of sure)
      expect(textOf(actual, stream, 1024), `text ${stream}`).toEqual(textOf(expected, stream, 1024));
    expect(new Set(sure.map((stream) => textOf(actual, stream, 1024).join())).size).toBeGreaterThan(1000);
  });

  it.each([
    ["a dispatch of all layers", { family: { kernel: "network", workgroupSize: 32 } }, 2],
    ["a dispatch of each layer", { family: { kernel: "persistent", workgroupSize: 64, lanes: 1 } }, 8],
    ["single steps where others would take wavefronts", { family: { kernel: "wavefront" } }, 8],
  ] as const)("takes %s, as the device chooses", async (_, row, numDispatches) => {
    const { actual, expected, margin, dispatches } = await page.evaluate(async (first) => {
      const network = harness.random.randomTextModel(138, 30);
      const options = { prompt: [4], length: 70, seed: 5, streams: 3 };
      const model = await harness.createTunedModel(network, [first, { family: { kernel: "step", units: 1, rows: 1 } }]);
      const recorded = harness.recordGpuCalls();
      const tokens = await harness.generateTokens(model, options);
      const count = recorded.filter(({ method }) => method === "dispatchWorkgroups").length;
      model.dispose();
      const reference = harness.referenceTokens(network, options);
      return {
        actual: [...tokens],
        expected: [...reference.tokens],
        margin: reference.margin,
        dispatches: count / options.length,
      };
    }, row);
    expect(margin).toBeGreaterThan(1e-5);
    expect(actual).toEqual(expected);
    expect(dispatches).toBe(numDispatches);
  });

  it("gives the CPU's text", async () => {
    // A random number within 1e-5 of where another token begins could give that one: this seed has none.
    const { onGpu, onCpu, margin } = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(132, 20);
      const options = { prompt: [1, 2, 3], length: 100, seed: 4, temperature: 0.8, streams: 2 };
      const texts = [];
      for (const device of ["webgpu", "cpu"] as const) {
        const model = await harness.webgru.createModel(network, { device });
        texts.push([...(await harness.generateTokens(model, options))]);
        model.dispose();
      }
      const reference = harness.referenceTokens(network, options);
      return { onGpu: texts[0], onCpu: texts[1], margin: reference.margin };
    });
    expect(margin).toBeGreaterThan(1e-5);
    expect(onGpu).toEqual(onCpu);
  });

  it("draws each token as often as its probability says", async () => {
    const NUM_TOKENS = 4;
    const tokens = await page.evaluate(async (numTokens) => {
      const next = harness.random.uniform(133);
      const head = harness.random.randomDense("head", ["gru"], [2, numTokens], "softmax", next);
      const network = harness.webgru.defineNetwork({
        layers: [
          harness.random.randomEmbedding("embedding", [numTokens, 2], next),
          harness.random.randomGru("gru", ["embedding"], { inputSize: 2, hiddenSize: 2 }, next),
          { ...head, weight: head.weight.map(() => 0), bias: Float32Array.of(0, 1, 2, -2) },
        ],
      });
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const drawn = await harness.generateTokens(model, { prompt: [0], length: 200, streams: 50 });
      model.dispose();
      return [...drawn];
    }, NUM_TOKENS);
    const weights = [0, 1, 2, -2].map(Math.exp);
    const total = weights.reduce((a, b) => a + b);
    weights.forEach((weight, token) => {
      const p = weight / total;
      const count = tokens.filter((each) => each === token).length;
      const deviation = Math.sqrt(tokens.length * p * (1 - p));
      expect(Math.abs(count - tokens.length * p), `token ${token}`).toBeLessThan(4 * deviation);
    });
  });

  it("keeps to topK where rounding lets topP just miss its sum", async () => {
    const strays = await page.evaluate(async () => {
      // Each score is that of four tokens, the first of which are likelier, and none is much likelier than the next.
      const ranks = Array.from({ length: 300 }, (_, token) => 4 * ((37 * token) % 75) + Math.floor(token / 75));
      const network = harness.fixedScores((token) => -Math.floor(ranks[token]! / 4) / 75, ranks.length);
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const numStrays = [];
      // Of 11 to 79, those are here for which the sums of float32 that were tried did miss.
      for (const topK of [28, 30, 31]) {
        const options = { prompt: [0], length: 8, streams: 32, topK, topP: 1 - 2 ** -24 };
        const tokens = await harness.generateTokens(model, options);
        numStrays.push(tokens.filter((token) => ranks[token]! >= topK).length);
      }
      model.dispose();
      return numStrays;
    });
    expect(strays).toEqual([0, 0, 0]);
  });

  it("brings down nothing but tokens, in one copy for many, and asks as much of the GPU for each", async () => {
    const calls = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(134, 30);
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(network, { device });
      const recorded = harness.recordGpuCalls();
      await harness.generateTokens(model, { prompt: [4], length: 256, streams: 3 });
      model.dispose();
      device.destroy();
      return recorded;
    });
    const of = (method: string) => calls.filter((call) => call.method === method);
    const numChunks = 256 / 64;
    expect(of("copyBufferToBuffer").map(({ buffers }) => buffers)).toEqual(
      Array.from({ length: numChunks }, () => ["webgru.input", "webgru.staging"]),
    );
    expect(of("submit")).toHaveLength(numChunks);
    expect(of("mapAsync")).toHaveLength(numChunks);
    // An embedding; a step for each of two layers, projection included; a product, a softmax and a draw.
    expect(of("dispatchWorkgroups")).toHaveLength(256 * (1 + 1 + 1 + 3));
    // No input goes up but the first one, which is the prompt's last.
    expect(of("writeBuffer").filter(({ buffers }) => buffers[0] === "webgru.input")).toHaveLength(1);
  });

  it("frees what it took when the loop ends early, and the model goes on", async () => {
    const { tokens, destroyed, after } = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(135, 30);
      const device = await harness.requestDevice();
      const model = await harness.webgru.createModel(network, { device });
      const alive = new Set<GPUBuffer>();
      const create = device.createBuffer.bind(device);
      device.createBuffer = (descriptor) => {
        const buffer = create(descriptor);
        const destroy = buffer.destroy.bind(buffer);
        buffer.destroy = () => {
          alive.delete(buffer);
          return destroy();
        };
        alive.add(buffer);
        return buffer;
      };
      const taken = [];
      let numMade = 0;
      for await (const [token] of model.generate({ prompt: [4, 5], length: 10_000 })) {
        numMade = alive.size;
        taken.push(token);
        if (taken.length === 3) break;
      }
      const whatIsLeft = alive.size;
      const { output } = await model.run([1, 2]);
      model.dispose();
      device.destroy();
      return { tokens: taken, destroyed: [numMade > 0, whatIsLeft], after: output.length };
    });
    expect(tokens).toHaveLength(3);
    expect(destroyed).toEqual([true, 0]);
    expect(after).toBe(2 * 30);
  });

  it("ends with the model", async () => {
    const codes = await page.evaluate(async () => {
      const model = await harness.webgru.createModel(harness.random.randomTextModel(136, 30), { device: "webgpu" });
      const [begun, waiting] = [1, 2].map((seed) => model.generate({ prompt: [4], length: 1000, seed }));
      await begun!.next();
      const pending = waiting!.next();
      model.dispose();
      const last = await pending; // what was under way gives its result
      const ends = await Promise.allSettled([begun!.next(), waiting!.next()]);
      return [
        last.done,
        ...ends.map((end) => (end.status === "rejected" ? (end.reason as { code: string }).code : "none")),
      ];
    });
    expect(codes).toEqual([false, "disposed", "disposed"]);
  });
});

/** One stream's tokens of [T, B]. */
function textOf(tokens: readonly number[], stream: number, numStreams: number): number[] {
  return tokens.filter((_, i) => i % numStreams === stream);
}
