// Small ONNX files that ask for much time or memory, each parsed in a process of its own.

import { WireType } from "@bufbuild/protobuf/wire";
import { beforeAll, expect, it } from "vitest";
import { childCost, costFaults } from "../harness/childCost.js";
import { buildLibrary } from "../harness/library.js";
import {
  encodeTensor,
  field,
  floats,
  GRU_TENSORS,
  gruFile,
  intField,
  ints,
  message,
  type OnnxFile,
  onnxFile,
  type OnnxFileGraph,
  type OnnxFileNode,
  type OnnxTensor,
} from "../files/onnxFile.js";

beforeAll(buildLibrary);

const times = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));
/** `make` of each node by the value before it, beginning with `first`; the last one's value is z. */
const chain = (length: number, first: string, make: (before: string, after: string, i: number) => OnnxFileNode) =>
  times(length, (i) => make(i === 0 ? first : `v${i - 1}`, i === length - 1 ? "z" : `v${i}`, i));
const scalar = (value: number): OnnxTensor => ({ shape: [], floats: [value] });
const packed = (length: number) => new Uint8Array(length).fill(1);
/** A graph of which only this is there. */
const graphOf = (write: Parameters<typeof message>[0]) =>
  message((writer) => (intField(writer, 1, 8), field(writer, 7, message(write))));

const model = (file: Partial<OnnxFile>) => gruFile({ outputs: ["z"], ...file });
const big = { size: ints(2 ** 20), wide: ints(1, 2 ** 16), half: scalar(0.5) };
const constantOfShape = ["ConstantOfShape", ["size"], ["c"]] as const;
const addUp = ["Add", ["y", "c"], ["z"]] as const;

/** One of 60 normalisations in single operators, one after the other. */
const norm = (i: number): OnnxFileNode[] => [
  ["ReduceMean", [`n${i}`], [`mean${i}`], { axes: [2] }],
  ["Sub", [`n${i}`, `mean${i}`], [`d${i}`]],
  ["Pow", [`d${i}`, "two"], [`s${i}`]],
  ["ReduceMean", [`s${i}`], [`v${i}`], { axes: [2] }],
  ["Add", [`v${i}`, "two"], [`e${i}`]],
  ["Sqrt", [`e${i}`], [`r${i}`]],
  ["Div", [`d${i}`, `r${i}`], [i === 59 ? "z" : `n${i + 1}`]],
];

const CASES: Record<string, () => Uint8Array> = {
  "many large constants": () => {
    const constants = times(16, (i): OnnxFileNode => ["ConstantOfShape", ["size"], [`c${i}`]]);
    return model({ nodes: [...constants, ["Sum", ["y", ...times(16, (i) => `c${i}`)], ["z"]]], tensors: big });
  },
  "a large constant, computed with again and again": () =>
    model({ nodes: [constantOfShape, ...chain(300, "c", (from, to) => ["Add", [from, "half"], [to]])], tensors: big }),
  "a constant that doubles": () =>
    model({
      nodes: chain(40, "half1", (from, to) => ["Concat", [from, from], [to], { axis: 0 }]),
      tensors: { half1: floats(1) },
    }),
  "a list of sizes that doubles": () =>
    model({
      nodes: [["Shape", ["x"], ["s"]], ...chain(40, "s", (from, to) => ["Concat", [from, from], [to], { axis: 0 }])],
    }),
  "a size that is multiplied with itself": () =>
    model({
      nodes: [["Shape", ["x"], ["s"]], ...chain(60, "s", (from, to) => ["Mul", [from, from], [to]])],
    }),
  "a wide Expand": () =>
    model({ nodes: [["Expand", ["half", "size2"], ["c"]], addUp], tensors: { ...big, size2: ints(2 ** 12, 2 ** 12) } }),
  "a wide Tile": () =>
    model({
      nodes: [["Tile", ["half1", "size"], ["c"]], addUp],
      tensors: { ...big, half1: floats(1), size: ints(2 ** 30) },
    }),
  "a long Range": () =>
    model({
      nodes: [["Range", ["zero", "most", "step"], ["c"]], addUp],
      tensors: { zero: scalar(0), most: scalar(1e9), step: scalar(1e-9) },
    }),
  "a Range of steps of nothing": () =>
    model({ nodes: [["Range", ["zero", "half", "zero"], ["c"]], addUp], tensors: { ...big, zero: scalar(0) } }),
  "a large one-hot table": () =>
    model({
      nodes: [["OneHot", ["i", "depth", "values"], ["c"]], addUp],
      inputs: { i: ["time", "batch"] },
      integers: ["i"],
      tensors: { depth: ints(4096), values: floats(2) },
    }),
  "features by the thousand, passed on by many nodes": () =>
    model({
      nodes: [
        ["Expand", ["x1", "wide"], ["w"]],
        ["Reshape", ["w", "square"], ["r"]],
        ...chain(100, "r", (from, to) => ["Transpose", [from], [to], { perm: [0, 1, 3, 2] }]),
      ],
      inputs: { x1: ["time", "batch", 1] },
      tensors: { wide: ints(1, 1, 2 ** 16), square: ints(0, 0, 256, 256) },
    }),
  "an axis of 2^40 beside one of none": () =>
    model({
      nodes: chain(40, "none", (from, to, i) => [
        "Slice",
        [from, "first", "last"],
        [to],
        { axes: [1], starts: [i], ends: [2 ** 40] },
      ]),
      tensors: { none: { shape: [0, 2 ** 40], floats: [] }, first: ints(0), last: ints(1) },
    }),
  "many rows of none": () =>
    model({
      nodes: [
        ["Gather", ["none", "rows"], ["g"], { axis: 1 }],
        ...chain(40, "g", (from, to) => ["Gather", [from, "rows"], [to], { axis: 1 }]),
      ],
      tensors: { none: { shape: [2 ** 16, 4, 0], floats: [] }, rows: { shape: [4096], ints: times(4096, () => 0) } },
    }),
  "a rank of thousands": () =>
    model({
      nodes: [["Reshape", ["half", "ones"], ["r"]], ...chain(1000, "r", (from, to) => ["Transpose", [from], [to]])],
      tensors: { ...big, ones: { shape: [4096], ints: times(4096, () => 1) } },
    }),
  "a deep graph of layers, and its last step": () =>
    model({
      nodes: [["Relu", ["Y_h"], ["r"]], ...chain(1000, "y", (from, to) => ["Relu", [from], [to]])],
      outputs: ["z"],
    }),
  "the last step of a deep graph": () =>
    model({
      nodes: [
        ...times(1000, (i): OnnxFileNode => ["Relu", [i ? `v${i - 1}` : "y"], [`v${i}`]]),
        ["Gather", ["v999", "end"], ["z"], { axis: 0 }],
      ],
      tensors: { end: { shape: [], ints: [-1] } },
    }),
  "products that are added": () =>
    model({
      nodes: [["Mul", ["w", "w"], ["p"]], ...chain(1000, "p", (from, to) => ["Add", [from, "p"], [to]])],
      inputs: { w: ["time", "batch", 512] },
    }),
  "branches in branches": () => {
    let graph: OnnxFileGraph = { nodes: [["Neg", ["y"], ["n"]]], outputs: ["n"] };
    for (let i = 0; i < 100; i++)
      graph = { nodes: [["If", ["one"], ["n"], { then_branch: { graph } }]], outputs: ["n"] };
    return model({ nodes: [["If", ["one"], ["z"], { then_branch: { graph } }]] });
  },
  "a branch of each node, each with hundreds of names": () => {
    const names = times(200, (i) => `i${i}`);
    const graph: OnnxFileGraph = { nodes: [["Sum", names, ["n"]]], outputs: ["n"] };
    return model({
      nodes: chain(1000, "y", (_, to) => ["If", ["one"], [to], { then_branch: { graph }, else_branch: { graph } }]),
      inputs: Object.fromEntries(names.map((name) => [name, [3]])),
    });
  },
  "sums that are multiplied": () =>
    model({
      nodes: [
        ["Concat", ["w", "w"], ["v"], { axis: 2 }],
        ...chain(1000, "v", (from, to, i) => [i % 2 ? "Mul" : "Add", [from, "v"], [to]]),
      ],
      inputs: { w: ["time", "batch", 512] },
    }),
  "wide products": () =>
    model({
      nodes: [["Expand", ["x1", "wide"], ["w"]], ...chain(400, "w", (from, to) => ["Mul", [from, "w"], [to]])],
      inputs: { x1: ["time", "batch", 1] },
      tensors: { wide: ints(1, 1, 2 ** 16) },
    }),
  "states by the hundred": () =>
    onnxFile({
      nodes: times(200, (i): OnnxFileNode => ["Add", [`s${i}`, "w"], [`s${i}_out`]]),
      inputs: { w: ["batch", 64], ...Object.fromEntries(times(200, (i) => [`s${i}`, ["batch", 64]])) },
      outputs: times(200, (i) => `s${199 - i}_out`),
    }),
  "operators that nobody knows": () =>
    model({
      nodes: chain(1000, "y", (from, to, i) => [`Unknown${"?".repeat(200)}${i}`, [from], [to]]),
      inputs: Object.fromEntries(times(200, (i) => [`i${i}`, ["", "", ""]])),
    }),
  "orders that are none": () =>
    model({
      nodes: [
        ...times(250, (i): OnnxFileNode => ["Transpose", ["y"], [`t${i}`], { perm: times(256, () => 7) }]),
        ["Sum", times(250, (i) => `t${i}`), ["z"]],
      ],
    }),
  "a cycle": () =>
    model({
      nodes: [
        ["Add", ["y", "b"], ["a"]],
        ["Add", ["y", "a"], ["b"]],
      ],
      outputs: ["b"],
    }),
  "4 MB of attributes": () =>
    graphOf((graph) =>
      field(
        graph,
        1,
        message((node) =>
          times(500_000, (i) =>
            field(
              node,
              5,
              message((one) => field(one, 1, `${i}`)),
            ),
          ),
        ),
      ),
    ),
  "4 MB of numbers in an attribute": () =>
    graphOf((graph) =>
      field(
        graph,
        1,
        message((node) =>
          field(
            node,
            5,
            message((one) => field(one, 8, packed(4e6))),
          ),
        ),
      ),
    ),
  "4 MB of whole numbers, each a byte": () =>
    model({ nodes: [["Add", ["y", "many"], ["z"]]], tensors: { many: { shape: [4e6], packed: packed(4e6) } } }),
  "4 MB of axes": () =>
    graphOf((graph) => {
      const shape = message((writer) => times(1e6, () => writer.tag(1, WireType.LengthDelimited).bytes(packed(0))));
      const type = message((writer) =>
        field(
          writer,
          1,
          message((inner) => field(inner, 2, shape)),
        ),
      );
      field(
        graph,
        11,
        message((port) => (field(port, 1, "x"), field(port, 2, type))),
      );
    }),
  "4 MB of sizes": () =>
    graphOf((graph) =>
      field(
        graph,
        5,
        message((tensor) => field(tensor, 1, packed(4e6))),
      ),
    ),
  "4 MB of operator sets": () =>
    message((writer) => {
      intField(writer, 1, 8);
      for (let i = 0; i < 500_000; i++) {
        const one = message((inner) => (field(inner, 1, `${i}`), intField(inner, 2, 17)));
        field(writer, 8, one);
      }
    }),
  "a million names": () => {
    const many = times(250, () => "x");
    return model({
      nodes: times(1000, (i): OnnxFileNode => ["Sum", many, [i === 999 ? "z" : `v${i}`]]),
      inputs: Object.fromEntries(times(200, (i) => [`i${i}`, [3]])),
    });
  },
  "files beside it, for each of thousands of tensors": () =>
    model({
      nodes: [["Relu", ["y"], ["z"]]],
      tensors: Object.fromEntries(times(1500, (i) => [`t${i}`, { shape: [1], external: { location: `f${i}` } }])),
    }),
  "frames of zeros around frames of zeros": () =>
    model({
      nodes: [
        ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }],
        ...chain(600, "c", (from, to, i) => (i === 599 ? ["Conv", [from, "k"], [to]] : ["Pad", [from, "pads"], [to]])),
      ],
      tensors: { pads: ints(0, 0, 2 ** 20, 0, 0, 2 ** 20), k: floats(2, 2, 3) },
    }),
  "strides along time after strides": () =>
    model({
      nodes: [
        ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }],
        ...chain(200, "c", (from, to) => ["MaxPool", [from], [to], { kernel_shape: [2 ** 20], strides: [2 ** 20] }]),
      ],
    }),
  "weights of steps of weights of steps": () =>
    model({
      nodes: [
        ["Expand", ["y", "wide3"], ["w"]],
        ["Transpose", ["w"], ["turned"], { perm: [1, 2, 0] }],
        ["Softmax", ["turned"], ["soft"], { axis: 2 }],
        ["Transpose", ["w"], ["rows"], { perm: [1, 0, 2] }],
        ...times(100, (i): OnnxFileNode => ["MatMul", ["soft", "rows"], [i === 99 ? "z" : `m${i}`]]),
      ],
      tensors: { wide3: ints(1, 1, 2) },
    }),
  "a sequence of 2^30 steps in one frame": () =>
    onnxFile({
      nodes: [
        ["GRU", ["x", "W", "R"], ["Y"]],
        ["Reshape", ["Y", "flat"], ["z"]],
      ],
      tensors: { ...GRU_TENSORS, flat: ints(1, -1) },
      inputs: { x: [2 ** 30, 1, 3] },
      outputs: ["z"],
    }),
  "norms of norms, written out": () => {
    return model({
      nodes: [["Tile", ["y", "often"], ["n0"]], ...times(60, norm).flat()],
      tensors: { two: scalar(2), often: ints(1, 1, 2 ** 14) },
    });
  },
  "groups beyond counting": () =>
    model({
      nodes: [
        ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }],
        ["GroupNormalization", ["y", "k", "k"], ["z"], { num_groups: 2 ** 40 }],
      ],
      tensors: { k: floats(2) },
    }),
  "batch normalisations of one convolution, again and again": () =>
    model({
      nodes: [
        ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }],
        ["Conv", ["c", "k"], ["v"]],
        ...chain(400, "v", (from, to) => ["BatchNormalization", [from, "b", "b", "b", "b"], [to]]),
      ],
      tensors: { k: floats(2 ** 10, 2, 3), b: floats(2 ** 10) },
    }),
  "a cycle of convolutions": () =>
    model({
      nodes: [
        ["Transpose", ["y"], ["c"], { perm: [1, 2, 0] }],
        ["Conv", ["z", "k"], ["v"]],
        ["Add", ["c", "v"], ["z"]],
      ],
      tensors: { k: floats(2, 2, 3) },
    }),
  "tensors by the thousand": () =>
    graphOf((graph) => times(100_000, (i) => field(graph, 5, encodeTensor(`${i}`, { shape: [1], ints: [1] })))),
};

for (const [what, make] of Object.entries(CASES)) {
  it(`is answered within its limits: ${what}`, async () => {
    const bytes = make();
    const cost = await childCost(bytes);
    expect(costFaults(cost, bytes.length)).toEqual([]);
  });
}
