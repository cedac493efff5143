// Changes in Python that a refused graph's author can make.

import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { GRU_TENSORS, gruFile, ints, onnxFile, type OnnxFile, type OnnxFileNode } from "../files/onnxFile.js";

/** The message of a refused model. */
function refusalOf(file: Uint8Array): string {
  try {
    parseOnnx(file);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected a refusal, got a network");
}

/** A GRU with lengths, which the graph passes on, too. */
const withLengths = (outputs: string[]) =>
  onnxFile({
    nodes: [
      ["GRU", ["x", "W", "R", "", "n"], ["z"]],
      ["Identity", ["n"], ["m"]],
    ],
    tensors: GRU_TENSORS,
    inputs: { x: ["time", "batch", 3], n: ["batch"] },
    integers: ["n"],
    outputs,
  });

const matrixOf = (rows: number) => ({ shape: [rows, 2], floats: Array.from({ length: 2 * rows }, (_, i) => i) });

const model = (nodes: readonly OnnxFileNode[], more: Partial<OnnxFile> = {}) =>
  refusalOf(gruFile({ nodes, outputs: ["z"], producer: "pytorch", ...more }));

/** Single steps of x, as a loop over a cell becomes by tracing. */
const unrolled = (numSteps: number): OnnxFileNode[] => [
  ...Array.from({ length: numSteps }, (_, i): OnnxFileNode => ["Gather", ["x", `i${i}`], [`x${i}`], { axis: 0 }]),
  ["Sum", Array.from({ length: numSteps }, (_, i) => `x${i}`), ["z"]],
];

describe("a graph that cannot be run", () => {
  it("with control flow by tf2onnx is to be loaded from Keras", () => {
    const message = model([["Loop", ["", "", "y"], ["z"], { body: { graph: { nodes: [], outputs: [] } } }]], {
      producer: "tf2onnx",
    });
    expect(message).toMatch(/Loop "Loop of z": .*\n.*left a recurrent layer as a Loop: load the Keras model itself/);
  });

  it("with control flow by PyTorch is to be traced, or loaded from a state_dict", () => {
    expect(model([["If", ["y"], ["z"]]])).toMatch(
      /\n.*trace nn\.GRU without it, or load the state_dict, torch\.save\(/,
    );
  });

  it("that sorts its rows is to be exported with enforce_sorted=True", () => {
    expect(model([["TopK", ["y", "one"], ["z"]]])).toMatch(/\n.*enforce_sorted=False\).*enforce_sorted=True/);
    expect(model([["ScatterElements", ["y", "one", "y"], ["z"]]])).not.toMatch(/enforce_sorted/);
  });

  it("that fixes the batch says so, not that it joins features, and how to leave it open", () => {
    const shape = { shape: [4], ints: [1, 1, 3, 1] };
    const message = model([["Expand", ["y", "shape"], ["z"]]], { tensors: { shape } });
    expect(message).toMatch(/Expand "Expand of z": it fixes time or batch at 3\n.*batch 1.*dynamic_axes.*state_dict/);
    expect(message).not.toMatch(/joins/);
  });

  it("that a loop was traced into is to be exported with nn.GRU", () => {
    const indices = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`i${i}`, { shape: [], ints: [i + 1] }]));
    const file = onnxFile({
      nodes: unrolled(9),
      tensors: indices,
      inputs: { x: ["time", "batch", 3] },
      outputs: ["z"],
      producer: "pytorch",
    });
    const message = refusalOf(file);
    expect(message).toMatch(
      /\na loop over nn\.GRUCell is unrolled by the export: export nn\.GRU in its place, or load/,
    );
    expect(message.length).toBeLessThan(700);
  });

  it("that gives its lengths alone is to leave them out, and beside others they are", () => {
    expect(refusalOf(withLengths(["m"]))).toMatch(
      /its output m is lengths\nleave the lengths out of forward's results/,
    );
    const { graph, notes } = parseOnnx(withLengths(["z", "m"]));
    expect(graph.outputs.map(({ name }) => name)).toEqual(["z"]);
    expect(notes).toContain("Graph output m is the lengths, which the caller has: it is left out.");
  });

  it("that was unrolled over steps at the front says so", () => {
    const [x, h] = [Array.from({ length: 3 }, (_, i) => `x${i}`), ["h0", "h1", "h2", "h3"]];
    const steps = x.flatMap((each, i): OnnxFileNode[] => [
      ["Gather", ["x", `i${i}`], [each]],
      ["Gemm", [each, "A"], [`a${i}`]],
      ["Gemm", [h[i]!, "B"], [`b${i}`]],
      ["Add", [`a${i}`, `b${i}`], [`s${i}`]],
      ["Tanh", [`s${i}`], [h[i + 1]!]],
    ]);
    const indices = Object.fromEntries(x.map((_, i) => [`i${i}`, { shape: [], ints: [i] }]));
    const file = onnxFile({
      nodes: [["ConstantOfShape", ["zeros"], ["h0"]], ...steps],
      tensors: { ...indices, A: matrixOf(3), B: matrixOf(2), zeros: { shape: [2], ints: [1, 2] } },
      inputs: { x: [3, "batch", 3] },
      outputs: ["h3"],
    });
    expect(refusalOf(file)).toContain("a loop over nn.GRUCell is unrolled by the export");
  });

  it("of onnxruntime's own operators is to be loaded from before", () => {
    expect(model([["BiasGelu", ["y"], ["z"], {}, "com.microsoft"]])).toMatch(
      /\nonnxruntime's optimizer wrote its own operators/,
    );
  });

  it("names the first nodes and reasons, and counts the others", () => {
    const nodes = Array.from({ length: 30 }, (_, i): OnnxFileNode => [`Op${i % 2}`, ["y"], [`v${i}`]]);
    const shapes = Array.from({ length: 9 }, (_, i): OnnxFileNode => [
      "Gather",
      ["y", `i${i}`],
      [`g${i}`],
      { axis: 3 + i },
    ]);
    const message = model([...shapes, ...nodes, ["Sum", [...nodes, ...shapes].map(([, , [to]]) => to!), ["z"]]], {
      tensors: Object.fromEntries(shapes.map((_, i) => [`i${i}`, ints(0)])),
    });
    expect(message).toMatch(/39 cannot be run:\n {2}Gather "Gather of g0": it names axis 3 of 3\n/);
    expect(message.split("\n")).toHaveLength(7);
    expect(message).toMatch(/\n {2}and 5 more reasons$/);
    const many = model([...nodes, ["Sum", nodes.map(([, , [to]]) => to!), ["z"]]]);
    expect(many).toMatch(/Op0 "Op0 of v0", Op1 "Op1 of v1", Op0 "Op0 of v2", Op1 "Op1 of v3" and 26 more: no layer/);
  });
});
