import { LAYER_TYPES } from "../../src/layers/index.js";
import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { parseModelFile } from "../../src/formats/modelFile.js";
import { parseSafetensors } from "../../src/formats/safetensors.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { DenseLayer } from "../../src/layers/dense.js";
import type { GruLayer } from "../../src/layers/gru.js";
import type { Network } from "../../src/model/network.js";
import { modelFile, type ModelFileParts } from "../files/modelFile.js";
import { randomDense, randomGru, randomMixed, randomTextModel, uniform } from "../cases/random.js";
import { createModel } from "../../src/load/loadModel.js";
import { parseModel } from "../../src/load/parseModel.js";
import { expectRefusal } from "../harness/refusal.js";
import { safetensorsFile } from "../files/safetensorsFile.js";

const next = uniform(1);

/** A GRU of 2 -> 3 and a dense layer of 3 -> 4. */
const small = defineNetwork({
  layers: [
    randomGru("gru", ["input"], { inputSize: 2, hiddenSize: 3 }, next),
    randomDense("head", ["gru"], [3, 4], "sigmoid", next),
  ],
  vocabulary: ["a", "b", "", "ü"],
});

describe("a model file", () => {
  const networks: [string, Network][] = [
    ["a GRU, a head and a vocabulary", small],
    ["concatenations, mixed resets, missing biases", randomMixed(2, "logSoftmax", 5)],
    ["an embedding", randomTextModel(3, 11)],
  ];
  for (const [name, network] of networks) {
    it(`round-trips ${name}`, () => {
      expect(parse(modelFile(network))).toEqual(network);
    });
  }

  it("reads a layer without inputs as reading the one before, and the first as reading the input", () => {
    const file = changed(({ description }) => description.layers.forEach((layer) => delete layer["inputs"]));
    expect(parse(file).layers.map(({ inputs }) => inputs)).toEqual([["input"], ["gru"]]);
  });

  it("reads a GRU as reset-after and a dense layer as linear where it does not say", () => {
    const file = changed(({ description: { layers } }) => {
      delete layers[0]!["resetAfter"];
      delete layers[1]!["activation"];
    });
    const [gru, head] = small.layers as [GruLayer, DenseLayer];
    const { layers } = defineNetwork({
      layers: [
        { ...gru, resetAfter: true },
        { ...head, activation: "linear" },
      ],
    });
    expect(parse(file).layers).toEqual(layers);
  });

  it("may leave the version out", () => {
    const file = changed(({ description }) => delete description.version);
    expect(parse(file)).toEqual(small);
  });

  it("may leave biases out", () => {
    const file = changed(({ tensors }) => {
      for (const name of ["gru.bias", "gru.recurrentBias", "head.bias"]) tensors.delete(name);
    });
    expect(parse(file).layers).toMatchObject([{ bias: null, recurrentBias: null }, { bias: null }]);
  });

  it("may have activations as layers of their own, of the size that they read", () => {
    const entries = [
      { type: "activation", name: "relu", activation: "relu" },
      { type: "activation", name: "both", inputs: ["gru", "relu"], activation: "softmax" },
    ];
    const file = changed(({ description }) => {
      description.layers.splice(1, 1, ...entries);
      delete description.outputs;
      delete description.vocabulary;
    });
    expect(parse(file).layers.slice(1)).toMatchObject([
      { type: "map", name: "relu", inputs: ["gru"], outputSize: 3, activation: { name: "relu" } },
      { type: "reduce", name: "both", inputShape: [6], axes: [0], operation: "softmax" },
    ]);
  });

  it("may name the tensors as PyTorch does", async () => {
    const renamed = new Map([
      ["gru.weight", "gru.weight_ih"],
      ["gru.recurrentWeight", "gru.weight_hh"],
      ["gru.bias", "gru.bias_ih"],
      ["gru.recurrentBias", "gru.bias_hh"],
    ]);
    const file = changed(({ tensors }) => {
      for (const [ours, theirs] of renamed) {
        tensors.set(theirs, tensors.get(ours)!);
        tensors.delete(ours);
      }
    });
    expect(await parseModel(file)).toEqual(small);
  });

  it("tells of tensors that no layer uses", () => {
    const file = changed(({ tensors }) => {
      tensors.set("epoch", { shape: [1], values: Float32Array.of(3) });
      tensors.set("optimizer.step", { shape: [], values: Float32Array.of(4) });
    });
    expect(parse(file).notes).toEqual(["Not used by any layer: epoch, optimizer.step."]);
  });

  it("obeys the caller's description rather than its own", () => {
    const layer = { type: "dense", name: "head", inputSize: 3, outputSize: 4, activation: "tanh" } as const;
    const network = parse(modelFile(small), { layers: [layer] });
    const head = small.layers[1] as DenseLayer;
    const expected = defineNetwork({ layers: [{ ...head, activation: "tanh", inputs: ["input"] }] });
    expect(network.layers).toEqual(expected.layers);
    expect(network.vocabulary).toBeNull();
  });
});

describe("a model file, broken", () => {
  it("is refused without a tensor that it needs", async () => {
    await expectRefused(
      ({ tensors }) => tensors.delete("gru.recurrentWeight"),
      "bad-file",
      "gru.recurrentWeight: expected a tensor of shape [9, 3], got gru.bias, gru.recurrentBias, head.weight, head.bias",
    );
  });

  it("is refused for a tensor of another shape", async () => {
    const transposed = { shape: [3, 4], values: new Float32Array(12) };
    await expectRefused(
      ({ tensors }) => tensors.set("head.weight", transposed),
      "shape-mismatch",
      "head.weight: expected shape [4, 3], got [3, 4]",
    );
  });

  it("is refused for a bias of another shape", async () => {
    const flat = { shape: [9, 1], values: new Float32Array(9) };
    await expectRefused(
      ({ tensors }) => tensors.set("gru.recurrentBias", flat),
      "shape-mismatch",
      "gru.recurrentBias: expected shape [9], got [9, 1]",
    );
  });

  it("is refused for weights that are not finite", async () => {
    const overflowing = { dtype: "F64", shape: [4], values: Float64Array.of(0, 0, 1e300, 0) };
    await expectRefused(
      ({ tensors }) => tensors.set("head.bias", overflowing),
      "bad-file",
      "head.bias: expected finite weights, got Infinity at element 2",
    );
  });

  const misspelled: [what: string, change: (parts: ModelFileParts) => unknown, message: string][] = [
    [
      "of a layer",
      ({ description }) => (description.layers[1]!["activaton"] = "softmax"),
      'layers[1]: expected the keys type, name, inputs, inputSize, outputSize, activation, groups, got "activaton"; did you mean "activation"?',
    ],
    [
      "of a GRU",
      ({ description }) => (description.layers[0]!["ReturnSequence"] = false),
      'layers[0]: expected the keys type, name, inputs, inputSize, hiddenSize, rows, frameSteps, keepsState, direction, resetAfter, gateActivation, newActivation, clip, returnSequences, got "ReturnSequence"; did you mean "returnSequences"?',
    ],
    [
      "that another layer has",
      ({ description }) => (description.layers[1]!["resetAfter"] = true),
      'layers[1]: expected the keys type, name, inputs, inputSize, outputSize, activation, groups, got "resetAfter"',
    ],
    [
      "at the top",
      ({ description }) => Object.assign(description, { ouputs: ["head"] }),
      'description: expected the keys version, layers, outputs, inputs, reversesInput, vocabulary, $schema, got "ouputs"; did you mean "outputs"?',
    ],
    [
      "of an activation",
      ({ description }) => (description.layers[1]!["activation"] = { name: "elu", alhpa: 0.5 }),
      'layers[1].activation: expected the keys name, alpha, beta, got "alhpa"; did you mean "alpha"?',
    ],
    [
      "of a gate's activation",
      ({ description }) => (description.layers[0]!["gateActivation"] = { name: "hardSigmoid", alfa: 0.5 }),
      'layers[0].gateActivation: expected the keys name, alpha, beta, got "alfa"; did you mean "alpha"?',
    ],
    [
      "of every object",
      ({ description }) => (description.layers[1]!["constructor"] = 1),
      'layers[1]: expected the keys type, name, inputs, inputSize, outputSize, activation, groups, got "constructor"',
    ],
  ];
  for (const [what, change, message] of misspelled) {
    it(`is refused for a key ${what} that there is not`, async () => {
      await expectRefused(change, "unsupported", message);
    });
  }

  it("is refused for the key __proto__, which JSON has as any other", async () => {
    const layers = '[{"type":"dense","name":"head","inputSize":3,"outputSize":4,"__proto__":{"activation":"relu"}}]';
    const file = safetensorsFile({ tensors: [], metadata: { webgru: `{"layers":${layers}}` } });
    await expectRefusal(() => parse(file), "unsupported", /^layers\[0\]: expected the keys .*, got "__proto__"$/);
  });

  it("is refused for a newer version before its keys", async () => {
    await expectRefused(
      ({ description }) => Object.assign(description, { version: 2, more: [] }),
      "unsupported",
      "description: expected version 1, got 2; update webgru",
    );
  });

  it("is refused for a misspelled key of a caller's description", async () => {
    const layer = { type: "dense", name: "head", inputSize: 3, outputSize: 4, activaton: "softmax" } as const;
    await expectRefusal(
      () => parse(modelFile(small), { layers: [layer] }),
      "unsupported",
      /got "activaton"; did you mean "activation"\?$/,
    );
  });

  it("may have layers by names that every object has", async () => {
    const names = ["__proto__", "constructor", "toString"];
    const dense = (name: string, i: number) => randomDense(name, [names[i - 1] ?? "input"], [2, 2], "tanh", next);
    const network = defineNetwork({ layers: names.map(dense), outputs: names });
    expect(parse(modelFile(network))).toEqual(network);
    const { outputs } = await (await createModel(network, { device: "cpu" })).run([0.5, -1]);
    expect(Object.keys(outputs)).toEqual(names);
    for (const name of names) expect(outputs[name], name).toHaveLength(2);
  });

  for (const name of ["__proto__", "constructor", "toString"]) {
    it(`is refused for an activation ${name}`, async () => {
      for (const field of ["gateActivation", "newActivation"]) {
        await expectRefused(
          ({ description }) => (description.layers[0]![field] = name),
          "unsupported",
          RegExp(`got "${name}"$`),
        );
      }
      await expectRefused(
        ({ description }) => (description.layers[1]!["activation"] = { name }),
        "unsupported",
        RegExp(`got "${name}"$`),
      );
      const layer = { ...randomDense("head", ["input"], [3, 4], "linear", next), activation: name as never };
      await expectRefusal(() => defineNetwork({ layers: [layer] }), "unsupported", RegExp(`got the string "${name}"$`));
    });
  }

  for (const type of ["transformer", "constructor", undefined, ["gru"]]) {
    it(`is refused for a layer of type ${JSON.stringify(type)}`, async () => {
      await expectRefused(
        ({ description }) => (description.layers[0]!["type"] = type),
        "unsupported",
        `layers[0].type: expected one of ${LAYER_TYPES.join(", ")}, activation, got ${JSON.stringify(type)}`,
      );
    });
  }

  const badActivations: [what: string, entry: Record<string, unknown>, message: string | RegExp][] = [
    [
      "of the network's input",
      { inputs: ["input"], activation: "relu" },
      'layer "act": expected an activation to read layers before it, got "input"; for the network\'s input write { "type": "map", "outputSize": ... }',
    ],
    ["without a function", {}, "layers[1].activation: expected an object, got undefined"],
    [
      "with a size",
      { activation: "relu", size: 3 },
      /^layers\[1\]: expected the keys type, name, inputs, activation, got "size"/,
    ],
    ["that no layer has", { activation: "relo" }, /^layers\[1\]\.activation: expected one of linear, .*, got "relo"$/],
  ];
  for (const [what, entry, message] of badActivations) {
    it(`is refused for an activation ${what}`, async () => {
      const layer = { type: "activation", name: "act", ...entry };
      const code = what === "without a function" ? "bad-file" : "unsupported";
      await expectRefused(({ description }) => (description.layers[1] = layer), code, message);
    });
  }

  it("is refused for a direction that there is not", async () => {
    await expectRefused(
      ({ description }) => (description.layers[0]!["direction"] = "backward"),
      "unsupported",
      'layers[0].direction: expected one of forward, reverse, bidirectional, got "backward"',
    );
  });

  it("is refused for gates that need the whole row", async () => {
    await expectRefused(
      ({ description }) => (description.layers[0]!["gateActivation"] = { name: "softmax" }),
      "unsupported",
      /^layers\[0\]\.gateActivation: expected one of linear, relu, .*square, .*got "softmax"$/,
    );
  });

  it("is refused for an activation that no layer has", async () => {
    await expectRefused(
      ({ description }) => (description.layers[1]!["activation"] = "glue"),
      "unsupported",
      /^layers\[1\]\.activation: expected one of linear, relu, .*softmax, logSoftmax, got "glue"$/,
    );
  });

  const fields: [layer: number, field: string, value: unknown, message: string][] = [
    [0, "name", 5, "layers[0].name: expected a string, got 5"],
    [0, "inputs", "input", 'layers[0].inputs: expected a list of layer names, got "input"'],
    [1, "inputs", [0], "layers[1].inputs: expected a list of layer names, got [0]"],
    [0, "resetAfter", 1, "layers[0].resetAfter: expected true or false, got 1"],
    [0, "resetAfter", null, "layers[0].resetAfter: expected true or false, got null"],
    [0, "returnSequences", null, "layers[0].returnSequences: expected true or false, got null"],
    [0, "clip", 0, "layers[0].clip: expected a number above 0, or null, got 0"],
    [0, "newActivation", 3, "layers[0].newActivation: expected an object, got 3"],
    [0, "hiddenSize", "3", 'layers[0].hiddenSize: expected a positive whole number, got "3"'],
    [1, "outputSize", 4.5, "layers[1].outputSize: expected a positive whole number, got 4.5"],
  ];
  for (const [layer, field, value, message] of fields) {
    it(`is refused for ${field} ${JSON.stringify(value)}`, async () => {
      await expectRefused(({ description }) => (description.layers[layer]![field] = value), "bad-file", message);
    });
  }

  it("is refused for a layer that is not an object", async () => {
    await expectRefused(
      ({ description }) => (description.layers[1] = [] as never),
      "bad-file",
      "layers[1]: expected an object, got []",
    );
  });

  it("is refused for layers that are not a list", async () => {
    await expectRefused(
      ({ description }) => (description.layers = {} as never),
      "bad-file",
      "description.layers: expected a list, got {}",
    );
  });

  it("is refused for a list of no layers", async () => {
    await expectRefused(
      ({ description }) => (description.layers = []),
      "unsupported",
      "network: expected at least one layer, got none",
    );
  });

  it("is refused for a version that is not 1", async () => {
    await expectRefused(
      ({ description }) => (description.version = 2),
      "unsupported",
      "description: expected version 1, got 2; update webgru",
    );
  });

  it("is refused for outputs that are not a list of names", async () => {
    await expectRefused(
      ({ description }) => (description.outputs = "head"),
      "bad-file",
      'description.outputs: expected a list of layer names, got "head"',
    );
  });

  it("is refused for an output that no layer gives", async () => {
    await expectRefused(
      ({ description }) => (description.outputs = ["head", "tail"]),
      "unsupported",
      'outputs: expected names of layers, each once, got ["head","tail"]',
    );
  });

  it("is refused for a vocabulary that is not a list of strings", async () => {
    await expectRefused(
      ({ description }) => (description.vocabulary = ["a", 1]),
      "bad-file",
      'description.vocabulary: expected a list of strings, got ["a",1]',
    );
  });

  it("is refused for a vocabulary of another length than its output", async () => {
    await expectRefused(
      ({ description }) => (description.vocabulary = ["a", "b", "c"]),
      "shape-mismatch",
      "vocabulary: expected 4 strings, one for each output, got 3",
    );
  });

  it("is refused for a description that is not JSON", async () => {
    const file = safetensorsFile({ tensors: [], metadata: { webgru: "{layers" } });
    await expectRefusal(() => parse(file), "bad-file", /^description: expected JSON, got SyntaxError/);
  });

  it("is refused for a description that is not an object", async () => {
    const file = safetensorsFile({ tensors: [], metadata: { webgru: "null" } });
    await expectRefusal(() => parse(file), "bad-file", "description: expected an object, got null");
  });

  it("is refused for a caller's description that is none", async () => {
    const description = { layers: "gru" } as never as NetworkDescription;
    await expectRefusal(
      () => parse(modelFile(small), description),
      "bad-file",
      'description.layers: expected a list, got "gru"',
    );
  });

  it("is refused when it is another kind of file, by the bytes it begins with", async () => {
    const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 8, 0);
    await expectRefusal(
      () => parseModel(zip),
      "bad-file",
      /^model: expected a model file, got a zip archive that begins with ""; unpack it/,
    );
  });

  it("is refused when it is empty", async () => {
    await expectRefusal(
      () => parseModel(new Uint8Array()),
      "bad-file",
      /^model: expected a model file, got an empty file$/,
    );
  });
});

function parse(bytes: Uint8Array, description?: NetworkDescription): Network {
  return parseModelFile(parseSafetensors(bytes), description)!;
}

function changed(change: (parts: ModelFileParts) => unknown): Uint8Array {
  return modelFile(small, change);
}

async function expectRefused(
  change: (parts: ModelFileParts) => unknown,
  code: Parameters<typeof expectRefusal>[1],
  message: string | RegExp,
): Promise<void> {
  await expectRefusal(() => parse(changed(change)), code, message);
}
