// Keras's layers around a recurrence: what becomes of them, and those that are refused. Their numbers are in the fixtures.

import { describe, expect, it } from "vitest";
import type { Network } from "webgru";
import { parseKeras } from "webgru/keras";
import type { GruErrorCode } from "../../src/errors.js";
import { denseLayer, gruLayer, inputLayer, jsonBytes, type LayerParts, layersModel } from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

type Weights = Readonly<Record<string, readonly number[]>>;

const layer = (class_name: string, config: object = {}, weights: Weights = {}, inputs?: string[]): LayerParts => ({
  class_name,
  config: { name: "layer", ...config },
  weights,
  ...(inputs && { inputs }),
});
const input = (...shape: (number | null)[]): LayerParts =>
  layer("InputLayer", { name: "input", batch_input_shape: [null, ...shape] });
const each = ({ class_name, config, weights = {} }: LayerParts): LayerParts =>
  layer("TimeDistributed", { name: "layer", layer: { class_name, config } }, weights);
const conv2d = (config: object = {}, kernel = [3, 3, 2, 4]): LayerParts =>
  layer("Conv2D", { filters: 4, kernel_size: [3, 3], ...config }, { kernel, bias: [4] });
const conv1d = (config: object = {}, kernel = [3, 3, 2]): LayerParts =>
  layer("Conv1D", { filters: 2, kernel_size: 3, ...config }, { kernel, bias: [2] });
const gruCell = { class_name: "GRUCell", config: { units: 2, reset_after: true } };
const stacked = (cells: readonly unknown[], weights: Weights = {}): LayerParts =>
  layer("RNN", { cell: { class_name: "StackedRNNCells", config: { cells } } }, weights);
const norm = (config: object = {}, size = 3): LayerParts =>
  layer("BatchNormalization", config, { gamma: [size], beta: [size], moving_mean: [size], moving_variance: [size] });

const named = (name: string, { config, ...rest }: LayerParts): LayerParts => ({ ...rest, config: { ...config, name } });

async function parse(layers: readonly LayerParts[], outputs?: readonly string[]): Promise<Network> {
  const { json, files } = layersModel(layers, outputs);
  return parseKeras(jsonBytes(json), { files });
}

const FRAMES = input(7, 6, 5, 2);

describe("a layer of Keras", () => {
  it("that changes nothing in inference is left out", async () => {
    const names = [
      "ActivityRegularization",
      "AlphaDropout",
      "GaussianDropout",
      "GaussianNoise",
      "Identity",
      "SpatialDropout2D",
    ];
    const nothing = names.map((name) => layer(name, { name }));
    expect((await parse([inputLayer(), ...nothing, gruLayer(3)])).layers.map(({ type }) => type)).toEqual(["gru"]);
  });

  it("that is an activation becomes a part of the layer before it", async () => {
    const network = await parse([inputLayer(), denseLayer(3), layer("ReLU", { max_value: 6 }), gruLayer(2)]);
    expect(network.layers).toMatchObject([
      { type: "dense", name: "layer", activation: { name: "clip", alpha: 0, beta: 6 } },
      { type: "gru" },
    ]);
  });

  it("that is an activation is a layer of its own after a recurrence", async () => {
    const network = await parse([inputLayer(), gruLayer(3), layer("LeakyReLU"), layer("Softmax", { name: "softmax" })]);
    expect(network.layers).toMatchObject([
      { type: "gru" },
      { type: "map", activation: { name: "leakyRelu", alpha: 0.3 } },
      { type: "reduce", inputShape: [2], axes: [0], operation: "softmax" },
    ]);
  });

  const functions: [className: string, config: object, activation: object][] = [
    ["ReLU", {}, { name: "relu" }],
    ["ReLU", { negative_slope: 0.25 }, { name: "leakyRelu", alpha: 0.25 }],
    ["ReLU", { threshold: 0.5 }, { name: "thresholdedRelu", alpha: 0.5 }],
    ["LeakyReLU", { alpha: { type: "ndarray", value: 0.125 } }, { name: "leakyRelu", alpha: 0.125 }],
    ["LeakyReLU", { negative_slope: 0.5 }, { name: "leakyRelu", alpha: 0.5 }],
    ["ELU", { alpha: 0.5 }, { name: "elu", alpha: 0.5 }],
    ["ThresholdedReLU", { theta: 0.5 }, { name: "thresholdedRelu", alpha: 0.5 }],
    ["Activation", { activation: "swish" }, { name: "silu", alpha: 1 }],
    ["Activation", { activation: "gelu" }, { name: "gelu" }],
    ["Activation", { activation: { class_name: "LeakyReLU", config: { negative_slope: 0.5 } } }, { name: "leakyRelu" }],
  ];
  for (const [className, config, activation] of functions) {
    it(`is the function that it is: ${className} ${JSON.stringify(config)}`, async () => {
      const { layers } = await parse([inputLayer(), gruLayer(3), layer(className, config)]);
      expect(layers[1]).toMatchObject({ type: "map", activation });
    });
  }

  it("along the axes of frames has them in another order once, and back once", async () => {
    const second = layer("Conv2D", { filters: 4, kernel_size: 1 }, { kernel: [1, 1, 4, 4], bias: [4] });
    const flat = each(layer("Flatten"));
    const { layers } = await parse([FRAMES, named("a", each(conv2d())), named("b", each(second)), flat, gruLayer(48)]);
    expect(layers.map(({ type }) => type)).toEqual(["rearrange", "conv", "conv", "rearrange", "gru"]);
  });

  it("that reads flattened frames has them in the order of its weight's columns", async () => {
    const flat = each(layer("Flatten"));
    const { layers } = await parse([FRAMES, named("a", each(conv2d())), flat, denseLayer(48), gruLayer(2)]);
    expect(layers.map(({ type }) => type)).toEqual(["rearrange", "conv", "dense", "gru"]);
  });

  it("that normalises each channel becomes a part of the linear layer before it", async () => {
    const relu = layer("ReLU", { name: "relu" });
    const { layers } = await parse([inputLayer(), conv1d(), named("norm", norm({ epsilon: 9 }, 2)), relu, gruLayer(2)]);
    expect(layers).toMatchObject([{ type: "conv", name: "relu", activation: { name: "relu" } }, { type: "gru" }]);
  });

  it.each([-1, [-1], 1, [1], 2, [2]])("that normalises a row of features is read with axis %j", async (axis) => {
    const { layers } = await parse([
      inputLayer(),
      gruLayer(3, { return_sequences: false }),
      norm({ axis, epsilon: 9 }, 2),
      denseLayer(2),
    ]);
    expect(layers.map(({ type }) => type)).toEqual(["gru", "last", "map", "dense"]);
  });

  it("that normalises stays a layer where another reads what comes before, or that is no linear layer", async () => {
    const graph = [
      inputLayer(),
      denseLayer(3, {}, ["input"]),
      { ...named("norm", norm({ epsilon: 9 }, 2)), inputs: ["dense"] },
      denseLayer(2, { name: "relu", activation: "relu" }, ["dense"]),
      { ...named("again", norm({ epsilon: 9 }, 2)), inputs: ["relu"] },
    ];
    const { layers } = await parse(graph, ["norm", "again"]);
    expect(layers.map(({ type }) => type)).toEqual(["dense", "map", "dense", "map"]);
  });

  const paddings: [name: string, layers: LayerParts[], timePadding: unknown][] = [
    ["causal", [conv1d({ padding: "causal" })], "causal"],
    ["same", [conv1d({ padding: "same" })], "same"],
    ["valid", [conv1d()], "valid"],
    ["zeros before", [layer("ZeroPadding1D", { name: "zeros", padding: [2, 0] }), conv1d()], "causal"],
    ["zeros after", [layer("ZeroPadding1D", { name: "zeros", padding: [2, 1] }), conv1d()], [2, 1]],
    ["zeros before zeros", [layer("ZeroPadding1D", { name: "zeros" }), conv1d({ padding: "causal" })], [3, 1]],
  ];
  for (const [name, layers, timePadding] of paddings) {
    it(`of windows along time has its padding: ${name}`, async () => {
      const network = await parse([inputLayer(), ...layers, gruLayer(2)]);
      expect(network.layers[0]).toMatchObject({ type: "conv", timeKernelSize: 3, timePadding });
    });
  }

  it("takes a row's features as steps where a reshape makes them steps", async () => {
    const network = await parse([input(12), layer("Reshape", { target_shape: [-1, 3] }), gruLayer(3)]);
    expect(network).toMatchObject({ inputSize: 3, layers: [{ type: "gru", inputs: ["input"] }] });
    expect(network.notes[1]).toBe('Layer "layer" makes 4 steps of a row: the input here is steps of 3.');
  });

  it("gives an output by Keras's name, whatever layer of ours has it", async () => {
    const network = await parse([inputLayer(), gruLayer(3), layer("Dropout", { name: "last" })]);
    expect(network.outputs).toEqual(["last"]);
  });

  it("may be two outputs", async () => {
    const dropout = layer("Dropout", { name: "again" }, {}, ["gru"]);
    const network = await parse([inputLayer(), gruLayer(3, {}, ["input"]), dropout], ["gru", "again"]);
    expect(network.outputs).toEqual(["gru", "again"]);
    expect(network.layers).toMatchObject([{ name: "gru" }, { type: "map", name: "again", inputs: ["gru"] }]);
  });
});

interface Refusal {
  readonly layers: readonly LayerParts[];
  readonly outputs?: readonly string[];
  readonly code?: GruErrorCode;
  readonly message: string | RegExp;
}

const merge = (className: string, config: object, ...inputs: string[]) => layer(className, config, {}, inputs);

const REFUSALS: Record<string, Refusal> = {
  "a normalisation over time": {
    layers: [input(7, 3), norm({ axis: 1 }, 7), gruLayer(3)],
    message: 'layer "layer": expected axis to be the axes of a step, got 1',
  },
  "a normalisation over rows": {
    layers: [inputLayer(), gruLayer(3, { return_sequences: false }), norm({ axis: [0] })],
    message: 'layer "layer": expected axis to be the axes of a step, got [0]',
  },
  "a normalisation of an axis that is not there": {
    layers: [inputLayer(), gruLayer(3), norm({ axis: [3] })],
    message: 'layer "layer": expected axis to be the axes of a step, got [3]',
  },
  "a normalisation of no axis": {
    layers: [inputLayer(), norm({ axis: "last" }), gruLayer(3)],
    message: 'layer "layer": expected axis to be the axes of a step, got "last"',
  },
  "a mean of another size": {
    layers: [
      inputLayer(),
      layer("BatchNormalization", { scale: false }, { beta: [3], moving_mean: [2], moving_variance: [3] }),
    ],
    code: "shape-mismatch",
    message: "layer/moving_mean: expected shape [3], got [2]",
  },
  "a variance that is not there": {
    layers: [inputLayer(), layer("BatchNormalization", {}, { gamma: [3], beta: [3], moving_mean: [3] })],
    code: "bad-file",
    message:
      'layer "layer": expected the weights gamma, beta, moving_mean, moving_variance, got layer/gamma, layer/beta, layer/moving_mean',
  },
  "a normalisation of a root mean square": {
    layers: [inputLayer(), layer("LayerNormalization", { rms_scaling: true }, { gamma: [3] }), gruLayer(3)],
    message: 'layer "layer": expected rms_scaling to be false, got true',
  },
  "a normalisation of axes that are not the last": {
    layers: [FRAMES, each(layer("LayerNormalization", { axis: [1, 2] }, { gamma: [6, 5], beta: [6, 5] }))],
    message: 'layer "layer": expected axis to be the last axes, got [1,2]',
  },
  "a capped ReLU with a slope": {
    layers: [inputLayer(), layer("ReLU", { max_value: 6, negative_slope: 0.1 }), gruLayer(3)],
    message: 'layer "layer": expected negative_slope to be 0 beside max_value or another of them, got 0.1',
  },
  "a capped ReLU with a threshold": {
    layers: [inputLayer(), layer("ReLU", { max_value: 6, threshold: 0.1 }), gruLayer(3)],
    message: 'layer "layer": expected threshold to be 0 beside max_value or another of them, got 0.1',
  },
  "a softmax over time": {
    layers: [inputLayer(), gruLayer(3), layer("Softmax", { axis: 1 })],
    message: 'layer "layer": expected axis to be an axis of the features, got 1',
  },
  "a slope for each step": {
    layers: [input(7, 3), layer("PReLU", {}, { alpha: [7, 3] }), gruLayer(3)],
    message: 'layer "layer": expected an alpha for each of the features [3], the same at all steps, got one of [7, 3]',
  },
  "a kernel of another shape": {
    layers: [FRAMES, each(conv2d({}, [3, 2, 2, 4]))],
    code: "shape-mismatch",
    message: "layer/kernel: expected shape [3, 3, 2, 4], got [3, 2, 2, 4]",
  },
  "a kernel that does not fit": {
    layers: [FRAMES, each(conv2d({ kernel_size: [3, 6] }, [3, 6, 2, 4]))],
    message: 'layer "layer": expected windows that fit, got steps of [4, 0, 4]',
  },
  "a kernel of no size": {
    layers: [FRAMES, each(conv2d({ kernel_size: [0, 3] }))],
    code: "bad-file",
    message: 'layer "layer": expected kernel_size to be 2 positive whole numbers, got [0,3]',
  },
  "strides for one axis of two": {
    layers: [FRAMES, each(conv2d({ strides: [2] }))],
    code: "bad-file",
    message: 'layer "layer": expected strides to be 2 positive whole numbers, got [2]',
  },
  "groups that do not divide the channels": {
    layers: [FRAMES, each(conv2d({ groups: 3 }))],
    message: 'layer "layer": expected groups to be a divisor of 2 channels, got 3',
  },
  "another padding": {
    layers: [FRAMES, each(conv2d({ padding: "full" }))],
    message: 'layer "layer": expected padding to be valid or same, got "full"',
  },
  "a convolution of other axes": {
    layers: [inputLayer(), conv2d()],
    message: 'layer "layer": expected 2 axes beside the channels, which are last, got frames of [3] in a sequence',
  },
  "channels before time": {
    layers: [
      input(7, 3),
      layer("Conv1D", { filters: 2, kernel_size: 1, data_format: "channels_first" }, { kernel: [1, 3, 2], bias: [2] }),
    ],
    message: 'layer "layer": expected 1 axes beside the channels, which are last, got frames of [3] in a sequence',
  },
  "an output with padding of its own": {
    layers: [
      FRAMES,
      each(
        layer(
          "Conv2DTranspose",
          { filters: 4, kernel_size: 3, output_padding: 1 },
          { kernel: [3, 3, 4, 2], bias: [4] },
        ),
      ),
    ],
    message: 'layer "layer": expected output_padding to be null, got 1',
  },
  "an output larger than any frame": {
    layers: [
      FRAMES,
      each(
        layer("Conv2DTranspose", { filters: 4, kernel_size: 3, strides: 2 ** 20 }, { kernel: [3, 3, 4, 2], bias: [4] }),
      ),
    ],
    message: /^layer "layer": expected steps of at most 2097152 numbers, got \[6291456, 5242880, 4\]$/,
  },
  "frames larger than any": {
    layers: [input(7, 1e6, 1e6, 2), each(conv2d())],
    message: 'layer "layer": expected steps of at most 2097152 numbers, got [1000000, 1000000, 2]',
  },
  "a padding larger than any frame": {
    layers: [FRAMES, each(layer("ZeroPadding2D", { padding: 1e9 }))],
    message: 'layer "layer": expected steps of at most 2097152 numbers, got [2000000006, 2000000005, 2]',
  },
  "a repetition larger than any frame": {
    layers: [FRAMES, each(layer("UpSampling2D", { size: 1e9 }))],
    message: /^layer "layer": expected steps of at most 2097152 numbers/,
  },
  "a negative padding": {
    layers: [
      FRAMES,
      each(
        layer("ZeroPadding2D", {
          padding: [
            [-1, 1],
            [0, 0],
          ],
        }),
      ),
    ],
    code: "bad-file",
    message: 'layer "layer": expected padding to be whole numbers before and after each axis, got [[-1,1],[0,0]]',
  },
  "a cropping of all": {
    layers: [
      FRAMES,
      each(
        layer("Cropping2D", {
          cropping: [
            [3, 3],
            [0, 0],
          ],
        }),
      ),
    ],
    message: 'layer "layer": expected cropping to be less than 6, got [[3,3],[0,0]]',
  },
  "a cropping of steps": {
    layers: [inputLayer(), layer("Cropping1D", { cropping: [1, 0] }), gruLayer(3)],
    message: 'layer "layer": expected cropping to be 0 along time, got [1,0]',
  },
  "steps that are repeated": {
    layers: [inputLayer(), layer("UpSampling1D", { size: 2 }), gruLayer(3)],
    message: 'layer "layer": expected size to be 1 along time, got 2',
  },
  "an interpolation": {
    layers: [FRAMES, each(layer("UpSampling2D", { size: 2, interpolation: "bilinear" }))],
    message: 'layer "layer": expected interpolation to be nearest, got "bilinear"',
  },
  "windows of a length of its own after a padding of steps": {
    layers: [
      inputLayer(),
      layer("ZeroPadding1D", { name: "zeros", padding: [1, 1] }),
      conv1d({ padding: "same" }),
      gruLayer(2),
    ],
    message: 'layer "layer": expected padding to be valid or causal after a padding of steps, got "same"',
  },
  "windows of reversed steps": {
    layers: [inputLayer(), gruLayer(3, { units: 3, go_backwards: true }), conv1d()],
    message: 'layer "layer": expected windows of steps in their order, got steps in reverse, after go_backwards',
  },
  "windows longer than the sequence": {
    layers: [input(2, 3), conv1d(), gruLayer(2)],
    message: 'layer "layer": expected windows that fit, got 2 steps',
  },
  "windows of steps without an end": {
    layers: [inputLayer(), layer("MaxPooling1D", { pool_size: 2 ** 40 }), gruLayer(3)],
    code: "shape-mismatch",
    message:
      /^layer "layer": expected windows that reach over at most 1048576 frames, got timeKernelSize 1099511627776/,
  },
  "a padding of steps that no convolution reads": {
    layers: [inputLayer(), layer("ZeroPadding1D", { padding: [2, 0] }), gruLayer(3)],
    message: 'layer "gru": expected a convolution or a pooling after a padding of steps, got GRU',
  },
  "all steps of a sequence of any length": {
    layers: [inputLayer(), gruLayer(3), layer("Flatten"), denseLayer(2)],
    message:
      'layer "layer": expected a sequence of a fixed number of steps; ' +
      "give the model's input a number of steps, or put TimeDistributed around the layer",
  },
  "all steps in reverse": {
    layers: [input(7, 3), gruLayer(3, { go_backwards: true }), layer("Flatten"), denseLayer(14)],
    message: 'layer "layer": expected steps in their order, got steps in reverse, after go_backwards',
  },
  "more steps than any frame has numbers": {
    layers: [input(2 ** 30, 3), gruLayer(3), layer("Flatten"), denseLayer(2)],
    message: 'layer "layer": expected steps of at most 2097152 numbers, got [1073741824, 2]',
  },
  "a pooling of all steps that keeps an axis": {
    layers: [inputLayer(), gruLayer(3), layer("GlobalMaxPooling1D", { keepdims: true }), denseLayer(2)],
    message: 'layer "layer": expected keepdims to be false over time, got true',
  },
  "weights of cuDNN that are a plain layer's": {
    layers: [inputLayer(), layer("CuDNNGRU", { units: 2 }, { kernel: [3, 6], recurrent_kernel: [2, 6], bias: [2, 6] })],
    code: "shape-mismatch",
    message: "layer/bias: expected shape [12], got [2, 6]",
  },
  "a layer of cuDNN without a bias": {
    layers: [inputLayer(), layer("CuDNNLSTM", { units: 2 }, { kernel: [3, 8], recurrent_kernel: [2, 8] })],
    code: "bad-file",
    message:
      'layer "layer": expected the weights kernel, recurrent_kernel, bias, got layer/kernel, layer/recurrent_kernel',
  },
  "a stack of no cells": {
    layers: [inputLayer(), stacked([])],
    message: 'layer "layer": expected 1 to 64 cells, got 0',
  },
  "a stack of too many cells": {
    layers: [inputLayer(), stacked(Array.from({ length: 65 }, () => gruCell))],
    message: 'layer "layer": expected 1 to 64 cells, got 65',
  },
  "a stack of stacks": {
    layers: [inputLayer(), stacked([{ class_name: "StackedRNNCells", config: { cells: [gruCell] } }])],
    message: /^layer "layer".*: expected class_name to be GRUCell or LSTMCell or SimpleRNNCell, got "StackedRNNCells"$/,
  },
  "a stack with weights for one cell of two": {
    layers: [inputLayer(), stacked([gruCell, gruCell], { kernel: [3, 6], recurrent_kernel: [2, 6], bias: [2, 6] })],
    code: "bad-file",
    message: /expected the weights kernel, recurrent_kernel, bias, got none$/,
  },
  "a reshape of another size": {
    layers: [FRAMES, each(layer("Reshape", { target_shape: [7, 8] }))],
    message: 'layer "layer": expected target_shape to be one of 60 elements a step, got [7,8]',
  },
  "a reshape with two sizes open": {
    layers: [FRAMES, each(layer("Reshape", { target_shape: [-1, -1] }))],
    message: 'layer "layer": expected target_shape to be one of 60 elements a step, got [-1,-1]',
  },
  "a reshape of steps": {
    layers: [input(8, 3), layer("Reshape", { target_shape: [4, 6] }), gruLayer(6)],
    message: 'layer "layer": expected target_shape to be one with the same steps, got [4,6]',
  },
  "time that is no longer first": {
    layers: [input(8, 3), layer("Permute", { dims: [2, 1] }), gruLayer(8)],
    message: 'layer "layer": expected dims to be an order with time first, got [2,1]',
  },
  "an order that is none": {
    layers: [FRAMES, each(layer("Permute", { dims: [1, 1, 2] }))],
    message: 'layer "layer": expected dims to be an order with time first, got [1,1,2]',
  },
  "a pooling of strides that are none": {
    layers: [FRAMES, each(layer("MaxPooling2D", { pool_size: 2, strides: "2" }))],
    code: "bad-file",
    message: 'layer "layer": expected strides to be 2 positive whole numbers, got "2"',
  },
  "a difference of three": {
    layers: [inputLayer(), gruLayer(3, { name: "a" }, ["input"]), merge("Subtract", {}, "a", "a", "a")],
    outputs: ["layer"],
    message: 'layer "layer": expected two inputs, got 3',
  },
  "a sum of a sequence and one step": {
    layers: [
      inputLayer(),
      gruLayer(3, { name: "a" }, ["input"]),
      gruLayer(2, { name: "b", return_sequences: false }, ["a"]),
      merge("Add", {}, "a", "b"),
    ],
    outputs: ["layer"],
    message: 'layer "layer": expected inputs of one size, got 2 and 2 without steps',
  },
  "a concatenation of frames of other sizes": {
    layers: [
      { ...FRAMES, inputs: [] },
      { ...each(conv2d()), inputs: ["input"] },
      merge("Concatenate", { name: "joined", axis: 3 }, "input", "layer"),
    ],
    outputs: ["joined"],
    message: 'layer "joined": expected inputs that differ along the axis alone, got [6, 5, 2] and [4, 3, 4]',
  },
  "a mask of what is no sequence": {
    layers: [inputLayer(), gruLayer(3, { return_sequences: false }), layer("Masking")],
    message: 'layer "layer": expected a sequence to mask, got a tensor without steps',
  },
};

describe("a layer of Keras is refused", () => {
  for (const [name, { layers, outputs, code = "unsupported", message }] of Object.entries(REFUSALS)) {
    it(`for ${name}`, async () => {
      await expectRefusal(() => parse(layers, outputs), code, message);
    });
  }
});
