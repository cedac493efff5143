// The operators LSTM and RNN of ONNX, as far as they are refused; test/unit/onnxruntimeFixtures.test.ts holds the others to ONNX Runtime.

import { describe, expect, it } from "vitest";
import { parseOnnx } from "../../src/entries/onnx.js";
import { expectRefusal } from "../harness/refusal.js";
import { floats, ints, onnxFile } from "../files/onnxFile.js";

/** A model of one node of two units. @param gates rows of its weights for each unit */
function cellFile(
  operator: string,
  gates: number,
  inputs: readonly string[] = ["x", "W", "R"],
  attributes: Readonly<Record<string, number>> = {},
  peephole = 0,
): Uint8Array {
  const rows = 2 * gates;
  return onnxFile({
    nodes: [[operator, inputs, ["y"], { hidden_size: 2, ...attributes }]],
    tensors: {
      W: floats(1, rows, 3),
      R: floats(1, rows, 2),
      P: { shape: [1, 6], floats: Array<number>(6).fill(peephole) },
    },
    inputs: { x: ["time", "batch", 3] },
    outputs: ["y"],
  });
}

/** One step of an LSTM whose cell another layer reads. */
const STEP_OF_CELL = onnxFile({
  nodes: [
    ["Unsqueeze", ["frame", "zero"], ["x"]],
    ["LSTM", ["x", "W", "R", "", "", "h", "c"], ["y", "hn", "cn"], { hidden_size: 2 }],
    ["MatMul", ["cn", "M"], ["z"]],
  ],
  tensors: { W: floats(1, 8, 3), R: floats(1, 8, 2), M: floats(2, 3), zero: ints(0) },
  inputs: { frame: ["batch", 3], h: [1, "batch", 2], c: [1, "batch", 2] },
  outputs: ["z", "hn", "cn"],
});

const start = "onnx: expected a graph that the layers of webgru compute, got 1 nodes of which 1 cannot be run:\n  ";

const REFUSED: [what: string, file: Uint8Array, reason: string][] = [
  [
    "peepholes",
    cellFile("LSTM", 4, ["x", "W", "R", "", "", "", "", "P"], {}, 0.5),
    'LSTM "LSTM of y": it has peepholes (P)',
  ],
  [
    "coupled gates",
    cellFile("LSTM", 4, undefined, { input_forget: 1 }),
    'LSTM "LSTM of y": its input and forget gates are coupled (input_forget)',
  ],
  ["a GRU's weights", cellFile("LSTM", 3), 'LSTM "LSTM of y": its W is [1, 6, 3] and not [1, 8, 3]'],
  ["an LSTM's weights", cellFile("RNN", 4), 'RNN "RNN of y": its W is [1, 8, 3] and not [1, 2, 3]'],
];

describe("an ONNX node", () => {
  it.each(REFUSED)("is refused for %s", async (_, file, reason) => {
    await expectRefusal(() => parseOnnx(file), "unsupported", start + reason);
  });

  it("may have peepholes that are zero", () => {
    const { layers } = parseOnnx(cellFile("LSTM", 4, ["x", "W", "R", "", "", "", "", "P"]));
    expect(layers).toMatchObject([{ type: "lstm", hiddenSize: 2, bias: null, clip: null }]);
  });

  it("is refused for the cell of each step, which another layer reads", async () => {
    await expectRefusal(
      () => parseOnnx(STEP_OF_CELL),
      "unsupported",
      "onnx: expected a graph that the layers of webgru compute, got 3 nodes of which 1 cannot be run:\n  graph: " +
        "its node LSTM of y gives its cell of every step to another layer; export the model with its whole sequence: " +
        "the cell after the last step can be read",
    );
  });

  it("has its LSTM's gates i, o, f, c in our order", () => {
    const [lstm] = parseOnnx(cellFile("LSTM", 4)).layers as unknown as [{ recurrentWeight: Float32Array }];
    const R = floats(1, 8, 2).floats!.map(Math.fround);
    const block = (gate: number) => R.slice(4 * gate, 4 * gate + 4);
    expect([...lstm.recurrentWeight]).toEqual([...block(0), ...block(2), ...block(3), ...block(1)]);
  });
});
