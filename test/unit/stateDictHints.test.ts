// State_dicts that hint at something that they do not hold.

import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { networkFromStateDict, parseTorch } from "../../src/formats/torch/parseTorch.js";
import type { GruError } from "../../src/errors.js";
import type { Network } from "../../src/model/network.js";
import { runReference } from "../harness/reference/runReference.js";
import { npzFile } from "../files/npzFile.js";
import { parseModel } from "../../src/load/parseModel.js";
import { ptStateDict } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";
import { gruShapes, linearShapes, type StateDict, stateDictFile, stateDictTensors } from "../files/stateDictFile.js";

/** A .pt file, whose order is the module's. */
const pt = (shapes: StateDict) => ptStateDict(stateDictTensors(shapes));
const gru = gruShapes("gru.", 4, 5);

/** The error that asks for a description. */
function refusal(bytes: Uint8Array): GruError {
  try {
    parseTorch(bytes);
  } catch (error) {
    return error as GruError;
  }
  return expect.fail("it loads");
}

/** The description that an error carries: the same in its message and in its cause. */
function carried(error: GruError): NetworkDescription {
  const json: unknown = JSON.parse(error.message.slice(error.message.indexOf("\n")));
  expect(error.cause).toEqual({ description: json });
  return json as NetworkDescription;
}

const names = ({ layers }: Network | NetworkDescription) => layers.map(({ name }) => name);

describe("a state_dict of two linear layers in a row", () => {
  const shapes = { ...linearShapes("a", 8, 3), ...gru, ...linearShapes("b", 5, 8) };

  it("is refused, for hardly anybody has no activation between them, whatever the container", async () => {
    const message =
      /^state_dict: expected names and an order that tell how it is wired, got linear layers in a row, a \[3, 8\], b \[8, 5\], whose activations are not in the file; pass a description that says how they are wired, this one, with the name of an activation \("linear" for none\) or of a layer in place of each "\?":\n/;
    const npz = npzFile(Object.fromEntries(stateDictTensors(shapes)));
    for (const bytes of [stateDictFile(shapes), pt(shapes), npz]) {
      await expectRefusal(() => parseModel(bytes), "unsupported", message);
    }
  });

  it("carries a description, by sizes, that is to be completed", async () => {
    const description = carried(refusal(stateDictFile(shapes)));
    expect(description).toEqual({
      version: 1,
      layers: [
        { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 5, direction: "forward", resetAfter: true },
        { type: "dense", name: "b", inputs: ["gru.l0"], inputSize: 5, outputSize: 8, activation: "?" },
        { type: "dense", name: "a", inputs: ["b"], inputSize: 8, outputSize: 3, activation: "linear" },
      ],
      outputs: ["a"],
    });
    const as = {
      code: "unsupported",
      message: /^layers\[1\]\.activation: expected one of linear, .*, got "\?"$/,
    } as const;
    await expectRefusal(() => parseTorch(stateDictFile(shapes), description), as.code, as.message);
  });

  it("computes what the completed description says", () => {
    const text = JSON.stringify(carried(refusal(pt(shapes)))).replace('"?"', '"relu"');
    const network = parseTorch(pt(shapes), JSON.parse(text) as NetworkDescription);
    const [, b, a] = network.layers;
    const input = [0.5, -1, 0.25, 0.75];
    const first = { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 5 } as const;
    const hidden = parseTorch(pt(shapes), { layers: [first] });
    const { output: state } = runReference(hidden, { input, batchSize: 1 });
    const product = (layer: typeof a, x: readonly number[]) => {
      const { weight, bias } = layer as { weight: Float32Array; bias: Float32Array };
      return [...bias].map((sum, row) => x.reduce((each, value, i) => each + weight[row * x.length + i]! * value, sum));
    };
    const expected = product(
      a,
      product(b, [...state]).map((value) => Math.max(0, value)),
    );
    const { output } = runReference(network, { input, batchSize: 1 });
    for (const [i, value] of expected.entries()) expect(output[i]).toBeCloseTo(value, 12);
  });

  it("leaves open what a layer reads where sizes do not tell", () => {
    const description = carried(refusal(pt({ ...gru, ...linearShapes("one", 5, 5), ...linearShapes("two", 5, 2) })));
    expect(description.layers.slice(1)).toMatchObject([
      { name: "one", inputs: ["gru.l0"], activation: "?" },
      { name: "two", inputs: ["?"], activation: "linear" },
    ]);
  });

  it("is described as two heads where it cannot be another", () => {
    const description = carried(
      refusal(pt({ ...gru, ...linearShapes("mean", 5, 2), ...linearShapes("variance", 5, 2) })),
    );
    expect(description).toMatchObject({
      layers: [{}, { inputs: ["gru.l0"], activation: "linear" }, { inputs: ["gru.l0"], activation: "linear" }],
      outputs: ["mean", "variance"],
    });
  });
});

describe("a state_dict with a gap in the numbers of a Sequential", () => {
  const gaps: [what: string, shapes: StateDict, gap: RegExp][] = [
    [
      "between linear layers",
      { ...gru, ...linearShapes("fc.1", 5, 4), ...linearShapes("fc.3", 4, 2) },
      /fc\.1 \[4, 5\], fc\.3 \[2, 4\].*; a gap for "fc\.0", "fc\.2", without weights/,
    ],
    ["before a single one", { ...gru, ...linearShapes("head.1", 5, 2) }, /got a gap for "head\.0", without weights/],
    [
      "at the root",
      { ...gruShapes("0.", 4, 5), ...linearShapes("2", 5, 2) },
      /got a gap for "1", without weights: a dropout, which changes nothing here, or an activation; pass a description/,
    ],
    ["deeper", { ...gru, ...linearShapes("net.0.fc.1", 5, 2) }, /got a gap for "net\.0\.fc\.0", without/],
    [
      "between GRU modules",
      { ...gruShapes("rnn.0.", 4, 5), ...gruShapes("rnn.2.", 5, 6) },
      /got a gap for "rnn\.1", without weights/,
    ],
    [
      "of a number that nobody counts to",
      { ...gru, ...linearShapes("fc.999999999", 5, 2) },
      /got a gap for "fc\.0", "fc\.1", "fc\.2",/,
    ],
  ];
  for (const [what, shapes, gap] of gaps) {
    it(`${what} is refused, whatever the container`, async () => {
      for (const bytes of [pt(shapes), stateDictFile(shapes)]) {
        await expectRefusal(() => parseTorch(bytes), "unsupported", gap);
      }
    });
  }

  it("loads as the description that it carries, where that is right", () => {
    const bytes = pt({ ...gru, ...linearShapes("head.1", 5, 2) });
    expect(names(parseTorch(bytes, carried(refusal(bytes))))).toEqual(["gru.l0", "head.1"]);
  });

  it("is none where all numbers are there, whosever they are", () => {
    const shapes = { ...gruShapes("layers.0.", 4, 5), ...linearShapes("layers.1", 5, 2) };
    expect(names(parseTorch(pt(shapes)))).toEqual(["layers.0.l0", "layers.1"]);
  });
});

describe("a state_dict of a linear layer that is named like one before the GRU", () => {
  const square = gruShapes("gru.", 5, 5);

  it("is applied before it where the file's order says so too, with a note at the front", () => {
    for (const name of ["input_proj", "fc_in", "inputLayer", "pre_net", "net.input"]) {
      const { layers, notes } = parseTorch(pt({ ...linearShapes(name, 5, 5), ...square }));
      expect(layers.map(({ name: layer, inputs }) => [layer, inputs])).toEqual([
        [name, ["input"]],
        ["gru.l0", [name]],
      ]);
      expect(notes[0]).toBe(
        `"${name}" is taken to come before the GRU, as its name says, without an activation; if there is one, ` +
          `pass a description in which "${name}" has it.`,
      );
    }
  });

  it("is applied before it without a bias, rather than taken for an embedding by its shape", () => {
    const shapes = { "input_proj.weight": [5, 4], ...square, ...linearShapes("head", 5, 2) };
    expect(parseTorch(pt(shapes)).layers).toMatchObject([
      { type: "dense", inputSize: 4 },
      { type: "gru" },
      { name: "head" },
    ]);
    const same = { "input_proj.weight": [5, 5], ...square, ...linearShapes("head", 5, 2) };
    expect(names(parseTorch(pt(same)))).toEqual(["input_proj", "gru.l0", "head"]);
  });

  it("reads an embedding of its own size", () => {
    const shapes = { "emb.weight": [9, 3], ...linearShapes("input_proj", 3, 5), ...square };
    expect(parseTorch(pt(shapes)).layers).toMatchObject([
      { type: "embedding", embeddingSize: 3 },
      { name: "input_proj", inputs: ["emb"] },
      { name: "gru.l0", inputs: ["input_proj"] },
    ]);
  });

  it("is applied before it in a file without order where it can be nowhere else", () => {
    expect(names(parseTorch(stateDictFile({ ...square, ...linearShapes("input_proj", 3, 5) })))).toEqual([
      "input_proj",
      "gru.l0",
    ]);
  });

  const refused: [what: string, bytes: Uint8Array, message: RegExp][] = [
    [
      "behind the GRU in the file",
      pt({ ...square, ...linearShapes("input_proj", 5, 5) }),
      /got "input_proj", named like a layer before the GRU but after it in the file; pass a description/,
    ],
    [
      "in a file without order",
      stateDictFile({ ...linearShapes("input_proj", 5, 5), ...square }),
      /got "input_proj", named like a layer before the GRU, in a file whose order says nothing; pass a description/,
    ],
    [
      "of other sizes",
      pt({ ...linearShapes("input_proj", 5, 3), ...gru }),
      /got "input_proj", named like a layer before the GRU, which takes 4 inputs and not 3; pass a description/,
    ],
    [
      "twice",
      pt({ ...linearShapes("in1", 5, 5), ...linearShapes("in_2", 5, 5), ...square }),
      /got linear layers in a row, in1 \[5, 5\], in_2 \[5, 5\], whose activations are not in the file; pass a description/,
    ],
    [
      "by the file's order alone",
      pt({ ...linearShapes("fc", 5, 5), ...square }),
      /got "fc", which is before the GRU in the file and not by its name; pass a description/,
    ],
  ];
  for (const [what, bytes, message] of refused) {
    it(`is refused ${what}`, async () => {
      await expectRefusal(() => parseTorch(bytes), "unsupported", message);
    });
  }

  it("obeys the description, wherever it puts it", () => {
    const bytes = pt({ ...square, ...linearShapes("input_proj", 5, 5) });
    expect(names(parseTorch(bytes, carried(refusal(bytes))))).toEqual(["gru.l0", "input_proj"]);
  });
});

describe("a state_dict of several GRU modules", () => {
  it("is refused where its order is not the one that sizes allow", async () => {
    const shapes = { ...gruShapes("a.", 6, 7), ...gruShapes("b.", 4, 6) };
    const message = /got "b" and "a", which are in the other order in the file; pass a description/;
    await expectRefusal(() => parseTorch(pt(shapes)), "unsupported", message);
    expect(names(parseTorch(stateDictFile(shapes)))).toEqual(["b.l0", "a.l0"]);
  });

  it("is refused for a linear layer that the file has between them", async () => {
    const shapes = { ...gruShapes("gru1.", 4, 5), ...linearShapes("fc", 5, 5), ...gruShapes("gru2.", 5, 5) };
    const message = /got "fc", which is between "gru1" and "gru2" in the file; pass a description/;
    await expectRefusal(() => parseTorch(pt(shapes)), "unsupported", message);
  });
});

describe("a state_dict without hints", () => {
  const heads: [what: string, shapes: StateDict, layers: string[]][] = [
    ["a head", { ...gru, ...linearShapes("fc", 5, 2) }, ["gru.l0", "fc"]],
    ["a head that the file has before the GRU", { ...linearShapes("fc", 5, 2), ...gru }, ["gru.l0", "fc"]],
    ["one feature in and out", { ...gruShapes("gru.", 1, 5), ...linearShapes("linear", 5, 1) }, ["gru.l0", "linear"]],
    [
      "PyTorch's word_language_model, of one size",
      { "encoder.weight": [9, 5], ...gruShapes("rnn.", 5, 5), ...linearShapes("decoder", 5, 9) },
      ["encoder", "rnn.l0", "decoder"],
    ],
    [
      "char-rnn",
      { "encoder.weight": [9, 4], ...gru, ...linearShapes("decoder", 5, 9) },
      ["encoder", "gru.l0", "decoder"],
    ],
    [
      "modules under one path",
      { ...gruShapes("input.net.gru.", 4, 5), ...linearShapes("input.net.fc", 5, 2) },
      ["input.net.gru.l0", "input.net.fc"],
    ],
  ];
  for (const [what, shapes, layers] of heads) {
    it(`loads: ${what}`, () => {
      for (const bytes of [pt(shapes), stateDictFile(shapes)]) expect(names(parseTorch(bytes))).toEqual(layers);
    });
  }
});

describe("a bidirectional GRU before a linear layer", () => {
  const reverse = Object.entries(gru).map(([name, shape]) => [`${name}_reverse`, shape] as const);
  const shapes = { ...gru, ...Object.fromEntries(reverse), ...linearShapes("head", 10, 2) };

  it("loads, and notes first that many read its final states", () => {
    const file = ptStateDict(stateDictTensors(shapes), (stateDict) => new Map([["model", stateDict]]));
    expect(parseTorch(file).notes.slice(0, 2)).toEqual([
      '"head" reads every step of a bidirectional GRU. Many authors read its final states instead, cat(h_n[-2], h_n[-1]): ' +
        'if yours did, pass a description in which "gru.l0" has "returnSequences": false.',
      'Read from "model" of a checkpoint.',
    ]);
  });

  it("notes nothing of it without the layer, or with a description", () => {
    const alone = Object.fromEntries(Object.entries(shapes).filter(([name]) => !name.startsWith("head")));
    expect(parseTorch(pt(alone)).notes).toHaveLength(1);
    const layer = { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 5, direction: "bidirectional" } as const;
    expect(parseTorch(pt(alone), { layers: [layer] }).notes).toEqual([]);
  });
});

describe("a state_dict's names that every object has", () => {
  it("are names as any other", () => {
    const shapes = { ...gruShapes("__proto__.", 4, 5), ...linearShapes("constructor", 5, 2) };
    const tensors = new Map(
      Object.entries(shapes).map(([name, shape]) => [name, { shape, storage: "f32" as const, values: values(shape) }]),
    );
    expect(names(networkFromStateDict(tensors))).toEqual(["__proto__.l0", "constructor"]);
    expect(names(parseTorch(pt(shapes)))).toEqual(["__proto__.l0", "constructor"]);
    expect(names(parseTorch(stateDictFile(shapes)))).toEqual(["__proto__.l0", "constructor"]);
  });
});

function values(shape: readonly number[]): Float32Array {
  return new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1);
}
