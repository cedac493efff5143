// What a graph leaves open: branches, inputs that are the same in every step, and sizes.

import { describe, expect, it } from "vitest";
import { parseOnnx, type ParseOnnxOptions } from "../../src/entries/onnx.js";
import { runReference } from "../harness/reference/runReference.js";
import { GRU_NODES, GRU_TENSORS, ints, onnxFile, type OnnxFile, type OnnxFileGraph } from "../files/onnxFile.js";
import { expectRefusal } from "../harness/refusal.js";

const T = 4;
const x = Float64Array.from({ length: T * 3 }, (_, i) => Math.sin(i));
const scalar = (value: number) => ({ shape: [], ints: [value] });

function run(file: Uint8Array, options: ParseOnnxOptions = {}): number[] {
  return [...runReference(parseOnnx(file, options), { input: x, batchSize: 1 }).output];
}

/** A GRU, and after it an If by `rate`, which is a graph input without axes. */
function branching(then: OnnxFileGraph, otherwise: OnnxFileGraph, more: Partial<OnnxFile> = {}) {
  return onnxFile({
    outputs: ["z"],
    ...more,
    nodes: [
      ...GRU_NODES,
      ["Equal", ["rate", "fast"], ["isFast"]],
      ["If", ["isFast"], ["z"], { then_branch: { graph: then }, else_branch: { graph: otherwise } }],
      ...(more.nodes ?? []),
    ],
    tensors: { ...GRU_TENSORS, one: ints(1), fast: scalar(16000), ...more.tensors },
    inputs: { x: ["time", "batch", 3], rate: [], ...more.inputs },
    integers: ["rate"],
  });
}

const negative: OnnxFileGraph = { nodes: [["Neg", ["y"], ["n"]]], outputs: ["n"] };
const scaled: OnnxFileGraph = {
  nodes: [["Mul", ["y", "factor"], ["n"]]],
  tensors: { factor: { shape: [], floats: [3] } },
  outputs: ["n"],
};
const plain = run(onnxFile({ ...gruParts(), outputs: ["y"] }));

function gruParts() {
  return { nodes: GRU_NODES, tensors: { ...GRU_TENSORS, one: ints(1) }, inputs: { x: ["time", "batch", 3] } };
}

describe("an If", () => {
  it("is the branch that its condition takes, once the caller fixes it", () => {
    const file = branching(negative, scaled);
    expect(run(file, { constants: { rate: 16000 } })).toEqual(plain.map((value) => -value));
    const slow = run(file, { constants: { rate: 8000 } });
    slow.forEach((value, i) => expect(value).toBeCloseTo(3 * plain[i]!, 6));
  });

  it("may be within another, read tensors around it, and give one of them", () => {
    const inner: OnnxFileGraph = {
      nodes: [
        ["Cast", ["fast"], ["isThere"], { to: 9 }],
        ["If", ["isThere"], ["m"], { then_branch: { graph: scaled }, else_branch: { graph: negative } }],
        ["Add", ["m", "addend"], ["n"]],
      ],
      outputs: ["n"],
    };
    const tensors = { addend: { shape: [], floats: [0.5] } };
    const got = run(branching(inner, negative, { tensors }), { constants: { rate: 16000 } });
    got.forEach((value, i) => expect(value).toBeCloseTo(3 * plain[i]! + 0.5, 6));
    const tensor: OnnxFileGraph = { nodes: [], outputs: ["addend"] };
    const file = branching(negative, tensor, { nodes: [["Add", ["z", "y"], ["sum"]]], tensors, outputs: ["sum"] });
    run(file, { constants: { rate: 1 } }).forEach((value, i) => expect(value).toBeCloseTo(plain[i]! + 0.5, 6));
  });

  it("asks for what its condition depends on", async () => {
    const reason = "it is one number for all steps; pass it as constants: { rate: NUMBER }";
    await expectRefusal(
      () => parseOnnx(branching(negative, scaled)),
      "unsupported",
      new RegExp(`input "rate": ${reason}`),
    );
  });

  it("by features is refused", async () => {
    const file = onnxFile({
      ...gruParts(),
      nodes: [...GRU_NODES, ["If", ["y"], ["z"], { then_branch: { graph: negative } }]],
      outputs: ["z"],
    });
    await expectRefusal(() => parseOnnx(file), "unsupported", /If "If of z": its condition is features, which are not/);
  });

  it("without the branch that it takes is damaged", async () => {
    const file = onnxFile({
      ...gruParts(),
      nodes: [...GRU_NODES, ["If", ["one"], ["z"], { else_branch: { graph: negative } }]],
      outputs: ["z"],
    });
    const message = 'onnx node If "If of z": expected a graph then_branch, got none';
    await expectRefusal(() => parseOnnx(file), "bad-file", message);
  });

  it("gives its values names of their own", async () => {
    const clash: OnnxFileGraph = { nodes: [["Neg", ["x"], ["y"]]], outputs: ["y"] };
    const message = 'onnx: two values have the name "y"';
    const options = { constants: { rate: 16000 } };
    await expectRefusal(() => parseOnnx(branching(clash, negative), options), "bad-file", message);
  });

  it("may not go on and on", async () => {
    let graph = negative;
    for (let i = 0; i < 9; i++) graph = { nodes: [["If", ["one"], ["n"], { then_branch: { graph } }]], outputs: ["n"] };
    const message = "onnx: expected at most 8 graphs within each other, got more";
    await expectRefusal(() => parseOnnx(branching(graph, negative)), "bad-file", message);
  });
});

describe("the option constants", () => {
  const file = branching(negative, scaled);

  it("knows the graph's inputs", async () => {
    const message = 'constants: expected names of graph inputs ("x", "rate"), got "sr"';
    await expectRefusal(() => parseOnnx(file, { constants: { sr: 1 } }), "unsupported", message);
  });

  it("is of finite numbers", async () => {
    const nan = "constants.rate: expected finite numbers, got [NaN]";
    await expectRefusal(() => parseOnnx(file, { constants: { rate: NaN } }), "unsupported", nan);
    const text = 'constants.rate: expected a number or at most 65536 numbers, got the string "fast"';
    await expectRefusal(() => parseOnnx(file, { constants: { rate: "fast" as never } }), "unsupported", text);
    const none = "constants: expected an object by the names of graph inputs, got null";
    await expectRefusal(() => parseOnnx(file, { constants: null as never }), "unsupported", none);
  });

  it("is as many numbers as the input has", async () => {
    const pair = onnxFile({ ...gruParts(), inputs: { x: ["time", "batch", 3], gain: [2] }, outputs: ["y"] });
    const message = "constants.gain: expected numbers for [2], got 3";
    await expectRefusal(() => parseOnnx(pair, { constants: { gain: [1, 2, 3] } }), "shape-mismatch", message);
  });
});

describe("the option inputShapes", () => {
  const file = onnxFile({ ...gruParts(), inputs: { x: ["t", "b", "i"] }, outputs: ["y"] });

  it("gives a size that the file leaves open", () => {
    expect(run(file, { inputShapes: { x: [null, null, 3] } })).toEqual(plain);
  });

  it("agrees with the file", async () => {
    const other = onnxFile({ ...gruParts(), outputs: ["y"] });
    const message = "inputShapes.x: expected the file's [time, batch, 3], got [null,null,4]";
    await expectRefusal(() => parseOnnx(other, { inputShapes: { x: [null, null, 4] } }), "shape-mismatch", message);
    const rank = "inputShapes.x: expected the file's [t, b, i], got [4]";
    await expectRefusal(() => parseOnnx(file, { inputShapes: { x: [4] } }), "shape-mismatch", rank);
  });

  it("is of sizes", async () => {
    const message = "inputShapes.x: expected a list of sizes, with null for an axis that stays open, got [0,1,3]";
    await expectRefusal(() => parseOnnx(file, { inputShapes: { x: [0, 1, 3] } }), "unsupported", message);
    const unknown = 'inputShapes: expected names of graph inputs ("x"), got "y"';
    await expectRefusal(() => parseOnnx(file, { inputShapes: { y: [1] } }), "unsupported", unknown);
  });
});

describe("the option states", () => {
  const file = onnxFile({
    nodes: [
      ["Add", ["x", "sum"], ["total"]],
      ["Unsqueeze", ["total", "zero"], ["steps"]],
      ["GRU", ["steps", "W", "R", "", "", "h"], ["Y", "hn"]],
    ],
    tensors: { ...GRU_TENSORS, zero: ints(0) },
    inputs: { x: ["batch", 3], sum: ["batch", 3], h: [1, "batch", 2] },
    outputs: ["hn", "total"],
  });

  it("says what an input comes back as", () => {
    const { layers, graph, inputSize } = parseOnnx(file, { states: { sum: "total" } });
    expect(layers.map(({ type }) => type)).toEqual(["carry", "map", "gru"]);
    expect(graph.inputs.map(({ as }) => as)).toEqual(["input", "initialState", "initialState"]);
    expect(inputSize).toBe(3);
    expect(parseOnnx(file).inputSize).toBe(6);
  });

  it("knows the graph's inputs and outputs", async () => {
    const input = 'states: expected names of graph inputs ("x", "sum", "h"), got "total"';
    await expectRefusal(() => parseOnnx(file, { states: { total: "sum" } }), "unsupported", input);
    const output = 'states.sum: expected a graph output ("hn", "total"), got the string "Y"';
    await expectRefusal(() => parseOnnx(file, { states: { sum: "Y" } }), "unsupported", output);
    const shape = "states.sum: expected an output of its shape, got hn";
    await expectRefusal(() => parseOnnx(file, { states: { sum: "hn" } }), "unsupported", new RegExp(shape));
  });

  it("is refused of a layer that keeps another state", async () => {
    const reason = /its state input h comes back as other, which is not the state of GRU of Y/;
    const nodes = [
      ["GRU", ["steps", "W", "R", "", "", "h"], ["Y", "hn"]],
      ["Neg", ["hn"], ["other"]],
    ] as const;
    const changed = onnxFile({
      nodes: [["Unsqueeze", ["x", "zero"], ["steps"]], ...nodes],
      tensors: { ...GRU_TENSORS, zero: ints(0) },
      inputs: { x: ["batch", 3], h: [1, "batch", 2] },
      outputs: ["Y", "other"],
    });
    await expectRefusal(() => parseOnnx(changed, { states: { h: "other" } }), "unsupported", reason);
  });
});
