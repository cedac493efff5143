import { describe, expect, it } from "vitest";
import type { GruErrorCode } from "../../src/errors.js";
import { defineNetwork, type NetworkParts } from "../../src/model/defineNetwork.js";
import { numParameters, stateLength } from "../../src/model/network.js";
import { randomDense, randomEmbedding, randomGru, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const next = uniform(20);

describe("defineNetwork", () => {
  it("takes the input's size from a layer that reads nothing else", () => {
    expect(defineNetwork({ layers: [gru("a", ["input"], 2, 3)] })).toMatchObject({
      inputType: "features",
      inputSize: 2,
      vocabulary: null,
      notes: [],
    });
  });

  it("takes the input's size from what a concatenation leaves for it", () => {
    const layers = [gru("a", ["input"], 2, 3), dense("b", ["a", "input"], 5, 4)];
    expect(defineNetwork({ layers }).inputSize).toBe(2);
  });

  it("takes indices where embeddings read the input", () => {
    const layers = [embedding("a"), embedding("b"), gru("c", ["a", "b"], 8, 3)];
    expect(defineNetwork({ layers })).toMatchObject({ inputType: "indices", inputSize: 1 });
  });

  it("keeps the vocabulary and the notes", () => {
    const parts = { layers: [gru("a", ["input"], 2, 3)], vocabulary: ["x", "y", "z"], notes: ["a note"] };
    expect(defineNetwork(parts)).toMatchObject({ vocabulary: ["x", "y", "z"], notes: ["a note"] });
  });

  it("counts parameters and the elements of a state", () => {
    const { bias: _, ...rest } = gru("b", ["a"], 4, 2);
    const network = defineNetwork({ layers: [embedding("a"), { ...rest, bias: null }, dense("c", ["b"], 2, 3)] });
    expect(numParameters(network)).toBe(7 * 4 + (6 * 4 + 6 * 2 + 6) + (3 * 2 + 3));
    expect(stateLength(network, 5)).toBe(10);
  });
});

describe("defineNetwork, given less than all", () => {
  it("fills in what a GRU and a dense layer leave out", () => {
    const { weight, recurrentWeight } = gru("a", ["input"], 2, 3);
    const layers = [
      { type: "gru", name: "a", inputSize: 2, hiddenSize: 3, weight, recurrentWeight },
      { type: "dense", name: "b", inputSize: 3, outputSize: 1, weight: new Float32Array(3) },
    ] as const;
    const network = defineNetwork({ layers });
    expect(network.outputs).toEqual(["b"]);
    expect(network.layers).toMatchObject([
      { inputs: ["input"], direction: "forward", resetAfter: true, clip: null, bias: null },
      { inputs: ["a"], storage: "f32", bias: null },
    ]);
    const activations = { gateActivation: { name: "sigmoid" }, newActivation: { name: "tanh" } };
    expect(network.layers[0]).toMatchObject(activations);
  });
});

describe("defineNetwork, given what makes no network", () => {
  refuses("a list of no layers", { layers: [] }, "unsupported", "network: expected at least one layer, got none");

  for (const name of ["", "input"]) {
    refuses(
      `the layer name "${name}"`,
      { layers: [gru(name, ["input"], 2, 3)] },
      "unsupported",
      `layer name: expected one other than "" and "input", got the string "${name}"`,
    );
  }

  refuses(
    "a name used twice",
    { layers: [gru("a", ["input"], 2, 3), gru("a", ["a"], 3, 3)] },
    "unsupported",
    'layer "a": another layer has the same name',
  );

  refuses(
    "a layer that reads one after it",
    { layers: [gru("a", ["b"], 2, 3), gru("b", ["input"], 2, 2)] },
    "unsupported",
    'layer "a": expected input "b" among the layers before it, got none',
  );

  refuses(
    "a layer that reads itself",
    { layers: [gru("a", ["input", "a"], 5, 3)] },
    "unsupported",
    'layer "a": expected input "a" among the layers before it, got none',
  );

  refuses(
    "a layer that reads nothing",
    { layers: [gru("a", [], 2, 3)] },
    "unsupported",
    'layer "a": expected inputs to be earlier layers, and "input" at most once, got []',
  );

  refuses(
    "a layer that reads the input twice",
    { layers: [gru("a", ["input", "input"], 4, 3)] },
    "unsupported",
    'layer "a": expected inputs to be earlier layers, and "input" at most once, got ["input","input"]',
  );

  refuses(
    "an embedding of another layer",
    { layers: [gru("a", ["input"], 2, 3), { ...embedding("b"), inputs: ["a"] }] },
    "unsupported",
    'layer "b": expected inputs to be ["input"], got ["a"]',
  );

  refuses(
    "an input that is indices for one layer and features for another",
    { layers: [embedding("a"), gru("b", ["a", "input"], 5, 3)] },
    "unsupported",
    'layer "b": expected a type that reads indices, since "input" holds them, got gru',
  );

  refuses(
    "the last cell of a layer without one",
    { layers: [gru("a", ["input"], 2, 3), { type: "last", name: "b", inputs: ["a"], inputSize: 3, block: "c" }] },
    "unsupported",
    'layer "b": expected inputs to be one layer with a state "c", got ["a"]',
  );

  refuses(
    "the last cell of the input",
    { layers: [{ type: "last", name: "b", inputs: ["input"], inputSize: 3, block: "c" }] },
    "unsupported",
    'layer "b": expected inputs to be one layer with a state "c", got ["input"]',
  );

  refuses(
    "an inputSize that is not the size of what it reads",
    { layers: [gru("a", ["input"], 2, 3), dense("b", ["a"], 4, 1)] },
    "shape-mismatch",
    'layer "b": expected inputSize 3, the size of [a], got 4',
  );

  refuses(
    "an inputSize that is not the size of a concatenation",
    { layers: [gru("a", ["input"], 2, 3), dense("b", ["a", "input", "a"], 7, 1)] },
    "shape-mismatch",
    'layer "b": expected inputSize 8, the size of [a, input, a], got 7',
  );

  refuses(
    "two sizes of the input",
    { layers: [gru("a", ["input"], 2, 3), dense("b", ["input"], 4, 1)] },
    "shape-mismatch",
    'layer "b": expected inputSize 2, the size of [input], got 4',
  );

  for (const size of [0, -3, 1.5, NaN]) {
    refuses(
      `a hiddenSize of ${size}`,
      { layers: [{ ...gru("a", ["input"], 2, 3), hiddenSize: size }] },
      "shape-mismatch",
      `layer "a": expected hiddenSize to be a positive whole number, got ${size}`,
    );
  }

  const sizes = [
    ["embeddingSize", { ...embedding("a"), embeddingSize: 0 }],
    ["inputSize", { ...gru("a", ["input"], 2, 3), inputSize: 0 }],
    ["inputSize", { ...dense("a", ["input"], 2, 3), inputSize: 0 }],
    ["outputSize", { ...dense("a", ["input"], 2, 3), outputSize: 0 }],
  ] as const;
  for (const [field, layer] of sizes) {
    refuses(
      `an ${field} of 0 in a layer of type ${layer.type}`,
      { layers: [layer] },
      "shape-mismatch",
      `layer "a": expected ${field} to be a positive whole number, got 0`,
    );
  }

  const tensors = [
    ["weight", "[9, 2], 18 elements", { ...gru("a", ["input"], 2, 3), weight: new Float32Array(17) }],
    ["recurrentWeight", "[9, 3], 27 elements", { ...gru("a", ["input"], 2, 3), recurrentWeight: new Float32Array(17) }],
    ["bias", "[9], 9 elements", { ...gru("a", ["input"], 2, 3), bias: new Float32Array(17) }],
    ["recurrentBias", "[9], 9 elements", { ...gru("a", ["input"], 2, 3), recurrentBias: new Float32Array(17) }],
    ["weight", "[3, 2], 6 elements", { ...dense("a", ["input"], 2, 3), weight: new Float32Array(17) }],
    ["bias", "[3], 3 elements", { ...dense("a", ["input"], 2, 3), bias: new Float32Array(17) }],
    ["weight", "[7, 4], 28 elements", { ...embedding("a"), weight: new Float32Array(17) }],
  ] as const;
  for (const [tensor, expected, layer] of tensors) {
    refuses(
      `a ${tensor} of the wrong length in a layer of type ${layer.type}`,
      { layers: [layer] },
      "shape-mismatch",
      `a.${tensor}: expected shape ${expected}, got 17`,
    );
  }

  for (const value of [NaN, Infinity, -Infinity]) {
    refuses(
      `a weight that is ${value}`,
      { layers: [{ ...gru("a", ["input"], 2, 3), recurrentBias: new Float32Array(9).fill(value, 4, 5) }] },
      "bad-file",
      `a.recurrentBias: expected finite weights, got ${value} at element 4`,
    );
  }

  for (const outputs of [[], ["b"], ["a", "a"], ["input"]]) {
    refuses(
      `the outputs ${JSON.stringify(outputs)}`,
      { layers: [gru("a", ["input"], 2, 3)], outputs },
      "unsupported",
      `outputs: expected names of layers, each once, got ${JSON.stringify(outputs)}`,
    );
  }

  refuses(
    "a GRU of one row, which is no sequence",
    { layers: [{ ...gru("a", ["input"], 2, 3), returnSequences: false }, gru("b", ["a"], 3, 3)] },
    "unsupported",
    'layer "b": expected every input to be a sequence, got "a", which gives only its last step',
  );

  refuses(
    "a sequence joined to one row",
    { layers: [{ ...gru("a", ["input"], 2, 3), returnSequences: false }, dense("b", ["input", "a"], 5, 1)] },
    "unsupported",
    'layer "b": expected every input to be a sequence, got "a", which gives only its last step',
  );

  refuses(
    "a bidirectional layer with the weights of one direction",
    { layers: [{ ...gru("a", ["input"], 2, 3), direction: "bidirectional" }] },
    "shape-mismatch",
    "a.weight: expected shape [2, 9, 2], 36 elements, got 18",
  );

  refuses(
    "a vocabulary of another length than the output",
    { layers: [gru("a", ["input"], 2, 3)], vocabulary: ["x", "y"] },
    "shape-mismatch",
    "vocabulary: expected 3 strings, one for each output, got 2",
  );
});

function refuses(what: string, parts: NetworkParts, code: GruErrorCode, message: string): void {
  it(`refuses ${what}`, async () => {
    await expectRefusal(() => defineNetwork(parts), code, message);
  });
}

function gru(name: string, inputs: string[], inputSize: number, hiddenSize: number) {
  return randomGru(name, inputs, { inputSize, hiddenSize }, next);
}

function dense(name: string, inputs: string[], inputSize: number, outputSize: number) {
  return randomDense(name, inputs, [inputSize, outputSize], "linear", next);
}

function embedding(name: string) {
  return randomEmbedding(name, [7, 4], next);
}

describe("a network's storage", () => {
  const head = { type: "dense", name: "head", inputSize: 1, outputSize: 1, weight: Float32Array.of(0.5) } as const;
  const scale = Float32Array.of(0.5);

  it("is refused where a scale is missing, or there for weights that have none", async () => {
    const int8 = "head.weightScale: expected a scale for each row of int8 weights, got none";
    await expectRefusal(() => defineNetwork({ layers: [{ ...head, storage: "int8" }] }), "bad-file", int8);
    const f32 = "head.weightScale: expected no scale for f32 weights, got one";
    await expectRefusal(() => defineNetwork({ layers: [{ ...head, weightScale: scale }] }), "bad-file", f32);
  });

  it("is refused where it cannot hold the weights", async () => {
    const weight = Float32Array.of(0.1);
    const message = `head.weight: expected weights that f16 can hold, got ${weight[0]} at element 0; option dtype converts them`;
    await expectRefusal(() => defineNetwork({ layers: [{ ...head, weight, storage: "f16" }] }), "bad-file", message);
  });
});
