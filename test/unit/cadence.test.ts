// Sequences of other lengths than the input's: by strides and padding along time.

import { createModel, defineNetwork, type LayerSpec, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { EVERY_STEP, follow, stepsAt } from "../../src/layers/cadence.js";
import { layerOutputSize } from "../../src/layers/index.js";
import { layerNamed, sequencesOf } from "../../src/model/network.js";
import { randomArray, randomInput, uniform } from "../cases/random.js";
import { twinCase, twinCases } from "../cases/twinCases.js";
import { expectRefusal } from "../harness/refusal.js";

function conv(name: string, inputs: string[], fields: object): LayerSpec {
  const layer = { type: "conv", name, inputs, inputShape: [2], outputChannels: 2 } as const;
  const { timeKernelSize = 1, inputShape = [2] } = fields as { timeKernelSize?: number; inputShape?: number[] };
  return { ...layer, ...fields, weight: randomArray(2 * inputShape[0]! * timeKernelSize, uniform(1)) } as LayerSpec;
}

describe("a cadence", () => {
  it("of a cadence gives what they give one after the other", () => {
    const cadences = [2, 3].flatMap((stride) =>
      [-3, 0, 2].map((extra) => ({ stride, extra, least: Math.max(1, stride - extra) })),
    );
    for (const first of [EVERY_STEP, ...cadences]) {
      for (const second of [EVERY_STEP, ...cadences]) {
        for (let n = 0; n < 30; n++) {
          expect(stepsAt(follow(first, second), n)).toBe(stepsAt(second, stepsAt(first, n)));
        }
      }
    }
  });
});

describe("a model with strides along time", () => {
  const strided = twinCase("conv-stride").network();

  it("says how many steps a push is a multiple of, and how many each output has", async () => {
    const model = await createModel(strided, { device: "cpu" });
    expect(model.framesPerStep).toBe(12);
    expect(model.outputSteps(25)).toEqual({ third: 2, slow: 4, gru: 13, before: 25 });
    expect(model.outputSteps(0)).toEqual({ third: 0, slow: 0, gru: 0, before: 0 });
    const { outputs } = await model.run(randomInput(strided, 25, 1));
    for (const [name, steps] of Object.entries(model.outputSteps(25))) {
      expect(outputs[name]).toHaveLength(steps * layerOutputSize(layerNamed(strided, name)));
    }
    expect(model.explain()).toContain("12 steps of one row: ");
  });

  it("refuses a push that is no multiple of them, with the state unchanged", async () => {
    const model = await createModel(strided, { device: "cpu" });
    const stream = model.createStream();
    const before = await stream.save();
    const message = "input: expected a multiple of framesPerStep 12 steps, got 13";
    await expectRefusal(() => stream.push(randomInput(strided, 13, 1)), "shape-mismatch", message);
    expect(await stream.save()).toEqual(before);
  });

  it("gives its last step alone, as the last of all", async () => {
    const model = await createModel(strided, { device: "cpu" });
    const input = randomInput(strided, 2 * 300, 2);
    const options = { batchSize: 2, lengths: [300, 7] };
    const all = await model.run(input, options);
    const last = await model.run(input, { ...options, returnSequences: false });
    for (const name of ["slow", "gru"]) {
      const size = layerOutputSize(layerNamed(strided, name));
      options.lengths.forEach((length, row) => {
        const from = ((model.outputSteps(length)[name]! - 1) * 2 + row) * size;
        expect(last.outputs[name]!.slice(row * size, (row + 1) * size)).toEqual(
          all.outputs[name]!.slice(from, from + size),
        );
      });
    }
    expect(last.outputs.third!.slice(4)).toEqual(new Float32Array(4)); // seven steps are too few
  });

  it("has no texts", async () => {
    const table = { type: "embedding", name: "table", numEmbeddings: 2, embeddingSize: 2, weight: new Float32Array(4) };
    const layers = [table as LayerSpec, conv("head", ["table"], { timeStride: 2 })];
    const model = await createModel(defineNetwork({ layers }), { device: "cpu" });
    const message = "generate: expected layers that give every step, got one step for 2 of the input";
    const options = { prompt: [0], length: 1, temperature: 1, seed: 1 };
    await expectRefusal(() => model.generate(options).next(), "unsupported", message);
  });
});

describe("a layer with padding along time", () => {
  const paddings = [
    [{ timePadding: "same", timeKernelSize: 2 }, 'timePadding "same"'],
    [{ timePadding: "valid", timeKernelSize: 2 }, 'timePadding "valid"'],
    [{ timePadding: [1, 1], timeKernelSize: 3 }, "timePadding [1,1]"],
    [{ timePadding: [3, 0], timeKernelSize: 3 }, "timePadding [3,0]"],
  ] as const;

  it.each(paddings)("is refused by name for streams: %j", async (fields, reason) => {
    const model = await createModel(defineNetwork({ layers: [conv("window", ["input"], fields)] }), { device: "cpu" });
    const message = `layer "window": expected one that a stream can step through, got ${reason}; use run, which sees the whole sequence`;
    await expectRefusal(() => model.createStream(), "unsupported", message);
  });

  it.each([
    { timePadding: "valid", timeKernelSize: 2, timeStride: 2 },
    { timePadding: [1, 0], timeKernelSize: 3, timeStride: 2 },
    { timePadding: "same", timeKernelSize: 1, timeStride: 2 },
  ])("streams where no window ends after its frames: %j", async (fields) => {
    const network = defineNetwork({ layers: [conv("window", ["input"], fields)] });
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, 6, 3);
    const stream = model.createStream();
    const pushed = [...(await stream.push(input.subarray(0, 4))), ...(await stream.push(input.subarray(4)))];
    expect(Float32Array.from(pushed)).toEqual((await model.run(input)).output);
  });

  it("refuses a sequence that is shorter than a window", async () => {
    const layer = conv("window", ["input"], { timePadding: "valid", timeKernelSize: 4 });
    const model = await createModel(defineNetwork({ layers: [layer] }), { device: "cpu" });
    const message = 'input: expected at least 4 steps, of which layer "window" makes its first, got 3';
    await expectRefusal(() => model.run(new Float32Array(6)), "shape-mismatch", message);
  });
});

describe("a network is refused", () => {
  const refused: [what: string, layers: LayerSpec[], message: string][] = [
    [
      "that joins sequences of different lengths",
      [conv("slow", ["input"], { timeStride: 2 }), conv("both", ["input", "slow"], { inputShape: [4] })],
      'layer "both": expected inputs with as many steps each, got "input" with n steps and "slow" with floor((n + 1) / 2) steps',
    ],
    [
      "whose windows reach too far",
      [conv("far", ["input"], { timeKernelSize: 3, timeDilation: 2 ** 21 })],
      'layer "far": expected windows that reach over at most 1048576 frames, got timeKernelSize 3, timeDilation 2097152, timeStride 1',
    ],
    [
      "with padding of another kind",
      [conv("odd", ["input"], { timePadding: "full" })],
      'layer "odd": expected timePadding to be "causal", "same", "valid", or [before, after] in frames, got the string "full"',
    ],
    [
      "with a pool of padding alone",
      [{ type: "pool", name: "pool", inputShape: [2], operation: "max", timeKernelSize: 2, timePadding: [0, 2] }],
      'layer "pool": expected less timePadding than timeKernelSize 2, or a window has no frame, got [0,2]',
    ],
  ];

  it.each(refused)("%s", async (_, layers, message) => {
    await expectRefusal(() => defineNetwork({ layers }), "shape-mismatch", message);
  });

  it("whose strides make a step of very many frames", async () => {
    const message = "network: expected strides along time that make a step of at most 65536 frames, got 1048576";
    const fields = { timeStride: 2 ** 10 };
    const layers = [conv("a", ["input"], fields), conv("b", ["a"], fields)];
    await expectRefusal(() => defineNetwork({ layers }), "unsupported", message);
  });

  it("with a stride where it goes step by step", async () => {
    const carry = { type: "carry", name: "carry", size: 2, next: "slow" } as LayerSpec;
    const slow = conv("slow", ["input", "carry"], { inputShape: [4], timeStride: 2 });
    const layers = [carry, slow];
    const message =
      'layer "slow": expected no stride along time in a network that goes step by step, as "carry" needs, got 2';
    await expectRefusal(() => defineNetwork({ layers }), "unsupported", message);
  });
});

const withWindows = twinCases.filter(({ id }) => /^(conv|pool)/.test(id) && !id.endsWith("long"));

describe.each(withWindows)("the batch of $id", ({ network: make, batchSize, sequenceLength, lengths }) => {
  it("gives each row what it gives the row alone, bit for bit", async () => {
    const network = make();
    const model = await createModel(network, { device: "cpu" });
    const input = randomInput(network, batchSize * sequenceLength, 4);
    const whole = await model.run(input, { batchSize, ...(lengths === undefined ? {} : { lengths }) });
    for (let row = 0; row < batchSize; row++) {
      const length = lengths?.[row] ?? sequenceLength;
      const steps = takeRow(input, network.inputSize, batchSize, row).slice(0, length * network.inputSize);
      if (length < sequenceLengthOfFirst(network)) continue;
      const alone = await model.run(steps);
      for (const name of network.outputs) {
        const size = layerOutputSize(layerNamed(network, name));
        const own = alone.outputs[name]!;
        expect(takeRow(whole.outputs[name]!, size, batchSize, row).slice(0, own.length)).toEqual(own);
      }
    }
  });
});

/** The fewest steps that every layer gives one for. */
function sequenceLengthOfFirst({ layers }: Network): number {
  return Math.max(...[...sequencesOf(layers).values()].map(({ least }) => least));
}

/** A row of a [T, B, size]. */
function takeRow(values: Float32Array, size: number, batchSize: number, row: number): Float32Array {
  return values.filter((_, i) => Math.floor(i / size) % batchSize === row);
}
