// Operators around a recurrence: what they refuse, and why.

import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { floats, GRU_TENSORS, gruFile, ints, onnxFile, type OnnxFileNode, type OnnxTensor } from "../files/onnxFile.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { expectRefusal } from "../harness/refusal.js";

/** A graph of a node that reads raw, [batch, 4, 6, 1], before a GRU of one step. */
function before(node: OnnxFileNode, tensors: Readonly<Record<string, OnnxTensor>> = {}): Uint8Array {
  return onnxFile({
    nodes: [
      ["Reshape", ["frame", "axes"], ["raw"]],
      node,
      ["Flatten", ["z"], ["flat"]],
      ["MatMul", ["flat", "M"], ["x3"]],
      ["Unsqueeze", ["x3", "zero"], ["x"]],
      ["GRU", ["x", "W", "R", "", "", "h"], ["Y", "hn"]],
    ],
    tensors: { ...GRU_TENSORS, M: floats(24, 3), zero: ints(0), axes: ints(0, 4, 6, 1), ...tensors },
    inputs: { frame: ["batch", 24], h: [1, "batch", 2] },
    outputs: ["Y", "hn"],
  });
}

const kernel = { k: floats(4, 4, 3, 1) };

const CASES: [what: string, node: OnnxFileNode, reason: string, tensors?: Record<string, OnnxTensor>][] = [
  ["negative pads", ["Conv", ["raw", "k"], ["z"], { pads: [-1, 0, 1, 0] }], "it has pads [-1, 0, 1, 0]", kernel],
  ["a stride of 0", ["Conv", ["raw", "k"], ["z"], { strides: [0, 1] }], "it has strides [0, 1]", kernel],
  [
    "dilations beyond counting",
    ["Conv", ["raw", "k"], ["z"], { dilations: [2 ** 40, 1] }],
    `it has dilations [${2 ** 40}, 1]`,
    kernel,
  ],
  [
    "a window larger than the frame",
    ["Conv", ["raw", "k"], ["z"], { dilations: [4, 1] }],
    "it gives an output of [4, -2, 1]",
    kernel,
  ],
  [
    "pads for another number of axes",
    ["Conv", ["raw", "k"], ["z"], { pads: [1, 1] }],
    "it has 2 pads for 2 axes",
    kernel,
  ],
  [
    "a kernel of another shape",
    ["Conv", ["raw", "k"], ["z"], { kernel_shape: [1, 1] }],
    "its kernel_shape is [1, 1], and W is for [3, 1]",
    kernel,
  ],
  [
    "groups that do not part the channels",
    ["Conv", ["raw", "k"], ["z"], { group: 3 }],
    "it has a W of [4, 4, 3, 1] for 4 channels in 3 groups",
    kernel,
  ],
  [
    "no groups",
    ["Conv", ["raw", "k"], ["z"], { group: { type: 2 } }],
    "it has a W of [4, 4, 3, 1] for 4 channels in 0 groups",
    kernel,
  ],
  [
    "a kernel that is computed",
    ["Conv", ["raw", "raw"], ["z"]],
    "it needs constants as W, and gets features; a graph input with weights can be passed in the option weights",
  ],
  ["biases of another number", ["Conv", ["raw", "k", "zero"], ["z"]], "it has 1 biases for 4 channels", kernel],
  [
    "an output of a claimed shape",
    ["ConvTranspose", ["raw", "k"], ["z"], { output_shape: [8, 1] }],
    "it states the shape of its output",
    kernel,
  ],
  ["pooling without a window", ["MaxPool", ["raw"], ["z"]], "it has no kernel_shape"],
  [
    "pooling of three axes",
    ["AveragePool", ["raw"], ["z"], { kernel_shape: [1, 1, 1] }],
    "it needs an input of 5 axes",
  ],
  ["a word for its padding", ["Conv", ["raw", "k"], ["z"], { auto_pad: "SOMEHOW" }], "its auto_pad is SOMEHOW", kernel],
  [
    "padding beyond all sizes",
    ["Pad", ["raw", "far"], ["z"]],
    `it pads 6 features by 0 and ${2 ** 40}`,
    { far: ints(0, 0, 0, 0, 0, 0, 2 ** 40, 0) },
  ],
  [
    "padding that takes away more than there is",
    ["Pad", ["raw", "less"], ["z"]],
    "it pads 6 features by -9 and 0",
    { less: ints(0, 0, -9, 0, 0, 0, 0, 0) },
  ],
  [
    "a reflection past the other end",
    ["Pad", ["raw", "six"], ["z"], { mode: "reflect" }],
    "it pads 6 features by 6 and 0, mode reflect",
    { six: ints(0, 0, 6, 0, 0, 0, 0, 0) },
  ],
  [
    "an unknown mode",
    ["Pad", ["raw", "six"], ["z"], { mode: "mirror" }],
    'it pads in the mode "mirror"',
    { six: ints(0, 0, 6, 0, 0, 0, 0, 0) },
  ],
  ["too few pads", ["Pad", ["raw", "one"], ["z"]], "it has 1 pads for 4 axes", { one: ints(1) }],
  [
    "a scatter along the batch",
    ["ScatterND", ["raw", "i", "raw"], ["z"]],
    "it puts values along time or batch",
    { i: { shape: [1, 1], ints: [0] } },
  ],
  [
    "groups of channels that are not even",
    ["GroupNormalization", ["raw", "four", "four"], ["z"], { num_groups: 3 }],
    "it parts 4 channels into 3 groups",
    { four: floats(4) },
  ],
  [
    "no groups of channels",
    ["GroupNormalization", ["raw", "four", "four"], ["z"], { num_groups: 0 }],
    "it parts 4 channels into 0 groups",
    { four: floats(4) },
  ],
  [
    "a scale of other channels",
    ["GroupNormalization", ["raw", "three", "three"], ["z"], { num_groups: 2 }],
    "it has 3 channels where there are 4 features",
    { three: floats(3) },
  ],
  [
    "a norm along the batch",
    ["RMSNormalization", ["raw", "four"], ["z"], { axis: 0 }],
    "it normalises along time or batch",
    { four: floats(4) },
  ],
  ["a reduction of an axis that is not there", ["ReduceMean", ["raw"], ["z"], { axes: [4] }], "it names axis 4 of 4"],
  [
    "a slope that does not fit",
    ["PRelu", ["raw", "slopes"], ["z"]],
    "it joins 6 features with 5",
    { slopes: floats(5, 1) },
  ],
  [
    "bounds the wrong way round",
    ["Clip", ["raw", "high", "low"], ["z"]],
    "its bounds are 1 and 0",
    { high: { shape: [], floats: [1] }, low: { shape: [], floats: [0] } },
  ],
  [
    "a matrix from the left of another size",
    ["MatMul", ["wide", "raw"], ["z"]],
    "it multiplies 6 features with a matrix for 5",
    { wide: floats(4, 5) },
  ],
  [
    "a tensor of a matrix for each of other axes",
    ["MatMul", ["raw", "many"], ["z"]],
    "it multiplies features with several matrices, and not one for each of an axis",
    { many: floats(3, 1, 2) },
  ],
  [
    "an equation of one input",
    ["Einsum", ["raw", "many"], ["z"], { equation: "bcfo->bof" }],
    'its equation is "bcfo->bof", and not one of two inputs such as "bi,ij->bj"',
    { many: floats(4, 3) },
  ],
  [
    "an equation for other axes",
    ["Einsum", ["raw", "many"], ["z"], { equation: "bc,cd->bd" }],
    'its equation "bc,cd->bd" is for other axes',
    { many: floats(4, 3) },
  ],
  [
    "an equation that is no product",
    ["Einsum", ["raw", "many"], ["z"], { equation: "bcfo,cf->bo" }],
    'its equation "bcfo,cf->bo" is no product of features with constant matrices',
    { many: floats(4, 6) },
  ],
  [
    "repeats as often as there are rows",
    ["Tile", ["raw", "sizes"], ["z"]],
    "it repeats time or batch",
    { sizes: ints(2, 1, 1, 1) },
  ],
];

describe("a normalisation that is written out", () => {
  it.each(["torch_norms.opset9", "torch_root_mean_square.opset13"])("is a norm: %s", (name) => {
    const { fixture, bytes } = readOnnxFixtureFile(name);
    const { layers } = readOnnxFixture(fixture, bytes);
    expect(layers.map(({ type }) => type)).toContain("norm");
    const others = layers.filter((layer) => layer.type === "reduce" || (layer.type === "map" && !layer.operand));
    expect(others).toEqual([]);
  });
});

describe("an operator is refused", () => {
  for (const [what, node, reason, tensors] of CASES) {
    it(`for ${what}`, async () => {
      const words = `${node[0]} "${node[0]} of z": ${reason}`.replace(/[[\]().]/g, "\\$&");
      await expectRefusal(() => parseOnnx(before(node, tensors)), "unsupported", new RegExp(`\n {2}${words}(\n|$)`));
    });
  }

  it("for a frame that is too large", async () => {
    const file = before(["ConvTranspose", ["raw", "k"], ["z"], { strides: [2 ** 18, 1] }], kernel);
    await expectRefusal(
      () => parseOnnx(file),
      "bad-file",
      `onnx: expected at most 65536 features, got ${4 * (5 * 2 ** 18 + 3)}`,
    );
  });
});

describe("an operator of quantised graphs is refused", () => {
  const REFUSED: [what: string, node: OnnxFileNode, reason: string][] = [
    [
      "for a fused function that no Gemm has",
      ["FusedGemm", ["y", "M"], ["z"], { activation: "Erf" }, "com.microsoft"],
      'its activation is "Erf"',
    ],
    [
      "for features that nothing rounds",
      ["MatMulInteger", ["y", "M", "zero"], ["z"]],
      "its features are no DynamicQuantizeLinear's",
    ],
    [
      "for scales of other columns",
      ["DynamicQuantizeMatMul", ["y", "M", "three"], ["z"], {}, "com.microsoft"],
      "it has 3 scales or zero points for [2, 4]",
    ],
    [
      "for biases of other columns",
      ["DynamicQuantizeMatMul", ["y", "M", "zero", "", "three"], ["z"], {}, "com.microsoft"],
      "it has 3 biases for other features",
    ],
    ["for several scales of features", ["QuantizeLinear", ["y", "three"], ["z"]], "it has several scales for features"],
    ["for a scale of zero", ["QuantizeLinear", ["y", "nothing"], ["z"]], "its scale is 0"],
    [
      "for a zero point of an unknown range",
      ["QuantizeLinear", ["y", "half", "zero"], ["z"]],
      "it needs a zero point of 8 or 16 bits",
    ],
    [
      "for weights of other sizes",
      ["DynamicQuantizeLSTM", ["x", "M", "M", "", "", "", "", "", "zero", "", "zero"], ["z"], {}, "com.microsoft"],
      "it needs weights of 3 axes, and gets [2, 4]",
    ],
  ];

  it.each(REFUSED)("%s", async (_, node, reason) => {
    const tensors = {
      M: floats(2, 4),
      zero: { shape: [], ints: [0] },
      three: floats(3),
      half: { shape: [], floats: [0.5] },
      nothing: { shape: [], floats: [0] },
    };
    const file = gruFile({ nodes: [node], tensors, outputs: ["z"] });
    const pattern = new RegExp(`${node[0]} "${node[0]} of z": ${reason.replace(/[[\]]/g, "\\$&")}`);
    await expectRefusal(() => parseOnnx(file), "unsupported", pattern);
  });

  const BETWEEN: [what: string, node: OnnxFileNode, reason: string][] = [
    ["a sum", ["Add", ["q", "q"], ["z"]], "it computes with indices"],
    ["a product", ["MatMul", ["q", "M"], ["z"]], "it needs features as input 0, and gets features as whole numbers"],
    ["a function", ["Relu", ["q"], ["z"]], "it needs features as input 0, and gets features as whole numbers"],
    ["an output", ["Identity", ["q"], ["z"]], "its output z is features as whole numbers"],
    ["numbers as they are", ["Cast", ["q"], ["z"], { to: 1 }], "it takes whole numbers that were rounded as features"],
  ];
  it.each(BETWEEN)("for %s of features that are whole numbers", async (_, node, reason) => {
    const tensors = { M: floats(2, 4), half: { shape: [], floats: [0.5] } };
    const file = gruFile({ nodes: [["QuantizeLinear", ["y", "half"], ["q"]], node], tensors, outputs: ["z"] });
    await expectRefusal(() => parseOnnx(file), "unsupported", new RegExp(reason));
  });

  it("but features of one scale may be taken by another", () => {
    const nodes: OnnxFileNode[] = [
      ["QuantizeLinear", ["y", "half"], ["q"]],
      ["DequantizeLinear", ["q", "quarter"], ["z"]],
    ];
    const tensors = { half: { shape: [], floats: [0.5] }, quarter: { shape: [], floats: [0.25] } };
    const { layers } = parseOnnx(gruFile({ nodes, tensors, outputs: ["z"] }));
    expect(layers.slice(1)).toMatchObject([
      { type: "map", activation: { name: "clip", alpha: 0, beta: 127.5 } },
      { type: "map", operation: "multiply", operand: new Float32Array([0.5, 0.5]) },
    ]);
  });

  it("but rounding is told in a note", () => {
    const file = gruFile({
      nodes: [
        ["DynamicQuantizeLinear", ["y"], ["q", "s", "n"]],
        ["MatMulInteger", ["q", "M", "n"], ["z"]],
      ],
      tensors: { M: floats(2, 4) },
      outputs: ["z"],
    });
    expect(parseOnnx(file).notes).toContain(
      'DynamicQuantizeLinear "DynamicQuantizeLinear of q" rounds features to 8 bits where ONNX Runtime runs it, which is not ' +
        "done here: results differ by as much.",
    );
  });
});
