// Graphs that sort their rows by length and leave them so, in part or as a whole; onnxFixtures.test.ts has those that put them back.

import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { GRU_TENSORS, ints, onnxFile, type OnnxFileNode, type OnnxTensor } from "../files/onnxFile.js";
import { expectRefusal } from "../harness/refusal.js";

const scalar = (value: number): OnnxTensor => ({ shape: [], ints: [value] });
const sort: OnnxFileNode = ["TopK", ["n", "rows"], ["sorted", "order"], { axis: -1, largest: 1 }];
const gather: OnnxFileNode = ["Gather", ["x", "order"], ["xs"], { axis: 1 }];
const gru: OnnxFileNode = ["GRU", ["xs", "W", "R", "", "sorted"], ["all"]];
const invert: OnnxFileNode[] = [
  ["Shape", ["order"], ["s"]],
  ["ReduceProd", ["s"], ["number"], { keepdims: 0 }],
  ["Range", ["zero", "number", "one"], ["numbers"]],
  ["ConstantOfShape", ["s"], ["empty"]],
  ["ScatterElements", ["empty", "order", "numbers"], ["inverse"], { axis: 0 }],
];
const back: OnnxFileNode = ["Gather", ["all", "inverse"], ["y"], { axis: 2 }];

const file = (nodes: readonly OnnxFileNode[]) =>
  onnxFile({
    nodes: [["Shape", ["n"], ["rows"]], ...nodes],
    tensors: { ...GRU_TENSORS, zero: scalar(0), one: scalar(1), two: ints(2) },
    inputs: { x: ["time", "batch", 3], n: ["batch"] },
    integers: ["n"],
    outputs: ["y"],
  });

const LIES: [what: string, nodes: readonly OnnxFileNode[], reason: string][] = [
  [
    "an output in that order",
    [sort, gather, ["GRU", ["xs", "W", "R", "", "sorted"], ["y"]]],
    "output y is of rows by their lengths",
  ],
  [
    "some of the rows",
    [["TopK", ["n", "two"], ["sorted", "order"]], gather, gru, ...invert, back],
    "it sorts some of the rows",
  ],
  ["features", [["TopK", ["x", "rows"], ["y", "order"]]], "it sorts features"],
  [
    "rows that are put back twice",
    [
      sort,
      gather,
      gru,
      ...invert,
      ["Gather", ["all", "inverse"], ["b"], { axis: 2 }],
      ["Gather", ["b", "inverse"], ["y"], { axis: 2 }],
    ],
    "it takes rows of one order as those of another",
  ],
  [
    "rows that are sorted twice",
    [
      sort,
      gather,
      ["Gather", ["xs", "order"], ["x2"], { axis: 1 }],
      ["GRU", ["x2", "W", "R", "", "sorted"], ["all"]],
      ...invert,
      back,
    ],
    "it takes rows of one order as those of another",
  ],
  [
    "rows beside the others",
    [sort, gather, ["Add", ["xs", "x"], ["both"]], ["GRU", ["both", "W", "R", "", "sorted"], ["all"]], ...invert, back],
    "it joins rows of one order with rows of another",
  ],
  [
    "rows with lengths in another order",
    [sort, gather, ["GRU", ["xs", "W", "R", "", "n"], ["all"]], ...invert, back],
    "it joins rows of one order with rows of another",
  ],
  [
    "other numbers that are scattered",
    [
      sort,
      gather,
      gru,
      ...invert.slice(0, 4),
      ["ScatterElements", ["empty", "order", "order"], ["inverse"], { axis: 0 }],
      back,
    ],
    "it sorts something other than the rows of a batch",
  ],
];

describe("a graph that sorts its rows", () => {
  it("and puts them back has the layers of one that does not", () => {
    const { layers } = parseOnnx(file([sort, gather, gru, ...invert, back]));
    expect(layers.map(({ type }) => type)).toEqual(["gru"]);
  });

  it.each(LIES)("is refused for %s", async (_, nodes, reason) => {
    const start = "^onnx: expected a graph that the layers of webgru compute, got ";
    await expectRefusal(() => parseOnnx(file(nodes)), "unsupported", new RegExp(`${start}[^]*\\n  .*: .*${reason}`));
  });
});
