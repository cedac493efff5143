import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { parseModel } from "../../src/load/parseModel.js";
import type { DenseLayer } from "../../src/layers/dense.js";
import type { GruLayer } from "../../src/layers/gru.js";
import { layerType } from "../../src/layers/index.js";
import { randomDense, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";
import { safetensorsFile } from "../files/safetensorsFile.js";
import {
  cellShapes,
  gruShapes,
  linearShapes,
  type StateDict,
  stateDictFile,
  stateDictTensors,
} from "../files/stateDictFile.js";

describe("a PyTorch state_dict", () => {
  const prefixes: [prefix: string, layerName: string][] = [
    ["", "l0"],
    ["gru.", "gru.l0"],
    ["model.encoder.rnn.", "model.encoder.rnn.l0"],
    ["net.0.", "net.0.l0"],
    ["module.gru.", "gru.l0"],
    ["module._orig_mod.gru.", "gru.l0"],
    ["modules.0.", "modules.0.l0"],
  ];
  for (const [prefix, layerName] of prefixes) {
    it(`has the layer "${layerName}" in an nn.GRU under the prefix "${prefix}"`, () => {
      const shapes = gruShapes(prefix, 4, 5);
      const tensors = stateDictTensors(shapes);
      expect(parseTorch(safetensorsFile({ tensors })).layers).toMatchObject([
        {
          type: "gru",
          name: layerName,
          inputs: ["input"],
          inputSize: 4,
          hiddenSize: 5,
          resetAfter: true,
          weight: tensors.get(`${prefix}weight_ih_l0`)!.values,
          recurrentWeight: tensors.get(`${prefix}weight_hh_l0`)!.values,
          bias: tensors.get(`${prefix}bias_ih_l0`)!.values,
          recurrentBias: tensors.get(`${prefix}bias_hh_l0`)!.values,
        },
      ]);
    });
  }

  for (const [prefix, layerName] of [
    ["", "gru"],
    ["cell.", "cell"],
    ["net.0.", "net.0"],
  ] as const) {
    it(`has the layer "${layerName}" in an nn.GRUCell under the prefix "${prefix}"`, () => {
      const tensors = stateDictTensors(cellShapes(prefix, 2, 3));
      expect(parseTorch(safetensorsFile({ tensors })).layers).toMatchObject([
        {
          type: "gru",
          name: layerName,
          weight: tensors.get(`${prefix}weight_ih`)!.values,
          recurrentWeight: tensors.get(`${prefix}weight_hh`)!.values,
          bias: tensors.get(`${prefix}bias_ih`)!.values,
          recurrentBias: tensors.get(`${prefix}bias_hh`)!.values,
        },
      ]);
    });
  }

  it("has an LSTM where weight_hh has four times as many rows as columns, and an RNN where it has as many", () => {
    const shapes = {
      "a.weight_ih_l0": [20, 4],
      "a.weight_hh_l0": [20, 5],
      "b.weight_ih": [6, 5],
      "b.weight_hh": [6, 6],
    };
    const tensors = stateDictTensors(shapes);
    const { layers, notes } = parseTorch(safetensorsFile({ tensors }));
    expect(layers).toMatchObject([
      { type: "lstm", name: "a.l0", hiddenSize: 5, recurrentWeight: tensors.get("a.weight_hh_l0")!.values },
      {
        type: "rnn",
        name: "b",
        inputs: ["a.l0"],
        activation: { name: "tanh" },
        weight: tensors.get("b.weight_ih")!.values,
      },
    ]);
    expect(notes).toEqual([
      '"b" is taken to have tanh, as nn.RNN has it by default: a state_dict does not name its nonlinearity; if it is relu, pass a description in which "b" has "activation": "relu".',
      'Inferred from the names and shapes of a PyTorch state_dict: LSTM "a.l0" 4 -> 5 (forward, no bias), then RNN "b" 5 -> 6 (forward, tanh, no bias).',
      "Several recurrent modules are taken in the only order that their sizes allow; if they are wired otherwise, pass a description.",
    ]);
  });

  it.each([
    [4, "lstm"],
    [1, "rnn"],
  ])("names a cell of %i gates without a path %s", (gates, name) => {
    const file = stateDictFile({ weight_ih: [gates * 3, 2], weight_hh: [gates * 3, 3], bias_hh: [gates * 3] });
    expect(parseTorch(file).layers).toMatchObject([{ type: name, name, bias: null }]);
  });

  it("may have no biases", () => {
    const { layers } = parseTorch(stateDictFile(gruShapes("gru.", 4, 5, { hasBias: false })));
    expect(layers).toMatchObject([{ bias: null, recurrentBias: null }]);
  });

  it("chains three layers", () => {
    expect(wiring(gruShapes("gru.", 4, 5, { numLayers: 3 }))).toEqual([
      ["gru.l0", ["input"], 4],
      ["gru.l1", ["gru.l0"], 5],
      ["gru.l2", ["gru.l1"], 5],
    ]);
  });

  it("joins the two directions of a bidirectional layer, forward first", () => {
    const shapes = gruShapes("gru.", 4, 5);
    const reverse = Object.entries(shapes).map(([name, shape]) => [`${name}_reverse`, shape] as const);
    const tensors = stateDictTensors({ ...shapes, ...Object.fromEntries(reverse), ...linearShapes("head", 10, 2) });
    const both = (name: string) =>
      Float32Array.of(...tensors.get(`gru.${name}`)!.values, ...tensors.get(`gru.${name}_reverse`)!.values);
    expect(parseTorch(safetensorsFile({ tensors })).layers).toMatchObject([
      {
        direction: "bidirectional",
        inputSize: 4,
        hiddenSize: 5,
        weight: both("weight_ih_l0"),
        recurrentWeight: both("weight_hh_l0"),
        bias: both("bias_ih_l0"),
        recurrentBias: both("bias_hh_l0"),
      },
      { name: "head", inputSize: 10 },
    ]);
  });

  it("puts l10 after l9, whatever the order in the file", () => {
    const shapes = Object.entries(gruShapes("", 2, 3, { numLayers: 12 })).sort(([a], [b]) => (a < b ? -1 : 1));
    const names = wiring(Object.fromEntries(shapes)).map(([name]) => name);
    expect(names).toEqual(Array.from({ length: 12 }, (_, i) => `l${i}`));
  });

  it("chains an embedding, GRU layers and a linear layer", () => {
    const shapes = {
      ...linearShapes("head", 5, 11),
      "embedding.weight": [11, 4],
      ...gruShapes("gru.", 4, 5, { numLayers: 2 }),
    };
    const network = parseTorch(stateDictFile(shapes));
    expect(network).toMatchObject({ inputType: "indices", inputSize: 1 });
    expect(network.layers).toMatchObject([
      { type: "embedding", name: "embedding", inputs: ["input"], numEmbeddings: 11, embeddingSize: 4 },
      { type: "gru", name: "gru.l0", inputs: ["embedding"] },
      { type: "gru", name: "gru.l1", inputs: ["gru.l0"] },
      { type: "dense", name: "head", inputs: ["gru.l1"], outputSize: 11 },
    ]);
  });

  it("gives a linear layer no activation", () => {
    const file = stateDictFile({ ...gruShapes("gru.", 4, 5), ...linearShapes("head", 5, 3) });
    const linear = randomDense("linear", ["input"], [1, 1], "linear", uniform(1));
    expect(parseTorch(file).layers[1]).toMatchObject({
      activation: (defineNetwork({ layers: [linear] }).layers[0] as DenseLayer).activation,
    });
  });

  it("tells an embedding from a linear layer by its name where the sizes are the same", () => {
    const shapes = { "emb.weight": [7, 5], ...gruShapes("gru.", 5, 5), "out.weight": [7, 5] };
    expect(parseTorch(stateDictFile(shapes)).layers.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "embedding emb",
      "gru gru.l0",
      "dense out",
    ]);
  });

  it("tells an embedding of any name from a linear layer by its sizes", () => {
    const shapes = { "lookup.weight": [7, 4], ...gruShapes("gru.", 4, 5), "out.weight": [7, 5] };
    expect(parseTorch(stateDictFile(shapes)).layers.map(({ type }) => type)).toEqual(["embedding", "gru", "dense"]);
  });

  it("says what it inferred in the network's notes", () => {
    const shapes = {
      "embedding.weight": [11, 4],
      ...gruShapes("gru.", 4, 5, { hasBias: false }),
      ...linearShapes("head", 5, 11),
    };
    expect(parseTorch(stateDictFile(shapes)).notes).toEqual([
      'Inferred from the names and shapes of a PyTorch state_dict: embedding "embedding" 11 x 4, then GRU "gru.l0" ' +
        '4 -> 5 (forward, reset-after, as PyTorch\'s always is, no bias), then linear "head" 5 -> 11 (no activation: a ' +
        "state_dict names none).",
    ]);
  });

  it("notes a wrapper's prefix that it leaves out", () => {
    const { notes } = parseTorch(stateDictFile(gruShapes("module.gru.", 4, 5)));
    expect(notes[0]).toBe('The prefix "module." of every name is left out.');
  });

  it("keeps a prefix that not every name has", () => {
    const shapes = { ...gruShapes("module.gru.", 4, 5), ...linearShapes("head", 5, 2) };
    expect(wiring(shapes).map(([name]) => name)).toEqual(["module.gru.l0", "head"]);
  });

  it("takes a description by the names inside a wrapper, and by those outside", () => {
    const file = stateDictFile(gruShapes("module.gru.", 4, 5));
    for (const name of ["gru.l0", "module.gru.l0"]) {
      const description: NetworkDescription = { layers: [{ type: "gru", name, inputSize: 4, hiddenSize: 5 }] };
      expect(parseTorch(file, description).layers).toMatchObject([{ name }]);
    }
  });

  it("chains GRU modules in the only order that their sizes allow, and says so", () => {
    const shapes = {
      ...gruShapes("a.", 6, 7),
      ...gruShapes("b.", 4, 6, { numLayers: 2 }),
      ...linearShapes("head", 7, 3),
    };
    expect(wiring(shapes)).toEqual([
      ["b.l0", ["input"], 4],
      ["b.l1", ["b.l0"], 6],
      ["a.l0", ["b.l1"], 6],
      ["head", ["a.l0"], 7],
    ]);
    expect(parseTorch(stateDictFile(shapes)).notes[1]).toBe(
      "Several GRU modules are taken in the only order that their sizes allow; if they are wired otherwise, pass a description.",
    );
  });

  it("chains GRU modules by their numbers where sizes allow several orders, and says so", () => {
    const cells = [10, 2, 1].map((number) => cellShapes(`cell${number}.`, 5, 5));
    const file = stateDictFile(Object.assign({}, ...cells) as StateDict);
    const { layers, notes } = parseTorch(file);
    expect(layers.map(({ name }) => name)).toEqual(["cell1", "cell2", "cell10"]);
    expect(notes[1]).toMatch(/^Several GRU modules are taken in the order of their numbers;/);
  });

  it("obeys the caller's description, with the notes of no inference", () => {
    const description: NetworkDescription = {
      layers: [
        { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 5 },
        { type: "dense", name: "a", inputSize: 5, outputSize: 5, activation: "relu" },
        { type: "dense", name: "b", inputs: ["gru.l0"], inputSize: 5, outputSize: 5 },
      ],
    };
    const shapes = { ...gruShapes("gru.", 4, 5), ...linearShapes("a", 5, 5), ...linearShapes("b", 5, 5) };
    const network = parseTorch(stateDictFile(shapes), description);
    expect(network.layers.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["gru.l0", ["input"]],
      ["a", ["gru.l0"]],
      ["b", ["gru.l0"]],
    ]);
    expect(network.notes).toEqual([]);
  });

  it("gives the layers of two modules to the caller's description, under their own names", () => {
    const description: NetworkDescription = {
      layers: [
        { type: "gru", name: "enc.l0", inputSize: 4, hiddenSize: 5 },
        { type: "gru", name: "dec", inputSize: 5, hiddenSize: 2 },
      ],
    };
    const file = stateDictFile({ ...cellShapes("dec.", 5, 2), ...gruShapes("enc.", 4, 5) });
    expect((parseTorch(file, description).layers as GruLayer[]).map(({ hiddenSize }) => hiddenSize)).toEqual([5, 2]);
  });
});

describe("a PyTorch state_dict with whole numbers", () => {
  const layer = { type: "gru", name: "gru.l0", inputSize: 4, hiddenSize: 5 } as const;

  it("is read without BatchNorm's counts, and notes it", async () => {
    const bytes = withWhole("norm.num_batches_tracked");
    for (const network of [parseTorch(bytes), await parseModel(bytes)]) {
      expect(network).toMatchObject({
        inputSize: 4,
        notes: ["Whole numbers, left out: norm.num_batches_tracked.", expect.any(String)],
      });
    }
  });

  it("is read without any of them where a description says which layers there are", () => {
    expect(parseTorch(withWhole("places"), { layers: [layer] }).notes).toEqual(["Whole numbers, left out: places."]);
  });

  it("is refused where nobody says what others are", async () => {
    const message =
      'safetensors: tensor "places": expected numbers of dtype F32, F16, BF16, F64 or I8, got whole numbers';
    await expectRefusal(() => parseTorch(withWhole("places")), "unsupported", message);
  });
});

describe("a PyTorch state_dict that could be several networks, or none", () => {
  it("is refused for two linear layers of the same input", async () => {
    await expectRefused(
      { ...gruShapes("gru.", 4, 5), ...linearShapes("mean", 5, 2), ...linearShapes("variance", 5, 2) },
      /^state_dict: expected .* got linear layers, mean \[2, 5\], variance \[2, 5\], whose sizes leave no order or several; pass a description/,
    );
  });

  it("is refused for a linear layer that nothing fits", async () => {
    await expectRefused(
      { ...gruShapes("gru.", 4, 5), ...linearShapes("first", 5, 6), ...linearShapes("lost", 7, 2) },
      /got linear layers, first \[6, 5\], lost \[2, 7\], whose sizes leave no order or several; pass a description/,
    );
  });

  it("is refused for two embeddings", async () => {
    await expectRefused(
      { "word.weight": [9, 4], "place.weight": [8, 4], ...gruShapes("gru.", 4, 5) },
      /got several embeddings, word \[9, 4\], place \[8, 4\]; pass a description/,
    );
  });

  it("is refused for two GRU modules", async () => {
    await expectRefused(
      { ...gruShapes("encoder.", 4, 5), ...gruShapes("decoder.", 4, 5) },
      modules("decoder, encoder"),
    );
  });

  it("is refused for GRU modules whose sizes and names allow several orders", async () => {
    await expectRefused({ ...gruShapes("left.", 4, 4), ...gruShapes("right.", 4, 4) }, modules("left, right"));
  });

  it("is refused for an encoder and a decoder, which begins with the other's state and does not read it", async () => {
    const shapes = { ...gruShapes("encoder.rnn.", 4, 5), ...gruShapes("decoder.rnn.", 5, 6) };
    await expectRefused(shapes, modules("decoder.rnn, encoder.rnn"));
  });

  it("is refused for more GRU modules than orders can be tried of", async () => {
    const shapes = Array.from({ length: 7 }, (_, i) => cellShapes(`cells.${i}.`, i + 1, i + 2));
    const names = shapes.map((_, i) => `cells.${i}`).join(", ");
    await expectRefused(Object.assign({}, ...shapes) as StateDict, modules(names));
  });

  it.each(["gn", "norm.group_norm", "instance_norm", "batch_norm", "3"])(
    "is refused for %s, which need not be a LayerNorm",
    async (name) => {
      await expectRefused(
        { ...gruShapes("gru.", 4, 5), [`${name}.weight`]: [5], [`${name}.bias`]: [5], ...linearShapes("head", 5, 2) },
        others(`${name}\\.weight, ${name}\\.bias`),
      );
    },
  );

  it("leaves out what belongs to the loss by its name, and notes it", () => {
    const shapes = { ...gruShapes("model.gru.", 4, 5), "criterion.weight": [3], "model.loss_fn.scale": [1] };
    const { layers, notes } = parseTorch(stateDictFile(shapes));
    expect(layers.map(({ name }) => name)).toEqual(["model.gru.l0"]);
    expect(notes[0]).toBe(
      "Left out, as parts of the loss or a metric by their names: criterion.weight, model.loss_fn.scale.",
    );
  });

  it("is refused for hundreds of other tensors by the modules that they belong to", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `model.${i < 200 ? "conv" : `block${i % 9}`}.${i}.weight`);
    await expectRefused(
      { ...gruShapes("model.gru.", 4, 5), ...Object.fromEntries(names.map((name) => [name, [1, 1, 1]])) },
      others(
        "model\\.conv\\.\\* \\(200\\), model\\.block2\\.\\* \\(12\\), model\\.block3\\.\\* \\(11\\), " +
          "model\\.block4\\.\\* \\(11\\), model\\.block5\\.\\* \\(11\\), model\\.block6\\.\\* \\(11\\), 4 more",
      ),
    );
  });

  it("is refused for a convolution", async () => {
    await expectRefused(
      { "conv.weight": [4, 1, 3], "conv.bias": [4], ...gruShapes("gru.", 4, 5) },
      others("conv\\.weight, conv\\.bias"),
    );
  });

  it("is refused for a cell of another number of gates", async () => {
    await expectRefused(
      { "sru.weight_ih_l0": [10, 4], "sru.weight_hh_l0": [10, 5] },
      "sru.l0.recurrentWeight: expected the shape [3H, H] of a GRU, [4H, H] of an LSTM or [H, H] of an RNN, got [10, 5]",
    );
  });

  it("is refused for an LSTM with proj_size", async () => {
    await expectRefused(
      { "lstm.weight_ih_l0": [20, 4], "lstm.weight_hh_l0": [20, 2], "lstm.weight_hr_l0": [2, 5] },
      "lstm.l0: expected an LSTM without proj_size, got one with weight_hr",
    );
  });

  it("is refused without a GRU", async () => {
    await expectRefused(
      linearShapes("head", 5, 2),
      "state_dict: expected tensors of a GRU, an LSTM or an RNN, such as weight_ih_l0, got [head.weight, head.bias]",
    );
  });

  it("is refused for a recurrent weight without the other one", async () => {
    const file = stateDictFile({ "gru.weight_hh_l0": [15, 5] });
    await expectRefusal(() => parseTorch(file), "bad-file", "gru.l0: expected weight_ih beside weight_hh, got none");
  });

  it("is refused for a reverse direction without one of its tensors", async () => {
    const file = stateDictFile({ ...gruShapes("gru.", 4, 5), "gru.weight_ih_l0_reverse": [15, 4] });
    await expectRefusal(
      () => parseTorch(file),
      "bad-file",
      "gru.weight_hh_l0_reverse: expected shape [15, 5], got none",
    );
  });

  it("is refused for a weight of the wrong height", async () => {
    const file = stateDictFile({ ...gruShapes("gru.", 4, 5), "gru.weight_ih_l0": [12, 4] });
    await expectRefusal(() => parseTorch(file), "shape-mismatch", "gru.l0.weight: expected shape [15, 4], got [12, 4]");
  });

  it("is refused for a layer that does not read the one before", async () => {
    const shapes = { ...gruShapes("gru.", 4, 5, { numLayers: 2 }), "gru.weight_ih_l1": [15, 6] };
    await expectRefusal(
      () => parseTorch(stateDictFile(shapes)),
      "shape-mismatch",
      'layer "gru.l1": expected inputSize 5, the size of [gru.l0], got 6',
    );
  });
});

/** Name, inputs and input size of each layer inferred. */
function wiring(shapes: StateDict) {
  return parseTorch(stateDictFile(shapes)).layers.map((layer) => [
    layer.name,
    layer.inputs,
    layerType(layer).inputSize(layer),
  ]);
}

function modules(names: string): RegExp {
  return RegExp(
    `^state_dict: expected one GRU module, or several that each read the one before, got ${names}; pass a description`,
  );
}

async function expectRefused(shapes: StateDict, message: string | RegExp): Promise<void> {
  await expectRefusal(() => parseTorch(stateDictFile(shapes)), "unsupported", message);
}

/** The refusal for tensors of other layers, with a description without them. */
function others(names: string): RegExp {
  return RegExp(
    `^state_dict: expected embedding, GRU, linear and normalisation layers only, got others too, which the one below leaves out: ${names}; ` +
      `pass a description that says how they are wired, this one, if it is right:\n\\{"version":1,"layers":\\[\n\\{"type":"gru"`,
  );
}

/** A GRU, and a whole number of that name. */
function withWhole(name: string): Uint8Array {
  const whole = { dtype: "I64", shape: [1], values: BigInt64Array.of(3n) };
  return safetensorsFile({ tensors: [...stateDictTensors(gruShapes("gru.", 4, 5)), [name, whole]] });
}
