// Models inside Keras models, layers that are called several times, and TimeDistributed around models.

import { describe, expect, it } from "vitest";
import type { Network } from "webgru";
import { parseKeras } from "webgru/keras";
import { denseLayer, gruLayer, inputLayer, jsonBytes, type LayerParts, layersModel } from "../files/layersModelFile.js";
import { hdf5File, type Hdf5Parts } from "../files/hdf5File.js";
import { expectRefusal } from "../harness/refusal.js";

type Json = Record<string, unknown>;

const list = (name: string, layers: readonly unknown[]) => ({ class_name: "Sequential", config: { name, layers } });
const layer = ({ class_name, config }: LayerParts): Json => ({ class_name, config });

/** A layer of a graph, called as `nodes` say: each a list of [layer, call, tensor]. */
const called = (json: Json, ...nodes: [string, number, number][][]) => ({
  ...json,
  name: (json["config"] as Json)["name"],
  inbound_nodes: nodes,
});

const graph = (
  name: string,
  layers: readonly Json[],
  inputs: readonly string[],
  outputs: readonly [string, number, number][],
) => ({
  class_name: "Functional",
  config: { name, layers, input_layers: inputs.map((input) => [input, 0, 0]), output_layers: outputs },
});

/** Parses a model whose weights are those of `weighted`. */
function parse(weighted: readonly LayerParts[], model: Json): Promise<Network> {
  const { json, files } = layersModel(weighted);
  return parseKeras(jsonBytes({ ...json, modelTopology: { ...model, keras_version: "2.4.0" } }), { files });
}

const wiring = ({ layers }: Network) => layers.map(({ name, inputs }) => [name, ...inputs]);
const input = layer(inputLayer());
const gru = gruLayer(3);
const dense = denseLayer(2);
const other = denseLayer(2, { name: "other" });

/** An array of one value. */
function floats(value: number, ...shape: number[]): Hdf5Parts {
  return { shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value) };
}

/** A list in a list, and so on. */
function nested(depth: number): Json {
  let model: Json = list("last", [layer(gru)]);
  for (let i = 0; i < depth; i++) model = list(`model${i}`, [model]);
  return model;
}

describe("a model inside a Keras model", () => {
  it("may be a list in a list in a list, without an input layer", async () => {
    const first = { ...gru, config: { ...gru.config, batch_input_shape: [null, 7, 3] } };
    const model = list("all", [list("outer", [list("inner", [layer(first)]), layer(dense)]), layer(other)]);
    const network = await parse([gru, dense, other], model);
    expect(wiring(network)).toEqual([
      ["outer/inner/gru", "input"],
      ["outer/dense", "outer/inner/gru"],
      ["other", "outer/dense"],
    ]);
    expect(network.inputSize).toBe(3);
  });

  it("may have an input layer of its own", async () => {
    const network = await parse([gru, dense], list("all", [list("inner", [input, layer(gru)]), layer(dense)]));
    expect(wiring(network)).toEqual([
      ["inner/gru", "input"],
      ["dense", "inner/gru"],
    ]);
  });

  it("may be a graph with several inputs and outputs", async () => {
    const inner = graph(
      "inner",
      [
        called({ class_name: "InputLayer", config: { name: "b" } }),
        called({ class_name: "InputLayer", config: { name: "a" } }),
        called(layer(dense), [["a", 0, 0]]),
        called(layer(other), [["b", 0, 0]]),
      ],
      ["a", "b"],
      [
        ["other", 0, 0],
        ["dense", 0, 0],
      ],
    );
    const second = gruLayer(3, { name: "second" });
    const joined = { class_name: "Concatenate", config: { name: "joined", axis: -1 } };
    const outer = graph(
      "outer",
      [
        called(input),
        called(layer(gru), [["input", 0, 0]]),
        called(layer(second), [["input", 0, 0]]),
        // Its own graph is its call 0, as in Keras's files of graphs.
        called(inner, [
          ["gru", 0, 0],
          ["second", 0, 0],
        ]),
        called(joined, [
          ["inner", 1, 1],
          ["inner", 1, 0],
        ]),
        called(layer(gruLayer(4, { name: "last" })), [["joined", 0, 0]]),
      ],
      ["input"],
      [["last", 0, 0]],
    );
    const network = await parse([gru, second, dense, other, gruLayer(4, { name: "last" })], outer);
    expect(wiring(network)).toEqual([
      ["gru", "input"],
      ["second", "input"],
      ["inner/dense", "gru"],
      ["inner/other", "second"],
      ["last", "inner/dense", "inner/other"],
    ]);
  });

  it("may be called several times, with the same weights", async () => {
    const inner = list("inner", [layer(dense)]);
    const outer = graph(
      "outer",
      [called(input), called(layer(gru), [["input", 0, 0]]), called(inner, [["gru", 0, 0]], [["inner", 0, 0]])],
      ["input"],
      [["inner", 1, 0]],
    );
    const network = await parse([gru, dense], outer);
    expect(wiring(network)).toEqual([
      ["gru", "input"],
      ["inner/dense", "gru"],
      ["inner", "inner/dense"],
    ]);
    const [, one, two] = network.layers as unknown as { weight: Float32Array }[];
    expect(two!.weight).toBe(one!.weight);
  });

  it("may be applied to each step", async () => {
    const model = list("all", [
      input,
      { class_name: "TimeDistributed", config: { name: "td", layer: list("inner", [layer(dense3), layer(dense)]) } },
      layer(gruLayer(2)),
    ]);
    const network = await parse([dense3, dense, gruLayer(2)], model);
    expect(wiring(network)).toEqual([
      ["td/first", "input"],
      ["td/dense", "td/first"],
      ["gru", "td/dense"],
    ]);
  });
  const dense3 = denseLayer(3, { name: "first" });

  it("has its weights in one group of a .h5, and finds them among layers of the same name", async () => {
    const plain = { units: 3, activation: "linear", use_bias: false };
    const named = (name: string) => layer({ class_name: "Dense", config: { ...plain, name } });
    const model = list("all", [input, list("outer", [list("a", [named("d")]), list("b", [named("d"), named("e")])])]);
    const weights: [string, Hdf5Parts][] = [
      ["outer/b/e/kernel:0", floats(3, 3, 3)],
      ["outer/b/d/kernel:0", floats(2, 3, 3)],
      ["outer/a/d/kernel:0", floats(1, 3, 3)],
    ];
    const members = Object.fromEntries(
      ["a", "b"].map((inner): [string, Hdf5Parts] => {
        const own = weights.filter(([name]) => name.startsWith(`outer/${inner}/`));
        const layers = own.map(([name, array]): [string, Hdf5Parts] => {
          return [name.split("/")[2]!, { members: { "kernel:0": array } }];
        });
        return [inner, { members: Object.fromEntries(layers) }];
      }),
    );
    const group = { attributes: { weight_names: weights.map(([name]) => name) }, members: { outer: { members } } };
    const bytes = hdf5File({
      attributes: { model_config: JSON.stringify(model), keras_version: "2.4.0" },
      members: { model_weights: { members: { outer: group } } },
    });
    const { layers } = await parseKeras(bytes);
    const first = (layers as unknown as { weight: Float32Array }[]).map(({ weight }) => weight[0]);
    expect(first).toEqual([1, 2, 3]);
  });
});

describe("a layer that is called several times", () => {
  it("is as many layers, with the same weights", async () => {
    const shared = gruLayer(2, { name: "shared" });
    const outer = graph(
      "outer",
      [
        called(input),
        called(layer(gru), [["input", 0, 0]]),
        called(layer(shared), [["gru", 0, 0]], [["shared", 0, 0]]),
      ],
      ["input"],
      [
        ["shared", 1, 0],
        ["shared", 0, 0],
      ],
    );
    const network = await parse([gru, shared], outer);
    // Outputs have the layer's name, in their order.
    expect(wiring(network)).toEqual([
      ["gru", "input"],
      ["shared.2", "gru"],
      ["shared", "shared.2"],
    ]);
    expect(network.outputs).toEqual(["shared", "shared.2"]);
  });
});

describe("a Keras model with models in it is refused", () => {
  it("for too many levels", async () => {
    const message = "keras: expected models in at most 8 others, got more";
    await expectRefusal(() => parse([gru], list("all", [input, nested(8)])), "unsupported", message);
    expect((await parse([gru], list("all", [input, nested(7)]))).layers).toHaveLength(1);
  });

  it("for too many calls of models, one in another", async () => {
    let model: Json = list("last", [layer(dense)]);
    for (let i = 0; i < 7; i++) {
      const name = (model["config"] as Json)["name"] as string;
      const twice = called(model, [["x", 0, 0]], [[name, 0, 0]]);
      model = graph(
        `m${i}`,
        [called({ class_name: "InputLayer", config: { name: "x" } }), twice],
        ["x"],
        [[name, 1, 0]],
      );
    }
    const message = "keras: expected at most 64 calls of models, got more";
    await expectRefusal(() => parse([gru, dense], list("all", [input, layer(gru), model])), "unsupported", message);
  });

  it("for a model in itself", async () => {
    const inner = list("inner", [layer(dense)]);
    const outer = graph(
      "outer",
      [called(input), called(layer(gru), [["input", 0, 0]]), called(inner, [["inner", 0, 0]])],
      ["input"],
      [["inner", 0, 0]],
    );
    await expectRefusal(() => parse([gru, dense], outer), "bad-file", 'layer "inner": it is in a cycle, or reads one');
  });

  it("for another number of inputs than a model has", async () => {
    const inner = graph("inner", [called({ class_name: "InputLayer", config: { name: "x" } })], ["x"], [["x", 0, 0]]);
    const model = (nodes: [string, number, number][]) =>
      graph(
        "outer",
        [called(input), called(layer(gru), [["input", 0, 0]]), called(inner, nodes)],
        ["input"],
        [["inner", 0, 0]],
      );
    const two = model([
      ["gru", 0, 0],
      ["gru", 0, 0],
    ]);
    await expectRefusal(() => parse([gru], two), "unsupported", /expected 1 inputs, got 2$/);
    const listed = graph(
      "outer",
      [
        called(input),
        called(list("inner", [layer(dense)]), [
          ["input", 0, 0],
          ["input", 0, 0],
        ]),
      ],
      ["input"],
      [["inner", 0, 0]],
    );
    await expectRefusal(() => parse([dense], listed), "unsupported", /expected one input, got 2$/);
  });

  it("for classes that no reader has, in all models", async () => {
    const lambda = { class_name: "Lambda", config: { name: "mine" } };
    const model = list("all", [
      input,
      lambda,
      list("inner", [{ class_name: "Attention", config: { name: "look" } }]),
      {
        class_name: "TimeDistributed",
        config: { name: "td", layer: { class_name: "MyLayer", config: { name: "own" } } },
      },
    ]);
    const message = /got \["Lambda \(\\"mine\\"\)","Attention \(\\"look\\"\)","MyLayer \(\\"own\\"\)"\]$/;
    await expectRefusal(() => parse([], model), "unsupported", message);
  });
});
