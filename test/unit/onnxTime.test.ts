// Operators of ONNX graphs along time: what they become, and what they refuse.

import { createModel } from "webgru";
import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import {
  floats,
  gruFile,
  ints,
  onnxFile,
  type OnnxFile,
  type OnnxFileNode,
  type OnnxTensor,
} from "../files/onnxFile.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { expectRefusal } from "../harness/refusal.js";

const TURN: OnnxFileNode = ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }];

/** A graph of nodes that read a GRU's states, y [time, batch, 2] and c [batch, 2, time], and give z. */
function after(nodes: readonly OnnxFileNode[], tensors: Readonly<Record<string, OnnxTensor>> = {}): Uint8Array {
  const k = floats(2, 2, 3);
  return gruFile({ nodes: [TURN, ...nodes], tensors: { k, ...tensors }, outputs: ["z"] } satisfies Partial<OnnxFile>);
}

/** The layer of the first such type. */
const layerOf = (file: Uint8Array, type: string) => parseOnnx(file).layers.find((layer) => layer.type === type);

describe("a convolution along time", () => {
  const PADDINGS: [attributes: Record<string, number | string | number[]>, padding: unknown][] = [
    [{}, "valid"],
    [{ pads: [2, 0] }, "causal"],
    [{ pads: [4, 0], dilations: [2] }, "causal"],
    [{ pads: [0, 1], strides: [2] }, [0, 1]],
    [{ auto_pad: "VALID" }, "valid"],
    [{ auto_pad: "SAME_UPPER", strides: [2] }, "same"],
    [{ auto_pad: "SAME_UPPER", dilations: [3] }, [3, 3]],
    [{ auto_pad: "SAME_LOWER" }, [1, 1]],
    [{ auto_pad: "SAME_LOWER", dilations: [2] }, [2, 2]],
  ];
  for (const [attributes, timePadding] of PADDINGS) {
    it(`has its padding: ${JSON.stringify(attributes)}`, () => {
      expect(layerOf(after([["Conv", ["c", "k"], ["z"], attributes]]), "conv")).toMatchObject({ timePadding });
    });
  }

  it.each([
    ["SAME_LOWER", 10, [2, 1]],
    ["SAME_LOWER", 11, [1, 1]],
    ["SAME_UPPER", 10, "same"],
  ] as const)("has the padding of %s of %i steps", (auto_pad, numSteps, timePadding) => {
    const node: OnnxFileNode = ["Conv", ["c", "k"], ["z"], { auto_pad, strides: [3] }];
    const file = gruFile({
      nodes: [TURN, node],
      tensors: { k: floats(2, 2, 4) },
      inputs: { x: [numSteps, "batch", 3] },
      outputs: ["z"],
    });
    expect(layerOf(file, "conv")).toMatchObject({ timePadding });
  });

  it("takes the frames of several Pads, and leaves those of a Slice out", () => {
    const pads: OnnxFileNode[] = [
      ["Pad", ["c", "ahead"], ["p"]],
      ["Pad", ["p", "ahead"], ["q"]],
      ["Conv", ["q", "k"], ["v"], { pads: [0, 1] }],
      ["Slice", ["v", "start", "end", "axis"], ["z"]],
    ];
    const tensors = { ahead: ints(0, 0, 1, 0, 0, 0), start: ints(0), end: ints(-1), axis: ints(2) };
    expect(layerOf(after(pads, tensors), "conv")).toMatchObject({ timePadding: "causal" });
  });

  it("has the batch normalisation after it in its weights", () => {
    const { fixture, bytes } = readOnnxFixtureFile("torch_time_residual.opset13");
    const kinds = readOnnxFixture(fixture, bytes).layers.map((layer) =>
      layer.type === "map" ? layer.operation : layer.type,
    );
    expect(kinds).toEqual(["dense", "conv", "identity", "add", "conv", "identity", "add", "gru"]);
  });

  it("that is causal streams", async () => {
    const { fixture, bytes } = readOnnxFixtureFile("torch_time_residual.opset13");
    const model = await createModel(readOnnxFixture(fixture, bytes), { device: "cpu" });
    const input = Float32Array.from({ length: 21 }, (_, i) => Math.sin(i));
    const whole = await model.run(input);
    const stream = model.createStream();
    for (let step = 0; step < 7; step++) {
      const pushed = await stream.push(input.subarray(3 * step, 3 * step + 3));
      const expected = whole.output.subarray(4 * step, 4 * step + 4);
      pushed.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
    }
    model.dispose();
  });
});

/** A convolution over an image, and what follows it. */
const image = (nodes: readonly OnnxFileNode[], shape: (number | string)[]) =>
  onnxFile({
    nodes: [["Conv", ["x", "k"], ["c"], { pads: [1, 1, 1, 1] }], ...nodes],
    tensors: { k: floats(4, 3, 3, 3), axes: ints(2, 3) },
    inputs: { x: shape },
    outputs: ["z"],
  });

/** A graph of single frames. @param time name of their axis */
const framewise = (time: string) =>
  onnxFile({
    nodes: [["MatMul", ["x", "M"], ["z"]]],
    tensors: { M: floats(3, 2) },
    inputs: { x: ["batch", time, 3] },
    outputs: ["z"],
  });

describe("a graph without a state", () => {
  it.each([
    ["that the file fixes", [1, 3, 8, 6], "axis 2 of graph input x, [batch, 3, time, 6]"],
    ["that the file leaves open", ["batch", 3, 8, "width"], "axis 3 of graph input x, [batch, 3, 8, time]"],
  ])("is told which axis is taken for time, of axes %s", (_, shape, graph) => {
    const { notes, layers } = parseOnnx(
      image([["ReduceMean", ["c", "axes"], ["z"], { keepdims: { type: 2 } }]], shape),
    );
    expect(layers.map(({ type }) => type)).toContain("aggregate");
    expect(notes).toContain(
      `Warning: no layer has a state, which would say which axis is time: ${graph}, is taken for it. If it is not, ` +
        "export the model with time and batch, and no other axes, in dynamic_axes.",
    );
  });

  it.each(["time", "frames", "seq_len"])("is not warned where the file names an axis %s", (name) => {
    const { notes } = parseOnnx(image([["ReduceMean", ["c", "axes"], ["z"]]], ["batch", 3, 8, name]));
    expect(notes.join("\n")).not.toContain("is taken for it");
  });

  it("may compute each step by itself, where the file names an axis time", () => {
    expect(parseOnnx(framewise("time")).layers.map(({ type }) => type)).toEqual(["dense"]);
    expect(parseOnnx(framewise("time")).graph.inputs[0]!.axes).toEqual(["batch", "time", 3]);
    expect(() => parseOnnx(framewise("n"))).toThrow("it has no recurrent layer");
  });

  it("alone is told so", () => {
    for (const fixture of ["torch_time_mean.opset13", "torch_one_step.opset13", "graph_shared_state.opset17"]) {
      const { fixture: of, bytes } = readOnnxFixtureFile(fixture);
      expect(readOnnxFixture(of, bytes).notes.join("\n")).not.toContain("is taken for it");
    }
  });
});

const NODES: [what: string, nodes: readonly OnnxFileNode[], subject: string, reason: string][] = [
  ["negative pads", [["Conv", ["c", "k"], ["z"], { pads: [-1, 0] }]], "Conv", "it has pads [-1, 0]"],
  ["a stride of 0", [["Conv", ["c", "k"], ["z"], { strides: [0] }]], "Conv", "it has strides [0]"],
  [
    "a giant stride",
    [["MaxPool", ["c"], ["z"], { kernel_shape: [2], strides: [2 ** 40] }]],
    "MaxPool",
    `it has strides [${2 ** 40}]`,
  ],
  [
    "a giant dilation",
    [["Conv", ["c", "k"], ["z"], { dilations: [2 ** 31] }]],
    "Conv",
    `it has dilations [${2 ** 31}]`,
  ],
  [
    "groups that do not part the channels",
    [["Conv", ["c", "k"], ["z"], { group: 3 }]],
    "Conv",
    "it has a W of [2, 2, 3] for 2 channels in 3 groups",
  ],
  [
    "a convolution that makes several steps of one",
    [["ConvTranspose", ["c", "k"], ["z"], { strides: [2] }]],
    "ConvTranspose",
    "it makes 2 steps of each, which no layer does; give them as features of one frame, and part them after the model",
  ],
  [
    "a transposed convolution that leaves more out than it adds",
    [["ConvTranspose", ["c", "k"], ["z"], { pads: [0, 3] }]],
    "ConvTranspose",
    "it leaves out 0 and 3 steps of windows of 3",
  ],
  [
    "padding that the length tells",
    [["Conv", ["c", "k"], ["z"], { auto_pad: "SAME_LOWER", strides: [2] }]],
    "Conv",
    "its auto_pad is SAME_LOWER: its padding depends on the number of steps, which is open; give the number in inputShapes",
  ],
  [
    "frames of zeros around frames of another number",
    [
      ["Pad", ["c", "pads", "half"], ["p"]],
      ["Conv", ["p", "k"], ["z"], { pads: [1, 0] }],
    ],
    "Conv",
    "it pads by zeros a sequence that was padded by 0.5",
  ],
  [
    "frames of several numbers",
    [
      ["Pad", ["c", "pads", "half"], ["p"]],
      ["Pad", ["p", "pads"], ["q"]],
      ["Conv", ["q", "k"], ["z"]],
    ],
    "Conv",
    "it pads by frames of 0.5 and of 0",
  ],
  [
    "frames of the lowest number",
    [
      ["Pad", ["c", "pads", "lowest"], ["p"]],
      ["Conv", ["p", "k"], ["z"]],
    ],
    "Conv",
    "it reads frames of -Infinity",
  ],
  [
    "padding before the first of the largest",
    [["MaxPool", ["c"], ["z"], { kernel_shape: [2], pads: [1, 0] }]],
    "MaxPool",
    "it takes the largest of steps and of padding",
  ],
  [
    "padding before the first of means",
    [["AveragePool", ["c"], ["z"], { kernel_shape: [2], pads: [1, 0] }]],
    "AveragePool",
    "it counts only a part of the padding",
  ],
  [
    "padding that counts in a window that is cut off",
    [
      [
        "AveragePool",
        ["c"],
        ["z"],
        { kernel_shape: [3], strides: [2], pads: [1, 1], ceil_mode: 1, count_include_pad: 1 },
      ],
    ],
    "AveragePool",
    "it counts padding in a window that is cut off",
  ],
  [
    "copies of the first frame",
    [["Pad", ["c", "pads"], ["z"], { mode: "edge" }]],
    "Pad",
    'it pads time or batch by its own frames (mode "edge"); pad the sequence itself, before the model gets it',
  ],
  [
    "frames of zeros that nothing reads",
    [["Pad", ["c", "pads"], ["z"]]],
    "Pad",
    "it pads time, and no convolution or pooling along time follows it",
  ],
  ["frames that are taken away", [["Pad", ["c", "less"], ["z"]]], "Pad", "it pads time by -1 and 0"],
  ["frames and rows of zeros", [["Pad", ["c", "both"], ["z"]]], "Pad", "it pads time and batch"],
  [
    "more than the padding left out",
    [
      ["Conv", ["c", "k"], ["v"], { pads: [1, 1] }],
      ["Slice", ["v", "none", "end", "axis"], ["z"]],
    ],
    "Slice",
    "it takes a part of time or batch, 0 to -2",
  ],
  [
    "sequences of different steps",
    [
      ["MaxPool", ["c"], ["v"], { kernel_shape: [2], strides: [2] }],
      ["Add", ["v", "c"], ["z"]],
    ],
    "Add",
    "it joins sequences of different numbers of steps",
  ],
  [
    "a product of features",
    [["MatMul", ["y", "c"], ["z"]]],
    "MatMul",
    "it multiplies features with features, and not along time",
  ],
];

describe("an operator along time is refused", () => {
  const tensors = {
    pads: ints(0, 0, 2, 0, 0, 0),
    half: { shape: [], floats: [0.5] },
    lowest: { shape: [], floats: [-Infinity] },
    less: ints(0, 0, -1, 0, 0, 0),
    both: ints(1, 0, 2, 0, 0, 0),
    none: ints(0),
    end: ints(-2),
    axis: ints(2),
  };
  for (const [what, nodes, subject, reason] of NODES) {
    it(`for ${what}`, async () => {
      const words = `${subject} "${subject} of z": ${reason}`.replace(/[[\]().]/g, "\\$&");
      await expectRefusal(() => parseOnnx(after(nodes, tensors)), "unsupported", new RegExp(`\n {2}${words}(\n|$)`));
    });
  }

  it("for a sum over all steps of rows that have fewer", async () => {
    const file = gruFile({
      nodes: [
        ["GRU", ["x", "W", "R", "", "lengths"], ["own"]],
        ["ReduceMean", ["own"], ["z"], { axes: [0] }],
      ],
      inputs: { lengths: ["batch"] },
      integers: ["lengths"],
      outputs: ["z"],
    });
    const reason = "its node ReduceMean of z computes with all steps, and sequence_lens says that some rows have fewer";
    await expectRefusal(() => parseOnnx(file), "unsupported", new RegExp(`\n {2}graph: ${reason}$`));
  });
});
