// A mask of Keras, said by layers: a masked step keeps the state to the last bit, whatever the storage, and in a stream too.

import { createModel, type Network } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { gruLayer, inputLayer, jsonBytes, type LayerParts, layersModel } from "../layersModelFile.js";

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
const VALUE = -0.3; // not a number of float32

const MODELS: Record<string, { layers: LayerParts[]; steps: number[][]; masked: number[] }> = {
  "an embedding": { layers: [embedding, ...stack], steps: [[3], [1], [5]], masked: [0] },
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

async function parse(layers: readonly LayerParts[]): Promise<Network> {
  const { json, files } = layersModel(layers);
  return parseKeras(jsonBytes(json), { files });
}
