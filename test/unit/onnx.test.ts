import { gruLayers } from "../harness/gruLayers.js";
import { describe, expect, it } from "vitest";
import { createModel, loadModel, parseModel } from "../../src/index.js";
import { parseOnnx, toRun } from "../../src/entries/onnx.js";
import { runReference } from "../harness/reference/runReference.js";
import { GRU_NODES, GRU_TENSORS, floats, gruFile, ints, onnxFile, type OnnxFile } from "../files/onnxFile.js";
import { expectRefusal } from "../harness/refusal.js";

const T = 4;
const x = Float64Array.from({ length: T * 3 }, (_, i) => Math.sin(i));

/** The main output of a model of the tests' GRU, and nodes after it. */
function run(more: Partial<OnnxFile>, options = {}): Float64Array {
  return runReference(parseOnnx(gruFile(more), options), { input: x, batchSize: 1 }).output;
}

/** Refuses a model for what one node does, or several. */
async function expectIssues(more: Partial<OnnxFile>, ...lines: string[]): Promise<void> {
  const { length } = [...GRU_NODES, ...(more.nodes ?? [])];
  const numIssues = lines.flatMap((line) => line.slice(0, line.indexOf(": ")).split(", ")).length;
  const start = `onnx: expected a graph that the layers of webgru compute, got ${length} nodes of which ${numIssues} cannot be run:`;
  await expectRefusal(() => parseOnnx(gruFile(more)), "unsupported", [start, ...lines].join("\n  "));
}

describe("an ONNX model", () => {
  it("is recognized by its first byte", async () => {
    const model = await loadModel(gruFile(), { device: "cpu" });
    expect(model.network.layers.map(({ type, name }) => `${type} ${name}`)).toEqual(["gru y"]);
    model.dispose();
  });

  it("names its outputs as the graph does, the first one main", () => {
    const nodes = [
      ["Sigmoid", ["y"], ["second"]],
      ["Tanh", ["y"], ["first"]],
    ] as const;
    const network = parseOnnx(gruFile({ nodes, outputs: ["first", "second"] }));
    expect(network.outputs).toEqual(["first", "second"]);
  });

  it("leaves out what no output depends on", () => {
    const network = parseOnnx(gruFile({ nodes: [["Einsum", ["y", "y"], ["unused"]]] }));
    expect(network.layers).toHaveLength(1);
  });

  it("gives the state of a graph without another output", () => {
    const network = parseOnnx(gruFile({ outputs: ["Y_h"] }));
    expect(network.layers).toMatchObject([
      { type: "gru", name: "Y_h.steps" },
      { type: "last", name: "Y_h" },
    ]);
    expect(network.graph.outputs[0]).toMatchObject({ as: "finalState", axes: [1, "batch", 2], units: [0, 1] });
  });

  it("tells what became of inputs and outputs", () => {
    const network = parseOnnx(gruFile({ outputs: ["y", "Y_h"] }));
    expect(network.notes).toEqual([
      "ONNX, opset 17, by test: 2 nodes became 1 layers: 1 gru.",
      "Graph output Y_h, [1, batch, 2], is in finalState.",
    ]);
    expect(network.graph.states).toEqual([{ layer: "y", block: "h", numDirections: 1, size: 2 }]);
  });

  it("keeps the rounding of x - mean apart from a factor", () => {
    const nodes = [
      ["Sub", ["raw", "mean"], ["centred"]],
      ["Mul", ["centred", "factor"], ["x"]],
    ] as const;
    const file = onnxFile({
      nodes: [...nodes, ...GRU_NODES],
      tensors: {
        ...GRU_TENSORS,
        one: ints(1),
        mean: { shape: [], floats: [290] },
        factor: { shape: [], floats: [0.2] },
      },
      inputs: { raw: ["time", "batch", 3] },
      outputs: ["y"],
    });
    const [difference, product] = parseOnnx(file).layers;
    expect(difference).toMatchObject({ type: "map", operation: "identity", bias: new Float32Array(3).fill(-290) });
    expect(product).toMatchObject({ type: "map", operation: "multiply", operand: new Float32Array(3).fill(0.2) });
  });

  it("is not described by the caller, too", async () => {
    const description = { layers: [] };
    const message = "description: not for an ONNX graph, which says itself how its layers are wired";
    await expectRefusal(() => parseModel(gruFile(), { description }), "unsupported", message);
  });

  it("refuses an option that it does not know", async () => {
    const message = /^options: expected linearBeforeReset, .* got "linearbeforereset"$/;
    await expectRefusal(() => parseOnnx(gruFile(), { linearbeforereset: true } as object), "unsupported", message);
  });

  it("refuses weights of another length than their shape", async () => {
    const weights = { W: { shape: [1, 6, 3], values: [1] } };
    const message = "weights.W: expected 18 elements for [1, 6, 3], got 1";
    await expectRefusal(() => parseOnnx(gruFile(), { weights }), "shape-mismatch", message);
  });
});

describe("a GRU", () => {
  it("has weights that another may read, too, or the graph give", () => {
    const nodes = [["GRU", ["x", "W", "R"], ["Y2", "Y_h2"], { hidden_size: 2 }]] as const;
    const [alone] = gruLayers(parseOnnx(gruFile()));
    const both = gruLayers(parseOnnx(gruFile({ nodes, outputs: ["Y_h", "Y_h2"] })));
    expect(both).toHaveLength(2);
    for (const layer of both) expect(layer.weight).toEqual(alone!.weight);
  });

  it("begins and ends at zero in a row without steps, as in onnxruntime", () => {
    const { graph } = parseOnnx(
      onnxFile({
        nodes: [["GRU", ["x", "W", "R", "", "lengths", "h"], ["y", "y_h"]]],
        tensors: GRU_TENSORS,
        inputs: { x: ["time", "batch", 3], lengths: ["batch"], h: [1, "batch", 2] },
        integers: ["lengths"],
        outputs: ["y", "y_h"],
      }),
    );
    const { options } = toRun(graph, {
      x: { shape: [1, 2, 3], data: x.subarray(0, 6) },
      lengths: { shape: [2], data: [0, 1] },
      h: { shape: [1, 2, 2], data: [0.5, 0.25, 0.125, 0.75] },
    });
    expect(options).toEqual({ batchSize: 2, lengths: [0, 1], initialState: Float64Array.of(0, 0, 0.125, 0.75) });
  });

  it("takes its activations' parameters in order, each as many as it has", () => {
    const attributes = {
      activations: ["LeakyRelu", "ScaledTanh"],
      activation_alpha: [0.25, 1.5],
      activation_beta: [0.75],
    };
    const file = onnxFile({
      nodes: [["GRU", ["x", "W", "R"], ["z"], attributes]],
      tensors: GRU_TENSORS,
      inputs: { x: ["time", "batch", 3] },
      outputs: ["z"],
    });
    expect(parseOnnx(file).layers[0]).toMatchObject({
      gateActivation: { name: "leakyRelu", alpha: 0.25 },
      newActivation: { name: "scaledTanh", alpha: 1.5, beta: 0.75 },
    });
  });

  it("may read a window of one feature, which has no axis for it", () => {
    const file = onnxFile({
      nodes: [
        ["Unsqueeze", ["w", "two"], ["x"]],
        ["GRU", ["x", "W", "R"], ["z"], { layout: 1 }],
      ],
      tensors: { two: ints(2), W: { shape: [1, 6, 1], floats: Array(6).fill(0.5) }, R: GRU_TENSORS.R },
      inputs: { w: ["batch", 5] },
      outputs: ["z"],
    });
    const { graph, inputSize } = parseOnnx(file);
    expect([graph.inputs[0]!.axes, inputSize]).toEqual([["batch", "time"], 1]);
  });

  it("that reads backwards ends at the last step that its graph gives", () => {
    const file = onnxFile({
      nodes: [
        ["Slice", ["raw", "m", "far", "none", "m"], ["x"]],
        ...GRU_NODES,
        ["Gather", ["y", "last"], ["z"], { axis: 0 }],
      ],
      tensors: {
        ...GRU_TENSORS,
        one: ints(1),
        m: ints(-1),
        far: ints(-(2 ** 53)),
        none: ints(0),
        last: { shape: [], ints: [-1] },
      },
      inputs: { raw: ["time", "batch", 3] },
      outputs: ["z"],
    });
    expect(parseOnnx(file).layers).toMatchObject([
      { type: "gru", direction: "reverse" },
      { type: "last", direction: "reverse" },
    ]);
  });
});

describe("an Expand of a constant", () => {
  const nodes = [
    ["Shape", ["x"], ["sizes"]],
    ["Gather", ["sizes", "one"], ["rows"]],
    ["Concat", ["one", "rows", "two"], ["wide"], { axis: 0 }],
    ["Expand", ["states", "wide"], ["h"]],
    ["GRU", ["x", "W", "R", "", "", "h"], ["Z"], { hidden_size: 2 }],
    ["Squeeze", ["Z", "one"], ["z"]],
  ] as const;
  const file = (states: number[]) =>
    gruFile({ nodes, tensors: { two: ints(2), states: { shape: [1, 3, 2], floats: states } }, outputs: ["z"] });

  it("over the batch that is the same for each row holds for any batch", () => {
    expect(parseOnnx(file([0, 0, 0, 0, 0, 0])).layers).toMatchObject([{ type: "gru", initialState: null }]);
  });

  it("over the batch whose rows differ is refused", () =>
    expectRefusal(() => parseOnnx(file([0, 0, 1, 0, 0, 0])), "unsupported", /it fixes time or batch at 3/));
});

describe("the last step", () => {
  it("of a reverse layer, which is not its final state, is a layer's, beside outputs of every step", async () => {
    const network = parseOnnx(
      gruFile({
        nodes: [
          ["GRU", ["x", "W", "R"], ["S"], { hidden_size: 2, direction: "reverse" }],
          ["Squeeze", ["S", "one"], ["s"]],
          ["Gather", ["s", "end"], ["z"]],
        ],
        tensors: { end: { shape: [], ints: [-1] } },
        outputs: ["s", "z"],
      }),
    );
    expect(network.layers.at(-1)).toMatchObject({ type: "last", name: "z" });
    const model = await createModel(network, { device: "cpu" });
    const { outputs } = await model.run(
      new Float32Array(5 * 3 * 2).map((_, i) => Math.sin(i)),
      { batchSize: 2 },
    );
    expect(outputs["z"]).toHaveLength(4);
    expect([...outputs["z"]!]).toEqual([...outputs["s"]!.subarray(-4)]);
    model.dispose();
  });
});

describe("linear_before_reset", () => {
  const producer = "pytorch";
  // Only beside R h + c_n does it matter which comes first.
  const flagged = (flag: number) => gruFile({ producer, tensors: { F: ints(flag) } });

  it("is warned of where PyTorch's exporter left it out", () => {
    const { notes, layers } = parseOnnx(flagged(0));
    expect(layers[0]).toMatchObject({ resetAfter: false });
    expect(notes[1]).toMatch(/^Warning: GRU of Y: .*pass linearBeforeReset: true\.$/);
  });

  it("is warned of for PyTorch alone", () => {
    expect(parseOnnx(gruFile()).notes).toHaveLength(1);
  });

  it("is what the caller says, also by loadModel", async () => {
    const { layers, notes } = parseOnnx(flagged(0), { linearBeforeReset: true });
    expect(layers[0]).toMatchObject({ resetAfter: true });
    expect(notes[1]).toMatch(/read with linearBeforeReset: true\.$/);
    const model = await loadModel(flagged(0), { device: "cpu", linearBeforeReset: true });
    expect(model.network.layers[0]).toMatchObject({ resetAfter: true });
    model.dispose();
  });
});

describe("what cannot be run", () => {
  it("is named all at once, whatever its domain", () =>
    expectIssues(
      {
        nodes: [
          ["Det", ["y"], ["a"]],
          ["Det", ["a"], ["b"]],
          ["Gelu", ["b"], ["c"], {}, "com.microsoft"],
          ["Softmax", ["y"], ["d"], { axis: 0 }],
          ["Add", ["c", "d"], ["e"]],
        ],
        tensors: { k: floats(1) },
        outputs: ["e"],
      },
      'Det "Det of a", Det "Det of b", com.microsoft.Gelu "Gelu of c": no layer of webgru computes this operator',
      'Softmax "Softmax of d": it runs over time, and no sum of all steps with these weights follows it' +
        "\nonnxruntime's optimizer wrote its own operators: load the model from before the optimization",
    ));

  const NODES: [what: string, node: readonly [string, string[], string[], Record<string, number>?], reason: string][] =
    [
      ["a step in the middle", ["Gather", ["y", "second"], ["z"]], "it takes step 1, neither the first nor the last"],
      ["a row of the batch", ["Gather", ["y", "none"], ["z"], { axis: 1 }], "it takes row 0 of the batch"],
      ["a part of the sequence", ["Slice", ["y", "one", "far"], ["z"]], "it takes a part of time or batch, 1 to 9"],
      ["a matrix of another size", ["MatMul", ["y", "wide"], ["z"]], "it multiplies 2 features with a matrix for 3"],
      ["time joined with features", ["Reshape", ["y", "flat"], ["z"]], "it joins time or batch with features"],
      ["rounding", ["Cast", ["y"], ["z"], { to: 7 }], "it rounds features to whole numbers"],
      ["an axis that is not there", ["Gather", ["y", "none"], ["z"], { axis: 3 }], "it names axis 3 of 3"],
      [
        "a feature that is not there",
        ["Gather", ["y", "far"], ["z"], { axis: 2 }],
        "it takes an element that is not among 2",
      ],
      ["an output that is not computed", ["Dropout", ["y"], ["", "z"]], "it has an output 1 that is not supported"],
      ["a sum of nothing with features", ["Add", ["y", "nothing"], ["z"]], "it joins 2 features with 0"],
      ["a size below 0", ["ConstantOfShape", ["below"], ["z"]], "it makes an axis of size -5"],
      [
        "a slice of more ends than starts",
        ["Slice", ["y", "one", "pair"], ["z"]],
        "it needs one start, end and step for each axis",
      ],
      ["a sum over the batch", ["ReduceSum", ["y", "one"], ["z"]], "it needs the time axis where there is batch"],
      ["the largest of time and batch", ["ReduceMax", ["y"], ["z"]], "it reduces along time and batch"],
      ["a logarithm of weights of steps", ["LogSoftmax", ["y"], ["z"], { axis: 0 }], "it runs over time or batch"],
      ["time after time", ["Concat", ["y", "y"], ["z"], { axis: 0 }], "it joins along time or batch"],
    ];
  const tensors = {
    second: { shape: [], ints: [1] },
    none: { shape: [], ints: [0] },
    far: ints(9),
    below: ints(-5),
    nothing: ints(),
    pair: ints(0, 1),
    flat: ints(-1),
    wide: floats(3, 2),
  };

  for (const [what, node, reason] of NODES) {
    it(`is told: ${what}`, () =>
      expectIssues({ nodes: [node], tensors, outputs: ["z"] }, `${node[0]} "${node[0]} of z": ${reason}`));
  }

  it("is told: nothing, where one number would do", () => {
    const nodes: OnnxFile["nodes"] = [
      ["Add", ["nothing", "one"], ["sum"]],
      ["Concat", ["one", "sum"], ["sizes"], { axis: 0 }],
      ["Reshape", ["y", "sizes"], ["z"]],
    ];
    return expectIssues(
      { nodes, tensors: { nothing: ints() }, outputs: ["z"] },
      'Reshape "Reshape of z": it gives its elements another number',
    );
  });

  it("is told: an output without features", () =>
    expectIssues(
      {
        nodes: [["Slice", ["y", "far", "far", "last"], ["z"]]],
        tensors: { far: ints(9), last: ints(-1) },
        outputs: ["z"],
      },
      "graph: its output z has no features",
    ));

  it("is told: a sequence beside its end", () =>
    expectIssues(
      {
        nodes: [
          ["Squeeze", ["Y_h", "none"], ["h"]],
          ["Concat", ["y", "Y_h"], ["z"], { axis: -1 }],
        ],
        tensors: { none: ints(0) },
        outputs: ["z"],
      },
      'Concat "Concat of z": it joins a sequence with a value that comes once, at its end',
    ));

  const GRUS: [
    what: string,
    inputs: string[],
    attributes: Record<string, number | string | string[]>,
    reason: string,
  ][] = [
    [
      "an initial state for each row",
      ["x", "W", "R", "", "", "ones"],
      {},
      "its initial_h is a constant that is not [1, 1, 2]; make it a graph input, and pass it to run as initialState",
    ],
    [
      "fixed lengths",
      ["x", "W", "R", "", "short"],
      {},
      "its sequence_lens is a constant shorter than the sequence; make it a graph input, and pass it to run as lengths",
    ],
    ["a word for its direction", ["x", "W", "R"], { direction: "sideways" }, 'its direction is "sideways"'],
    ["an activation", ["x", "W", "R"], { activations: ["Sigmoid", "Sine"] }, 'its activation is "Sine"'],
    ["too few activations", ["x", "W", "R"], { activations: ["Sigmoid"] }, "it has 1 activations, and not 2"],
    ["another hidden_size", ["x", "W", "R"], { hidden_size: 7 }, "its hidden_size is 7, and R is for 2"],
    ["weights of another size", ["x", "R", "R"], {}, "its W is [1, 6, 2] and not [1, 6, 3]"],
    ["a bias of another size", ["x", "W", "R", "W"], {}, "its B is [1, 6, 3] and not [1, 12]"],
    [
      "two directions and weights for one",
      ["x", "W", "R"],
      { direction: "bidirectional" },
      "its W is [1, 6, 3] and not [2, 6, 3]",
    ],
    ["no weights", ["x", "", "R"], {}, "it lacks input 1"],
    [
      "weights that it computes",
      ["x", "x", "R"],
      {},
      "it needs constants as W, and gets features; a graph input with weights can be passed in the option weights",
    ],
  ];
  for (const [what, inputs, attributes, reason] of GRUS) {
    it(`is told: a GRU with ${what}`, async () => {
      const file = onnxFile({
        nodes: [["GRU", inputs, ["z"], attributes]],
        tensors: { ...GRU_TENSORS, ones: { shape: [1, 3, 2], floats: [1, 1, 1, 1, 1, 1] }, short: ints(1) },
        inputs: { x: [T, 1, 3] },
        outputs: ["z"],
      });
      const start = "onnx: expected a graph that the layers of webgru compute, got 1 nodes of which 1 cannot be run:";
      await expectRefusal(() => parseOnnx(file), "unsupported", `${start}\n  GRU "GRU of z": ${reason}`);
    });
  }

  it("is told: a graph without a recurrent layer", async () => {
    const file = onnxFile({ nodes: [["Relu", ["x"], ["z"]]], inputs: { x: ["batch", 3] }, outputs: ["z"] });
    await expectRefusal(() => parseOnnx(file), "unsupported", /\n {2}graph: it has no recurrent layer$/);
  });

  it("is told: lengths for one GRU of two", async () => {
    const file = gruFile({
      nodes: [["GRU", ["y", "V", "R", "", "steps"], ["z"], {}]],
      tensors: { V: floats(1, 6, 2) },
      inputs: { steps: ["batch"] },
      integers: ["steps"],
      outputs: ["z"],
    });
    await expectRefusal(
      () => parseOnnx(file),
      "unsupported",
      /some of its recurrent layers have sequence_lens and others have none$/,
    );
  });

  it("is told: an input of unknown size", async () => {
    const file = onnxFile({
      nodes: [...GRU_NODES],
      tensors: { ...GRU_TENSORS, one: ints(1) },
      inputs: { x: ["t", "b", "i"] },
      outputs: ["y"],
    });
    await expectRefusal(
      () => parseOnnx(file),
      "unsupported",
      /\n {2}input "x": its number of features is not in the file; pass it in inputShapes: { x: \[null, null, SIZE\] }$/,
    );
  });
});

describe("an operator", () => {
  const y = run({});
  const after = (nodes: OnnxFile["nodes"], tensors: OnnxFile["tensors"] = {}) =>
    run({ nodes, tensors, outputs: ["z"] });
  const pairs = Array.from({ length: T }, (_, t) => [y[2 * t]!, y[2 * t + 1]!] as const);

  const CASES: [
    name: string,
    nodes: OnnxFile["nodes"],
    tensors: OnnxFile["tensors"],
    expected: (a: number, b: number) => number[],
  ][] = [
    ["Neg", [["Neg", ["y"], ["z"]]], {}, (a, b) => [-a, -b]],
    [
      "Sub of a constant and features",
      [["Sub", ["c", "y"], ["z"]]],
      { c: { shape: [2], floats: [1, 2] } },
      (a, b) => [1 - a, 2 - b],
    ],
    [
      "Div by constants",
      [["Div", ["y", "c"], ["z"]]],
      { c: { shape: [2], floats: [4, -2] } },
      (a, b) => [a / 4, b / -2],
    ],
    [
      "Sum of three",
      [["Sum", ["y", "c", "y"], ["z"]]],
      { c: { shape: [1], floats: [3] } },
      (a, b) => [2 * a + 3, 2 * b + 3],
    ],
    [
      "Clip between bounds",
      [["Clip", ["y", "low", "high"], ["z"]]],
      { low: { shape: [], floats: [-0.125] }, high: { shape: [], floats: [0.25] } },
      (a, b) => [a, b].map((v) => Math.min(Math.max(v, -0.125), 0.25)),
    ],
    [
      "ThresholdedRelu",
      [["ThresholdedRelu", ["y"], ["z"], { alpha: 0.125 }]],
      {},
      (a, b) => [a, b].map((v) => (v > 0.125 ? v : 0)),
    ],
    [
      "Slice backwards over features",
      [["Slice", ["y", "m", "far", "two", "m"], ["z"]]],
      { m: ints(-1), far: ints(-9), two: ints(2) },
      (a, b) => [b, a],
    ],
    [
      "Split by number",
      [
        ["Split", ["y"], ["u", "v"], { axis: -1 }],
        ["Concat", ["v", "u", "v"], ["z"], { axis: 2 }],
      ],
      {},
      (a, b) => [b, a, b],
    ],
    [
      "Gather of features, one twice",
      [["Gather", ["y", "i"], ["z"], { axis: -1 }]],
      { i: ints(1, 1, 0) },
      (a, b) => [b, b, a],
    ],
    ["Where by a constant", [["Where", ["no", "y", "y"], ["z"]]], { no: { shape: [], ints: [0] } }, (a, b) => [a, b]],
    ["Dropout", [["Dropout", ["y"], ["z"]]], {}, (a, b) => [a, b]],
    ["Dropout with a mask that nothing reads", [["Dropout", ["y"], ["z", "mask"]]], {}, (a, b) => [a, b]],
    [
      "attributes that are zero and so were left out",
      [
        ["LeakyRelu", ["y"], ["u"], { alpha: { type: 1 } }],
        ["Flatten", ["c"], ["d"], { axis: { type: 2 } }],
        ["Squeeze", ["d", "none"], ["e"]],
        ["Mul", ["u", "e"], ["z"]],
      ],
      { c: { shape: [2, 1], floats: [2, 3] }, none: ints(0) },
      (a, b) => [2 * Math.max(a, 0), 3 * Math.max(b, 0)],
    ],
    [
      "Tile and Min and Max of constants",
      [
        ["Max", ["c", "d"], ["e"]],
        ["Min", ["e", "f"], ["g"]],
        ["Add", ["y", "g"], ["z"]],
      ],
      { c: { shape: [1], floats: [1] }, d: { shape: [1], floats: [2] }, f: { shape: [1], floats: [9] } },
      (a, b) => [a + 2, b + 2],
    ],
    [
      "Flatten and Reshape of constants",
      [
        ["Flatten", ["c"], ["d"], { axis: 0 }],
        ["Reshape", ["d", "s"], ["e"]],
        ["Mul", ["y", "e"], ["z"]],
      ],
      { c: { shape: [2, 1], floats: [2, 3] }, s: ints(-1) },
      (a, b) => [2 * a, 3 * b],
    ],
  ];
  for (const [name, nodes, tensors, expected] of CASES) {
    it(`computes: ${name}`, () => {
      const wanted = pairs.flatMap(([a, b]) => expected(a, b));
      const got = after(nodes, tensors);
      expect(got).toHaveLength(wanted.length);
      got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
    });
  }

  it("computes what is never negative and the whole row by rows", () => {
    const got = after([["Softmax", ["y"], ["z"]]]);
    pairs.forEach(([a, b], t) => expect(got[2 * t]).toBeCloseTo(Math.exp(a) / (Math.exp(a) + Math.exp(b)), 6));
  });
});
