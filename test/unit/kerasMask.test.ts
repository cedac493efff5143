// A mask of Keras, said by layers: a masked step keeps the state to the last bit, whatever the storage, and in a stream too.

import { createModel, type Network } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { expectRefusal } from "../harness/refusal.js";
import { gruLayer, inputLayer, jsonBytes, type LayerParts, layersModel } from "../files/layersModelFile.js";

const embedding = {
  class_name: "Embedding",
  config: { name: "table", input_dim: 6, output_dim: 3, mask_zero: true },
  weights: { embeddings: [6, 3] },
};
const masking = (value: number) => ({ class_name: "Masking", config: { name: "masking", mask_value: value } });
const stack = [
  gruLayer(3, { recurrent_activation: "hard_sigmoid" }),
  gruLayer(2, { name: "second", reset_after: false }),
];
const simpleRnn = (name: string, inputSize: number, activation: string): LayerParts => ({
  class_name: "SimpleRNN",
  config: { name, units: 2, activation, return_sequences: true },
  weights: { kernel: [inputSize, 2], recurrent_kernel: [2, 2], bias: [2] },
});
const VALUE = -0.3; // not a number of float32

const MODELS: Record<string, { layers: LayerParts[]; steps: number[][]; masked: number[] }> = {
  "an embedding": { layers: [embedding, ...stack], steps: [[3], [1], [5]], masked: [0] },
  "an embedding, over simple recurrences": {
    layers: [embedding, simpleRnn("first", 3, "tanh"), simpleRnn("second", 2, "relu")],
    steps: [[3], [1], [5]],
    masked: [0],
  },
  "features of zero": {
    layers: [inputLayer(), masking(0), ...stack],
    steps: [
      [0, 0.5, 0],
      [0, 0, 1e-20],
      [1e10, -1, 0],
    ],
    masked: [0, 0, 0],
  },
  "features of another value": {
    layers: [inputLayer(), masking(VALUE), ...stack],
    steps: [
      [VALUE, VALUE, -0.30000004],
      [0, 0, 0],
      [1, 2, VALUE],
    ],
    masked: [VALUE, VALUE, VALUE],
  },
};

describe("a mask", () => {
  for (const [name, { layers, steps, masked }] of Object.entries(MODELS)) {
    for (const dtype of ["f32", "f16", "int8"] as const) {
      it(`of ${name} keeps the state between steps, as ${dtype}`, async () => {
        const model = await createModel(await parse(layers), { device: "cpu", dtype });
        const [plain, holed] = [model.createStream(), model.createStream()];
        const none = await holed.push(masked);
        expect([...none]).toEqual(none.length === 2 ? [0, 0] : []);
        for (const step of steps) {
          const output = await plain.push(step);
          expect(await holed.push(step)).toEqual(output);
          expect(await holed.push([...masked, ...masked])).toEqual(Float32Array.of(...output, ...output));
          expect(await holed.save()).toEqual(await plain.save());
        }
      });
    }
  }

  for (const activation of ["tanh", "relu"]) {
    for (const dtype of ["f32", "f16", "int8"] as const) {
      it(`gives zeros at masked steps where zero_output_for_mask asks, of ${activation}, as ${dtype}`, async () => {
        const grus = [false, true].map((flag) => gruLayer(3, { activation, zero_output_for_mask: flag }));
        const parsed = await Promise.all(grus.map((gru) => parse([embedding, gru])));
        const [plain, zeros] = await Promise.all(
          parsed.map((network) => createModel(network, { device: "cpu", dtype })),
        );
        const input = [0, 3, 0, 0, 1, 5, 0];
        const [repeated, { output }] = [await plain!.run(input), await zeros!.run(input)];
        const expected = repeated.output.map((value, i) => (input[Math.floor(i / 2)] === 0 ? 0 : value));
        expect(expected.some((value, i) => value !== repeated.output[i])).toBe(true);
        // An int8's 127 times its scale, 1/127, is 1 but for the last bit.
        const within = dtype === "int8" ? 1e-6 : 0;
        output.forEach((value, i) =>
          expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(within * Math.abs(expected[i]!)),
        );
      });
    }
  }

  it("leaves masked steps to repeat where a masked layer alone reads them", async () => {
    const dropout = { class_name: "Dropout", config: { name: "dropout" } };
    const { layers } = await parse([
      embedding,
      bidirectional("first", 3, true),
      dropout,
      bidirectional("second", 4, false),
    ]);
    expect(layers.map(({ name }) => name)).toEqual(["table", "table.mask", "first", "second.steps", "second"]);
    const { layers: read } = await parse([embedding, bidirectional("first", 3, true), dropout]);
    expect(read.map(({ name }) => name)).toEqual(["table", "table.mask", "first.gru", "first.signs", "dropout"]);
  });

  it("says that zero_output_for_mask has no effect on a last step, and that Keras does otherwise", async () => {
    const last = gruLayer(3, { return_sequences: false, zero_output_for_mask: true });
    const { notes } = await parse([embedding, last]);
    expect(notes.join(" ")).toMatch(
      /"gru" has zero_output_for_mask without return_sequences: .* a row's last step is masked/,
    );
  });

  it("gives zeros in the place of masked features, as Keras does", async () => {
    const dense = {
      class_name: "Dense",
      config: { name: "same", units: 3, use_bias: false },
      weights: { kernel: [3, 3] },
    };
    const layers = [inputLayer(), masking(VALUE), dense];
    const model = await createModel(await parse(layers), { device: "cpu" });
    const { output } = await model.run([VALUE, VALUE, VALUE]);
    for (const value of output) expect(Math.abs(value)).toBe(0);
  });

  it("costs a table of one column beside an embedding, and one input more", async () => {
    const { layers } = await parse([embedding, ...stack]);
    expect(layers).toMatchObject([
      { type: "embedding", name: "table" },
      { type: "embedding", name: "table.mask", embeddingSize: 1 },
      { type: "gru", inputSize: 4, inputs: ["table", "table.mask"] },
      { type: "gru", inputSize: 3, inputs: ["gru", "table.mask"] },
    ]);
  });
});

describe("a simple recurrence under a mask", () => {
  it("gives what it gives without one, where no step is masked", async () => {
    const [held, plain] = await Promise.all(
      [true, false].map(async (mask_zero) => {
        const table = { ...embedding, config: { ...embedding.config, mask_zero } };
        return createModel(await parse([table, simpleRnn("rnn", 3, "tanh")]), { device: "cpu" });
      }),
    );
    const input = [1, 2, 3, 4, 5, 5, 4, 1];
    const [one, other] = [await held!.run(input), await plain!.run(input)];
    one.output.forEach((value, i) => expect(Math.abs(value - other.output[i]!)).toBeLessThan(1e-7));
    expect(held!.network.layers.at(-1)!.type).toBe("gru");
  });
});

describe("a mask, refused", () => {
  const back = gruLayer(3, { go_backwards: true });
  const CASES: Record<string, { layers: LayerParts[]; outputs?: string[]; version?: string; message: string }> = {
    "first step first over steps last step first, as Keras hands it on": {
      layers: [embedding, back, gruLayer(2, { name: "second" })],
      message:
        'layer "second": expected a mask in the order of its steps, got steps in reverse, after go_backwards, with a mask that ' +
        "Keras does not reverse; leave out the mask or go_backwards",
    },
    "of a product whose factors Keras 3 masks": {
      layers: [
        { class_name: "InputLayer", config: { name: "input" } },
        { ...embedding, inputs: ["input"] },
        gruLayer(3, {}, ["table"]),
        { class_name: "Multiply", config: { name: "product" }, inputs: ["gru", "gru"] },
      ],
      outputs: ["product"],
      version: "3.5.0",
      message:
        'layer "product": expected a product without a mask, or one that only recurrent layers read, got one whose factors ' +
        "Keras masks",
    },
  };
  for (const [name, { layers, outputs, version, message }] of Object.entries(CASES)) {
    it(`is ${name}`, async () => {
      const { json, files } = layersModel(layers, outputs);
      if (version !== undefined) json.modelTopology.keras_version = version;
      await expectRefusal(() => parseKeras(jsonBytes(json), { files }), "unsupported", message);
    });
  }
});

/** Bidirectional as tf.keras writes it. */
function bidirectional(name: string, inputSize: number, returnSequences: boolean): LayerParts {
  const { weights, ...layer } = gruLayer(inputSize, { return_sequences: returnSequences, time_major: false });
  const shapes = ["forward", "backward"].flatMap((way) =>
    Object.entries(weights!).map(([field, shape]) => [`${way}/${field}`, shape]),
  );
  const config = { name, layer, merge_mode: "concat" };
  return { class_name: "Bidirectional", config, weights: Object.fromEntries(shapes) as Record<string, number[]> };
}

async function parse(layers: readonly LayerParts[]): Promise<Network> {
  const { json, files } = layersModel(layers);
  return parseKeras(jsonBytes(json), { files });
}
