// Keras's files that ask for more time or memory than their size is good for, each read in a process of its own.

import { beforeAll, describe, expect, it } from "vitest";
import { childCost, costFaults } from "../harness/childCost.js";
import { type Hdf5GroupParts, type Hdf5Parts, hdf5File } from "../files/hdf5File.js";
import {
  denseLayer,
  gruLayer,
  inputLayer,
  jsonBytes,
  type LayerParts,
  layersModel,
  SHARD,
} from "../files/layersModelFile.js";
import { buildLibrary } from "../harness/library.js";
import { randomArray, uniform } from "../cases/random.js";

beforeAll(buildLibrary);

interface Hostile {
  readonly bytes: Uint8Array;
  readonly files?: ReadonlyMap<string, Uint8Array>;
  readonly outcome: RegExp;
}

const ofLayers = (outcome: RegExp, layers: readonly LayerParts[], outputs?: readonly string[]): Hostile => {
  const { json, files } = layersModel(layers, outputs);
  return { bytes: jsonBytes(json), files, outcome };
};

const plain = (className: string, name: string, config: object = {}, inputs?: readonly string[]): LayerParts => ({
  class_name: className,
  config: { name, ...config },
  ...(inputs && { inputs }),
});

const numbered = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Each layer reads the one before it as often as `times` says. */
function chain(className: string, times: number, length: number): LayerParts[] {
  const input = { ...inputLayer(1024), inputs: [] };
  const first = denseLayer(1024, { name: "layer0", units: 8 }, ["input"]);
  const rest = numbered(length, (i) => plain(className, `layer${i + 1}`, {}, Array<string>(times).fill(`layer${i}`)));
  return [input, first, ...rest];
}

const floats = (...shape: number[]): Hdf5Parts => ({
  shape,
  values: randomArray(
    shape.reduce((product, one) => product * one, 1),
    uniform(5),
  ),
});

/** A .h5 of layers whose groups are given. */
function h5(layers: readonly LayerParts[], groups: Readonly<Record<string, Hdf5Parts>>): Uint8Array {
  const listed = layers.map(({ class_name, config }) => ({ class_name, config }));
  const model = { class_name: "Sequential", config: { name: "sequential", layers: listed } };
  const attributes = { model_config: JSON.stringify(model), keras_version: "2.4.0" };
  return hdf5File({ attributes, members: { model_weights: { members: groups } } });
}

const wrapped = (name: string): LayerParts => {
  const { class_name, config } = gruLayer(256, { units: 128 });
  return plain("Bidirectional", name, { layer: { class_name, config }, merge_mode: "concat" });
};

const CASES: Record<string, () => Hostile> = {
  "a layer beside itself, 28 times": () =>
    ofLayers(/unsupported: .* at most 256 concatenated tensors, got 512/, chain("Concatenate", 2, 28), ["layer28"]),
  "a sum of sums of a layer with itself": () => ofLayers(/^network$/, chain("Add", 2, 200), ["layer200"]),
  "a mask over 30,000 features that are claimed": () =>
    ofLayers(/unsupported: layer "mask": expected at most 4194304 elements/, [
      inputLayer(30_000),
      plain("Masking", "mask"),
      denseLayer(1),
    ]),
  "a mask over 100,000,000": () =>
    ofLayers(/unsupported: layer "mask"/, [inputLayer(1e8), plain("Masking", "mask"), denseLayer(1)]),
  "activations of 2,000 features that are claimed, one after the other": () =>
    ofLayers(/^network$/, [
      inputLayer(2000),
      ...numbered(200, (i) => plain("Activation", `a${i}`, { activation: "tanh" })),
    ]),
  "a dense layer that is normalised 200 times": () =>
    ofLayers(/unsupported: .* by the weights in the file/, [
      inputLayer(512),
      denseLayer(512, { units: 1024 }),
      ...numbered(200, (i) => ({
        ...plain("BatchNormalization", `norm${i}`, { epsilon: 9, scale: false, center: false }),
        weights: { moving_mean: [1024], moving_variance: [1024] },
      })),
    ]),
  "an embedding that claims a thousand million rows": () =>
    ofLayers(/shape-mismatch/, [
      { ...plain("Embedding", "table", { input_dim: 1e9, output_dim: 64 }), weights: { embeddings: [2, 2] } },
    ]),
  "a file of weights that is named a thousand times": () => {
    const weights = [{ name: "dense/kernel", shape: [1000, 250_000], dtype: "float32" }];
    const { json } = layersModel([inputLayer(1), denseLayer(1)]);
    json.weightsManifest = [{ paths: Array<string>(1000).fill(SHARD), weights }];
    return { bytes: jsonBytes(json), files: new Map([[SHARD, new Uint8Array(1e6)]]), outcome: /a file is named twice/ };
  },
  "layers' names in each other's weights": () => {
    const layers = numbered(200, (i) => plain("Activation", `${i}`.padStart(200, "x"), { activation: "tanh" }));
    const { json } = layersModel([inputLayer(1), ...layers]);
    const weights = numbered(4000, (i) => ({ name: `${"/".repeat(200)}${i}/k`, shape: [0], dtype: "float32" }));
    json.weightsManifest = [{ paths: [SHARD], weights }];
    return { bytes: jsonBytes(json), files: new Map([[SHARD, new Uint8Array()]]), outcome: /^network$/ };
  },
  "lists in lists": () => ({
    bytes: new TextEncoder().encode(`{"modelTopology":${"[".repeat(5e5)}${"]".repeat(5e5)},"weightsManifest":[]}`),
    outcome: /bad-file: model\.json: expected at most 65536 objects and lists, got 500002/,
  }),
  "objects by the hundred thousand": () => ({
    bytes: new TextEncoder().encode(`{"modelTopology":[${"{},".repeat(3e5)}0],"weightsManifest":[]}`),
    outcome: /bad-file: model\.json: expected at most 65536 objects and lists, got 300003/,
  }),
  "more JSON than any model has": () => ({
    bytes: new TextEncoder().encode(`{"a":[${"{},".repeat(3e6)}0]}`),
    outcome: /bad-file: model\.json: expected at most 1048576 characters/,
  }),
  "names of weights in thousands of attributes": () => {
    const attributes = Object.fromEntries(numbered(4000, (i) => [`weight_names${i}`, ["kernel"]]));
    const bytes = h5([inputLayer(), gruLayer(3)], { gru: { attributes, members: {} } });
    return { bytes, outcome: /bad-file: layer "gru": expected at most 64 weights, got 4000/ };
  },
  "a group of thousands of names for each of 250 layers": () => {
    const names = Object.fromEntries(numbered(8000, (i) => [`member${i}`, shared]));
    const group: Hdf5GroupParts = { attributes: { weight_names: [] }, members: names };
    const layers = numbered(250, (i) => plain("Dropout", `d${i}`));
    const grus = numbered(250, (i) => [`d${i}`, group] as const);
    const bytes = h5([inputLayer(), ...layers, denseLayer(3)], { ...Object.fromEntries(grus), dense: group });
    return { bytes, outcome: /bad-file/ };
  },
  "one GRU's weights in 200 layers": () => {
    const members = { kernel: floats(256, 384), recurrent: floats(128, 384), bias: floats(2, 384) };
    const names = ["kernel", "recurrent", "bias", "kernel", "recurrent", "bias"];
    const group = { attributes: { weight_names: names }, members };
    const layers = numbered(200, (i) => wrapped(`both${i}`));
    const groups = Object.fromEntries(numbered(200, (i) => [`both${i}`, group]));
    return { bytes: h5([inputLayer(256), ...layers], groups), outcome: /unsupported: .* by the weights in the file/ };
  },
};

const shared = floats(1);

describe("a hostile Keras file", () => {
  for (const [name, make] of Object.entries(CASES)) {
    it(`costs no more than its size is good for: ${name}`, async () => {
      const { bytes, files, outcome } = make();
      const cost = await childCost(bytes, { files });
      const sizeBytes = [...(files?.values() ?? [])].reduce((sum, { length }) => sum + length, bytes.length);
      expect(costFaults(cost, sizeBytes)).toEqual([]);
      expect(cost.outcome).toMatch(outcome);
    });
  }
});
