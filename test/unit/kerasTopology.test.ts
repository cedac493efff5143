// Keras configurations that are read, and those that are refused.

import { describe, expect, it } from "vitest";
import type { Network } from "webgru";
import { parseKeras } from "webgru/keras";
import type { GruErrorCode } from "../../src/errors.js";
import {
  denseLayer,
  gruLayer,
  gruShapes,
  inputLayer,
  jsonBytes,
  type LayerParts,
  layersModel,
  type LayersModel,
} from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

describe("a Keras configuration", () => {
  it("needs no input layer where the first layer says the input's size", async () => {
    const network = await parse([gruLayer(3, { batch_input_shape: [null, null, 3] })]);
    expect(network.inputSize).toBe(3);
  });

  it("needs no size where the first weights say it", async () => {
    expect((await parse([inputLayer(null), gruLayer(5)])).inputSize).toBe(5);
  });

  it("gives an activation that nothing else reads to the dense layer before it", async () => {
    const activation = { class_name: "Activation", config: { name: "probabilities", activation: "softmax" } };
    const { layers, outputs } = await parse([inputLayer(), gruLayer(3), denseLayer(2, { units: 5000 }), activation]);
    expect(layers.map(({ name }) => name)).toEqual(["gru", "probabilities"]);
    expect(layers[1]).toMatchObject({ activation: { name: "softmax" }, outputSize: 5000 });
    expect(outputs).toEqual(["probabilities"]);
  });

  it("leaves a dense layer that others read as it is", async () => {
    const activation = {
      class_name: "Activation",
      config: { name: "squashed", activation: "tanh" },
      inputs: ["dense"],
    };
    const layers = [inputLayer(), denseLayer(3, {}, ["input"]), activation];
    const network = await parse(layers, ["squashed", "dense"]);
    expect(network.layers.map(({ name }) => name)).toEqual(["dense", "squashed"]);
    expect(network.layers[0]).toMatchObject({ activation: { name: "linear" } });
  });

  it("takes layers of a graph in any order", async () => {
    const layers = [denseLayer(2, {}, ["gru"]), gruLayer(3, {}, ["input"]), inputLayer()];
    expect((await parse(layers, ["dense"])).layers.map(({ name }) => name)).toEqual(["gru", "dense"]);
  });

  it("gives the input's own order where go_backwards is undone", async () => {
    const turned = { go_backwards: true };
    const back = await parse([inputLayer(), gruLayer(3, turned), gruLayer(2, { ...turned, name: "second" })]);
    expect(back.reversesInput).toBe(false);
    expect(back.layers).toMatchObject([{ direction: "reverse" }, { direction: "forward" }]);
    const { reversesInput, layers } = await parse([inputLayer(), gruLayer(3, turned)]);
    expect(reversesInput).toBe(true);
    expect(layers).toMatchObject([{ direction: "forward" }]);
  });

  it("takes a last step from go_backwards as it is", async () => {
    const { reversesInput, layers } = await parse([
      inputLayer(),
      gruLayer(3, { go_backwards: true, return_sequences: false }),
    ]);
    expect(reversesInput).toBe(false);
    expect(layers).toMatchObject([
      { type: "gru", direction: "reverse" },
      { type: "last", direction: "reverse" },
    ]);
  });

  it("notes its version, and layers that are stateful", async () => {
    expect((await parse([inputLayer(), gruLayer(3, { stateful: true })])).notes).toEqual([
      "Read from a model of Keras 2.4.0.",
      'Layer "gru" is stateful: a stream keeps its state from push to push, run begins with zeros.',
    ]);
  });

  it("reads a Keras 3 hard_sigmoid by the version", async () => {
    const layers = [inputLayer(), gruLayer(3, { recurrent_activation: "hard_sigmoid" })];
    const alphaOf = async (version: string) => {
      const { layers: own } = await parse(layers, undefined, (json) => (json.modelTopology.keras_version = version));
      return (own[0] as { gateActivation: { alpha: number } }).gateActivation.alpha;
    };
    expect(await alphaOf("3.3.3")).toBe(1 / 6);
    expect(await alphaOf("2.15.0")).toBe(0.2);
    expect(await alphaOf("tfjs-layers 4.22.0")).toBe(0.2);
  });
});

const lambda = { class_name: "Lambda", config: { name: "lambda", function: ["4wEAAAA", null, null] } };
const convLstm = { class_name: "ConvLSTM1D", config: { name: "conv_lstm", units: 3 } };

/** A tensor as Keras 3 refers to it. */
const tensor = (name: string) => ({ class_name: "__keras_tensor__", config: { keras_history: [name, 0, 0] } });

interface Refusal {
  readonly layers: readonly LayerParts[];
  readonly outputs?: readonly string[];
  readonly change?: (json: LayersModel) => unknown;
  readonly code?: GruErrorCode;
  readonly message: string | RegExp;
}

const masking = { class_name: "Masking", config: { name: "masking", mask_value: 0 } };
const entries = ({ modelTopology }: LayersModel) => modelTopology.config["layers"] as Record<string, unknown>[];

const REFUSALS: Record<string, Refusal> = {
  "layers of other classes, all of them": {
    layers: [inputLayer(), lambda, convLstm, gruLayer(3)],
    message:
      /^keras: expected layers of the classes InputLayer, .*, got \["Lambda \(\\"lambda\\"\)","ConvLSTM1D \(\\"conv_lstm\\"\)"\]$/,
  },
  "a class named as an object's own": {
    layers: [inputLayer(), { class_name: "constructor", config: { name: "x" } }],
    message: /got \["constructor \(\\"x\\"\)"\]$/,
  },
  "a model of another class": {
    layers: [gruLayer(3)],
    change: (json) => (json.modelTopology.class_name = "MyModel"),
    message: 'model.json.modelTopology: expected class_name to be Sequential or Functional, got "MyModel"',
  },
  "no layers": { layers: [], code: "bad-file", message: "keras: expected 1 to 256 layers, got 0" },
  "too many layers": {
    layers: Array.from({ length: 257 }, () => inputLayer()),
    code: "bad-file",
    message: "keras: expected 1 to 256 layers, got 257",
  },
  "a layer that is none": {
    layers: [inputLayer()],
    change: (json) => ((json.modelTopology.config["layers"] as unknown[])[0] = 7),
    code: "bad-file",
    message: "layers[0]: expected an object, got 7",
  },
  "an input of unknown size": {
    layers: [inputLayer(null), masking],
    code: "bad-file",
    message: 'layer "input": expected a shape that says the number of features, got none',
  },
  "a name twice": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"]), gruLayer(2, {}, ["gru"])],
    outputs: ["gru"],
    code: "bad-file",
    message: "keras: two layers have the same name",
  },
  "a layer that reads another that is not there": {
    layers: [inputLayer(), gruLayer(3, {}, ["nothing"])],
    outputs: ["gru"],
    code: "bad-file",
    message: 'layer "gru": expected to read layers of the model, got "nothing"',
  },
  "layers in a circle": {
    layers: [inputLayer(), denseLayer(3, { name: "a" }, ["b"]), denseLayer(3, { name: "b" }, ["a"])],
    outputs: ["a"],
    code: "bad-file",
    message: 'layer "a": it is in a cycle, or reads one',
  },
  "an output that is not there": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["nothing"],
    code: "bad-file",
    message: 'keras: expected output_layers to name layers, got ["nothing"]',
  },
  "a layer that is called too often": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = Array.from({ length: 65 }, () => [["input", 0, 0, {}]])),
    message: 'layer "gru": expected at most 64 calls, got 65',
  },
  "a call that is not there": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) =>
      (json.modelTopology.config["output_layers"] = [
        ["gru", 0, 0],
        ["gru", 1, 0],
      ]),
    code: "bad-file",
    message: 'output_layers: expected one of 1 calls of "gru", got ["gru",1,0]',
  },
  "an input that reads": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[0]!["inbound_nodes"] = [[["gru", 0, 0, {}]]]),
    code: "bad-file",
    message: 'layer "input": expected to be called never, got 1',
  },
  "nodes that are no list": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = "input"),
    code: "bad-file",
    message: 'layer "gru": expected inbound_nodes to be a list of calls, got "input"',
  },
  "a call that is no tensor": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = [[7]]),
    message: 'layer "gru": expected to read tensors of the model, got 7',
  },
  "a sum with a number": {
    layers: [inputLayer(), { class_name: "Add", config: { name: "sum" }, inputs: ["input"] }],
    outputs: ["sum"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = [{ args: [tensor("input"), 2], kwargs: {} }]),
    message: 'layer "sum": expected to read tensors of the model, got 2',
  },
  "a tensor that is none": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = [[["input", -1, 0]]]),
    code: "bad-file",
    message: 'layer "gru": expected a layer, a call and a tensor, got ["input",-1,0]',
  },
  "a call with arguments": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = [[["input", 0, 0, { constants: ["input", 0, 0] }]]]),
    message: 'layer "gru": expected a call with inputs alone, got the argument "constants" too',
  },
  "references nested without end": {
    layers: [inputLayer(), gruLayer(3, {}, ["input"])],
    outputs: ["gru"],
    change: (json) => (entries(json)[1]!["inbound_nodes"] = [[[[[[[["input", 0, 0]]]]]]]]),
    code: "bad-file",
    message: 'layer "gru": expected tensors in at most 4 lists, got more',
  },
  "too many inputs": {
    layers: [
      inputLayer(),
      { class_name: "Concatenate", config: { name: "joined" }, inputs: Array.from({ length: 65 }, () => "input") },
    ],
    outputs: ["joined"],
    message: 'layer "joined": expected at most 64 tensors, got 65',
  },
  "weights missing": {
    layers: [inputLayer(), { ...gruLayer(3), weights: {} }],
    code: "bad-file",
    message: 'layer "gru": expected the weights kernel, recurrent_kernel, bias, got none',
  },
  "a kernel of another shape": {
    layers: [inputLayer(), { ...gruLayer(3), weights: { ...gruShapes(3, 2), recurrent_kernel: [2, 8] } }],
    code: "shape-mismatch",
    message: "gru/recurrent_kernel: expected shape [2, 6], got [2, 8]",
  },
  "a bias that belies reset_after": {
    layers: [inputLayer(), { ...gruLayer(3), weights: gruShapes(3, 2, false) }],
    code: "shape-mismatch",
    message: "gru/bias: expected shape [2, 6] for reset_after true, got [6]",
  },
  "units that are none": {
    layers: [inputLayer(), { ...gruLayer(3), config: { name: "gru", units: 2.5 } }],
    code: "bad-file",
    message: 'layer "gru": expected units to be a positive whole number, got 2.5',
  },
  "a flag that is none": {
    layers: [inputLayer(), gruLayer(3, { go_backwards: "yes" })],
    code: "bad-file",
    message: 'layer "gru": expected go_backwards to be true or false, got "yes"',
  },
  "an activation of the caller's own": {
    layers: [inputLayer(), denseLayer(3, { activation: { class_name: "function", config: "mine" } })],
    message:
      /^layer "dense": expected activation to be one of linear, .*, got \{"class_name":"function","config":"mine"\}$/,
  },
  "softmax in a gate": {
    layers: [inputLayer(), gruLayer(3, { activation: "softmax" })],
    message: 'layer "gru": expected activation to be a function of one element in a recurrent layer, got "softmax"',
  },
  "a mask before an LSTM": {
    layers: [
      inputLayer(),
      { class_name: "Masking", config: { name: "masking", mask_value: 0 } },
      {
        class_name: "LSTM",
        config: { name: "lstm", units: 2 },
        weights: { kernel: [2, 8], recurrent_kernel: [2, 8], bias: [8] },
      },
    ],
    message:
      'layer "lstm": expected no mask before an LSTM, whose gates cannot hold its output, got one; leave out the mask, and pass the lengths of sequences that are padded at their ends to run',
  },
  "a cell of another class": {
    layers: [
      inputLayer(),
      {
        class_name: "RNN",
        config: { name: "rnn", cell: { class_name: "ConvLSTM2DCell", config: {} } },
        weights: gruShapes(3, 2),
      },
    ],
    message: 'layer "rnn".cell: expected class_name to be GRUCell or LSTMCell or SimpleRNNCell, got "ConvLSTM2DCell"',
  },
  "another layer over time": {
    layers: [
      inputLayer(),
      { class_name: "TimeDistributed", config: { name: "td", layer: { class_name: "Lambda", config: {} } } },
    ],
    message: /^keras: expected layers of the classes .*, got \["Lambda"\]$/,
  },
  "a layer over time twice": {
    layers: [
      inputLayer(),
      {
        class_name: "TimeDistributed",
        config: { name: "td", layer: { class_name: "TimeDistributed", config: { layer: denseLayer(3) } } },
      },
    ],
    message: 'layer "td": expected one TimeDistributed, got two',
  },
  "a layer over time without a sequence": {
    layers: [
      inputLayer(),
      gruLayer(3, { return_sequences: false }),
      { class_name: "TimeDistributed", config: { name: "td", layer: denseLayer(3) } },
    ],
    message: 'layer "td": expected TimeDistributed to read a sequence',
  },
  "a recurrence over what is no sequence": {
    layers: [inputLayer(), gruLayer(3, { return_sequences: false }), gruLayer(2, { name: "again" })],
    message: 'layer "again": expected a sequence of features, got a tensor without steps',
  },
  "a merge mode that is none": {
    layers: [inputLayer(), bidirectional({ merge_mode: "max" })],
    message: 'layer "both": expected merge_mode to be concat, sum, ave or mul, got "max"',
  },
  "a backward layer that goes forward": {
    layers: [inputLayer(), bidirectional({ backward_layer: { class_name: "GRU", config: gruLayer(3).config } })],
    message: /^layer "both": expected backward_layer to be like the forward one, in the other direction, got /,
  },
  "a sum of different sizes": {
    layers: [
      inputLayer(),
      gruLayer(3, { name: "a" }, ["input"]),
      { class_name: "Add", config: { name: "sum" }, inputs: ["a", "input"] },
    ],
    outputs: ["sum"],
    message: 'layer "sum": expected inputs of one size, got 2 and 3',
  },
  "a concatenation of steps": {
    layers: [
      inputLayer(),
      gruLayer(3, { name: "a" }, ["input"]),
      { class_name: "Concatenate", config: { name: "joined", axis: 1 }, inputs: ["a", "input"] },
    ],
    outputs: ["joined"],
    message: 'layer "joined": expected axis to be -1, the features, got 1',
  },
  "a sequence beside one that is turned round": {
    layers: [
      inputLayer(),
      gruLayer(3, { name: "a", go_backwards: true }, ["input"]),
      { class_name: "Concatenate", config: { name: "joined" }, inputs: ["a", "input"] },
    ],
    outputs: ["joined"],
    message: 'layer "joined": expected inputs in one order, got some in reverse, after go_backwards',
  },
  "outputs in both orders": {
    layers: [
      inputLayer(),
      gruLayer(3, { name: "a", go_backwards: true }, ["input"]),
      gruLayer(3, { name: "b" }, ["input"]),
    ],
    outputs: ["a", "b"],
    message:
      "keras: expected all outputs in the order of the input, or all in reverse, got both; leave out some go_backwards",
  },
  "an embedding of another layer's output": {
    layers: [
      inputLayer(),
      denseLayer(1, {}),
      {
        class_name: "Embedding",
        config: { name: "table", input_dim: 3, output_dim: 2 },
        weights: { embeddings: [3, 2] },
      },
    ],
    message: 'layer "table": expected an embedding to read the model\'s input, got "dense"',
  },
  "masks of two kinds": {
    layers: [inputLayer(), masking, { class_name: "Masking", config: { name: "again" } }, gruLayer(3)],
    message: 'layer "again": its input has a mask already; only one is supported',
  },
  "a mask over gates that cannot be held": {
    layers: [inputLayer(), masking, gruLayer(3, { recurrent_activation: "relu" })],
    message:
      'layer "gru": expected gates of sigmoid, hard_sigmoid or tanh under a mask, which can hold a state, got relu',
  },
  "zeros at masked steps, unrolled": {
    layers: [inputLayer(), masking, gruLayer(3, { zero_output_for_mask: true, unroll: true })],
    message: 'layer "gru": expected unroll to be false under a mask with zero_output_for_mask, got true',
  },
  "a mask value that is none": {
    layers: [inputLayer(), { class_name: "Masking", config: { name: "masking", mask_value: "none" } }, gruLayer(3)],
    code: "bad-file",
    message: 'layer "masking": expected mask_value to be a finite number, got "none"',
  },
};

describe("a Keras configuration, refused", () => {
  for (const [name, { layers, outputs, change, code = "unsupported", message }] of Object.entries(REFUSALS)) {
    it(`for ${name}`, async () => {
      await expectRefusal(() => parse(layers, outputs, change), code, message);
    });
  }
});

describe("a graph of Keras 3", () => {
  const table = {
    class_name: "Embedding",
    config: { name: "table", input_dim: 3, output_dim: 2, mask_zero: true },
    weights: { embeddings: [3, 2] },
  };
  const notEqual = { class_name: "NotEqual", config: { name: "not_equal" } };
  const graph = (mask: string, compared: unknown, kwargs = {}) =>
    parse([inputLayer(), notEqual, table, gruLayer(2)], ["gru"], (json) => {
      const [, second, third, fourth] = entries(json);
      second!["inbound_nodes"] = [{ args: [tensor("input"), compared], kwargs: {} }];
      third!["inbound_nodes"] = [{ args: [tensor("input")], kwargs: {} }];
      fourth!["inbound_nodes"] = [{ args: [tensor("table")], kwargs: { mask: tensor(mask), ...kwargs } }];
    });

  it("names an embedding's mask", async () => {
    const { layers } = await graph("not_equal", 0, { training: false, initial_state: null });
    expect(layers.map(({ name }) => name)).toEqual(["table", "table.mask", "gru"]);
  });

  it("is refused for another mask", async () => {
    const message = 'layer "gru": expected the mask of an embedding with mask_zero, got "table"';
    await expectRefusal(() => graph("table", 0), "unsupported", message);
  });

  it("is refused for a mask of another index", async () => {
    const message = 'layer "not_equal": expected to compare with 0, as a mask does, got 1';
    await expectRefusal(() => graph("not_equal", 1), "unsupported", message);
  });

  it("is refused for other arguments", async () => {
    const message = 'layer "gru": expected a call with inputs alone, got the argument "constants" too';
    await expectRefusal(() => graph("not_equal", 0, { constants: [1] }), "unsupported", message);
  });
});

/** A Bidirectional of GRUs. */
function bidirectional(config: Record<string, unknown>, inner: Record<string, unknown> = {}): LayerParts {
  const layer = { class_name: "GRU", config: gruLayer(3, inner).config };
  const shapes = gruShapes(3, 2);
  const weights = Object.fromEntries(
    ["forward_gru", "backward_gru"].flatMap((way) =>
      Object.entries(shapes).map(([name, shape]) => [`${way}/${name}`, shape] as const),
    ),
  );
  return { class_name: "Bidirectional", config: { name: "both", layer, ...config }, weights };
}

async function parse(
  layers: readonly LayerParts[],
  outputs?: readonly string[],
  change: (json: LayersModel) => unknown = () => {},
): Promise<Network> {
  const { json, files } = layersModel(layers, outputs);
  change(json);
  return parseKeras(jsonBytes(json), { files });
}
