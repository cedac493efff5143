// Loops whose files lie: of each, the reason why it is refused. onnxruntimeFixtures.test.ts has those that run.

import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { floats, ints, onnxFile, type OnnxFileNode, type OnnxTensor } from "../files/onnxFile.js";
import { expectRefusal } from "../harness/refusal.js";

const scalar = (...values: number[]): OnnxTensor => ({ shape: [], ints: values });

/** The parts of a loop of an RNN of two units, [T, B, 3]; a test replaces some. */
interface Parts {
  /** Nodes of the body instead of those that make "h2", the state. */
  readonly cell: readonly OnnxFileNode[];
  /** Nodes of the body that make "go", the condition. */
  readonly condition: readonly OnnxFileNode[];
  /** Nodes of the body that make "t2", the counter. */
  readonly count: readonly OnnxFileNode[];
  readonly before: readonly OnnxFileNode[];
  readonly after: readonly OnnxFileNode[];
  readonly trips: OnnxTensor;
  readonly first: OnnxTensor;
  readonly state: string;
  readonly initial: string;
  readonly shape: readonly (number | string)[];
}

const RNN: OnnxFileNode[] = [
  ["Gather", ["x", "t"], ["frame"], { axis: 0 }],
  ["MatMul", ["frame", "W"], ["own"]],
  ["MatMul", ["h", "R"], ["kept"]],
  ["Add", ["own", "kept"], ["sum"]],
  ["Tanh", ["sum"], ["h2"]],
];

function loopFile(parts: Partial<Parts> = {}): Uint8Array {
  const {
    cell = RNN,
    condition = [["Less", ["t2", "T"], ["go"]]],
    count = [["Add", ["t", "one"], ["t2"]]],
    before = [],
    after = [["Identity", ["all"], ["y"]]],
    trips = scalar(2 ** 52),
    first = scalar(0),
    state = "h2",
    initial = "zeros",
    shape = ["time", "batch", 3],
  } = parts;
  const body = {
    nodes: [...cell, ...count, ...condition, ["Identity", ["h2"], ["every"]] as const],
    inputs: { i: [], c: [], t: [], h: ["batch", 2] },
    integers: ["i", "t"],
    outputs: ["go", "t2", state, "every"],
  };
  return onnxFile({
    nodes: [
      ["Shape", ["x"], ["sizes"]],
      ["Gather", ["sizes", "zero"], ["T"]],
      ["Slice", ["sizes", "begin", "end"], ["B"]],
      ["Concat", ["B", "H"], ["shape"], { axis: 0 }],
      ["Expand", ["nothing", "shape"], ["zeros"]],
      ["Less", ["first", "T"], ["start"]],
      ...before,
      ["Loop", ["trips", "start", "first", initial], ["t3", "h3", "all"], { body: { graph: body } }],
      ...after,
    ],
    tensors: {
      W: floats(3, 2),
      R: floats(2, 2),
      M: floats(2, 3),
      zero: scalar(0),
      one: scalar(1),
      two: scalar(2),
      begin: ints(1),
      end: ints(2),
      H: ints(2),
      nothing: { shape: [], floats: [0] },
      half: { shape: [], floats: [0.5] },
      yes: scalar(1),
      back: ints(-1),
      back2: ints(-(2 ** 31)),
      at: ints(0),
      trips,
      first,
    },
    inputs: { x: shape },
    outputs: ["y"],
  });
}

const less = (left: string, right: string): OnnxFileNode[] => [["Less", [left, right], ["go"]]];

const LIES: [what: string, parts: Partial<Parts>, reason: string][] = [
  [
    "a trip count below an open number of steps",
    { trips: scalar(5) },
    "it may end after 5 steps, before the sequence does",
  ],
  [
    "a trip count below the file's number of steps",
    { trips: scalar(5), shape: [8, 1, 3] },
    "it may end after 5 steps, before the sequence does",
  ],
  [
    "a condition that ends one step early",
    { condition: [["Add", ["t2", "one"], ["t4"]], ...less("t4", "T")] },
    "it may end after all but 1 steps",
  ],
  ["a condition that is asked one step late", { condition: less("t", "T") }, "nothing says that it has as many steps"],
  ["no limit", { condition: [["Identity", ["yes"], ["go"]]] }, "nothing says that it has as many steps"],
  [
    "a limit of another size",
    { condition: [["Squeeze", ["B"], ["b"]], ...less("t2", "b")] },
    "it may end after some other number of steps",
  ],
  [
    "a condition of features",
    {
      condition: [
        ["ReduceMax", ["h2"], ["m"], { axes: [1], keepdims: 0 }],
        ["Less", ["m", "half"], ["go"]],
      ],
    },
    "it needs constants as input 0, and gets features",
  ],
  [
    "a first condition that is not known",
    { first: scalar(1) },
    "it compares a number of steps or rows, which is not known",
  ],
  [
    "a counter that goes by two",
    { count: [["Add", ["t", "two"], ["t2"]]] },
    "it goes through a sequence in steps of 2",
  ],
  ["a counter that stays", { count: [["Add", ["t", "zero"], ["t2"]]] }, "it goes through a sequence in steps of 0"],
  [
    "a counter that is a product",
    { count: [["Mul", ["t", "two"], ["t2"]]] },
    "it computes with the number of a loop's step",
  ],
  [
    "a step that is read ahead",
    { cell: [["Add", ["t", "one"], ["next"]], ["Gather", ["x", "next"], ["frame"], { axis: 0 }], ...RNN.slice(1)] },
    "it begins at step 1 of a sequence",
  ],
  [
    "no sequence",
    {
      cell: [
        ["MatMul", ["h", "R"], ["k"]],
        ["Tanh", ["k"], ["h2"]],
      ],
    },
    "it reads no sequence step by step",
  ],
  [
    "a state of another shape",
    { cell: [...RNN, ["MatMul", ["h2", "M"], ["wide"]]], state: "wide" },
    "its state h comes back in another shape",
  ],
  [
    "a state that comes back as a whole number",
    { state: "t2" },
    "its state h comes back as the number of a loop's step",
  ],
  [
    "a value of the whole sequence",
    {
      before: [["ReduceMean", ["x"], ["mean"], { axes: [0], keepdims: 0 }]],
      cell: [
        ...RNN.slice(0, 4),
        ["MatMul", ["mean", "W"], ["of"]],
        ["Add", ["sum", "of"], ["both"]],
        ["Tanh", ["both"], ["h2"]],
      ],
    },
    "it joins a sequence with a value that comes once, at its end",
  ],
  [
    "a state that is a whole sequence",
    {
      cell: [
        ...RNN.slice(0, 4),
        ["MatMul", ["x", "W"], ["of"]],
        ["Add", ["sum", "of"], ["both"]],
        ["Tanh", ["both"], ["h2"]],
      ],
    },
    "it gives a value of the whole sequence at each step",
  ],
  [
    "sequences in both directions",
    {
      before: [["Slice", ["x", "back", "back2", "at", "back"], ["turned"]]],
      cell: [
        ...RNN.slice(0, 4),
        ["Gather", ["turned", "t"], ["f2"], { axis: 0 }],
        ["MatMul", ["f2", "W"], ["of"]],
        ["Add", ["sum", "of"], ["both"]],
        ["Tanh", ["both"], ["h2"]],
      ],
    },
    "it reads one sequence forwards and one backwards",
  ],
  [
    "a state that begins as another layer's output",
    {
      before: [
        ["ReduceMean", ["x"], ["mean"], { axes: [0], keepdims: 0 }],
        ["MatMul", ["mean", "W"], ["begin2"]],
      ],
      initial: "begin2",
    },
    "its state h begins as features",
  ],
];

describe("a loop", () => {
  it("of an RNN is an RNN", () => {
    const { layers } = parseOnnx(loopFile());
    expect(layers).toMatchObject([{ type: "rnn", direction: "forward", hiddenSize: 2, initialState: null }]);
  });

  it("may have a limit that no sequence reaches, or the number of steps itself", () => {
    const counted = {
      condition: [["Identity", ["yes"], ["go"]]] as OnnxFileNode[],
      trips: scalar(8),
      shape: [8, 1, 3],
    };
    expect(parseOnnx(loopFile(counted)).layers).toMatchObject([{ type: "rnn" }]);
  });

  it("whose state another layer reads before the step has it carried", () => {
    const cell: OnnxFileNode[] = [
      ...RNN.slice(0, 4),
      ["Tanh", ["sum"], ["a"]],
      ["Mul", ["a", "h"], ["b"]],
      ["Add", ["b", "own"], ["h2"]],
    ];
    expect(parseOnnx(loopFile({ cell })).layers[0]).toMatchObject({ type: "carry", size: 2, initialState: null });
  });

  it.each(LIES)("is refused for %s", async (_, parts, reason) => {
    const start = "onnx: expected a graph that the layers of webgru compute, got ";
    const pattern = new RegExp(`^${start}[^]*\\n  .*: ${reason}[^]*Keras model`);
    await expectRefusal(() => parseOnnx(loopFile(parts)), "unsupported", pattern);
  });
});
