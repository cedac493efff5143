import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "../../src/formats/description.js";
import { readNpz } from "../../src/formats/npz/npzFile.js";
import { parseNpz } from "../../src/formats/npz/parseNpz.js";
import { parseModel } from "../../src/load/parseModel.js";
import { runReference } from "../harness/reference/runReference.js";
import { projectRoot } from "../harness/library.js";
import { npy, npzFile } from "../files/npzFile.js";
import { zip } from "../files/pickleFile.js";
import { randomArray, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";
import { gruShapes, linearShapes, stateDictFile, stateDictTensors } from "../files/stateDictFile.js";

describe("a .npz file", () => {
  it("by PyTorch's names is the same network as the state_dict in safetensors", async () => {
    const shapes = { ...gruShapes("gru.", 4, 5, { numLayers: 2 }), ...linearShapes("head", 5, 3) };
    const file = npzFile(Object.fromEntries(stateDictTensors(shapes)));
    expect(await parseModel(file)).toEqual(await parseModel(stateDictFile(shapes)));
  });

  it("by PyTorch's names obeys a description", () => {
    const file = npzFile(Object.fromEntries(stateDictTensors(gruShapes("", 4, 5))));
    const layer = { type: "gru", name: "l0", inputSize: 4, hiddenSize: 5, returnSequences: false } as const;
    expect(parseNpz(file, { layers: [layer] }).layers).toMatchObject([
      { name: "l0.steps" },
      { type: "last", name: "l0" },
    ]);
  });

  it("may have whole numbers of any size", () => {
    const forms: [descr: string, bytes: number[], expected: number[]][] = [
      ["<i4", [2, 1, 0, 0, 255, 255, 255, 255], [258, -1]],
      ["<i2", [2, 1, 255, 255], [258, -1]],
      ["|u1", [2, 255], [2, 255]],
      ["|b1", [1, 0], [1, 0]],
    ];
    for (const [descr, bytes, expected] of forms) {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }\n`;
      const array = npy({ shape: [], values: new Float32Array() }, header);
      const file = zip({ "a.npy": Uint8Array.from([...array, ...bytes]) });
      expect([...readNpz(file).get("a")!.values], descr).toEqual(expected);
    }
  });

  it("as numpy writes it is read: every dtype, both orders, compressed or not", () => {
    for (const form of ["packed", "plain"]) {
      const bytes = new Uint8Array(readFileSync(`${projectRoot}test/fixtures/numpy_${form}.npz`));
      const arrays = [...readNpz(bytes)].map(([name, { shape, values }]) => [name, shape, [...values]]);
      expect(arrays).toEqual([
        ["f4", [2, 3], [0, 1, 2, 3, 4, 5]],
        ["f8", [2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25]],
        ["f2", [2, 3], [0, 0.5, 1, 1.5, 2, 2.5]],
        ["i8", [2, 3], [-0, -1, -2, -3, -4, -5].map((value) => value + 0)],
        ["columns", [2, 3], [0, 1, 2, 3, 4, 5]],
        ["none", [], [7]],
      ]);
    }
  });
});

describe("a .npz file by Keras's names", () => {
  const next = uniform(3);
  const [kernel, recurrent] = [randomArray(2 * 9, next), randomArray(3 * 9, next)];
  const kernels = {
    "gru/gru_cell/kernel:0": tensor([2, 9], kernel),
    "gru/gru_cell/recurrent_kernel:0": tensor([3, 9], recurrent),
  };

  for (const resetAfter of [true, false]) {
    it(`computes what Keras's equations do, reset ${resetAfter ? "after" : "before"}`, () => {
      const shape = resetAfter ? [2, 9] : [9];
      const bias = randomArray(resetAfter ? 18 : 9, next);
      const network = parseNpz(npzFile({ ...kernels, "gru/gru_cell/bias:0": tensor(shape, bias) }));
      expect(network.layers).toMatchObject([{ name: "gru", inputSize: 2, hiddenSize: 3, resetAfter }]);
      const x = [0.3, -0.8];
      const h = [0.5, -0.25, 0.75];
      const { output } = runReference(network, { input: x, initialState: h, batchSize: 1 });
      const expected = kerasStep(x, h, bias, resetAfter);
      for (const [i, value] of expected.entries()) expect(output[i]).toBeCloseTo(value, 6);
    });
  }

  /** One step, column by column, in Keras's own order of gates: z, r, n. */
  function kerasStep(x: number[], h: number[], bias: Float32Array, resetAfter: boolean): number[] {
    const recurrentBias = (column: number) => (resetAfter ? bias[9 + column]! : 0);
    const input = (column: number) => product(kernel, x, column) + bias[column]!;
    const state = (column: number, of = h) => product(recurrent, of, column) + recurrentBias(column);
    const gate = (block: number) => h.map((_, k) => sigmoid(input(3 * block + k) + state(3 * block + k)));
    const [z, r] = [gate(0), gate(1)];
    const reset = h.map((value, k) => r[k]! * value);
    return h.map((value, k) => {
      const inner = resetAfter ? r[k]! * state(6 + k) : state(6 + k, reset);
      return z[k]! * value + (1 - z[k]!) * Math.tanh(input(6 + k) + inner);
    });
  }

  it("has an LSTM, whose gates are in our order, and a SimpleRNN", () => {
    const numbers = Float32Array.from({ length: 16 }, (_, i) => i);
    const { layers, notes } = parseNpz(
      npzFile({
        "lstm/lstm_cell/kernel:0": tensor([1, 8], numbers.slice(0, 8)),
        "lstm/lstm_cell/recurrent_kernel:0": tensor([2, 8], numbers),
        "lstm/lstm_cell/bias:0": tensor([8], numbers.slice(8)),
        "rnn/simple_rnn_cell/kernel": tensor([2, 1], numbers.slice(2, 4)),
        "rnn/simple_rnn_cell/recurrent_kernel": tensor([1, 1], numbers.slice(9, 10)),
      }),
    );
    const recurrentWeight = Float32Array.of(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    expect(layers).toMatchObject([
      { type: "lstm", hiddenSize: 2, weight: numbers.slice(0, 8), recurrentWeight, bias: numbers.slice(8) },
      { type: "rnn", hiddenSize: 1, weight: Float32Array.of(2, 3), recurrentWeight: Float32Array.of(9), bias: null },
    ]);
    expect(notes).toEqual([
      `Inferred from Keras's names, in the order of the file: LSTM "lstm" (forward), then SimpleRNN "rnn" (forward, tanh: names say none).`,
    ]);
  });

  it("has embedding, GRU and dense layers in the order of the file, and says what it took them for", () => {
    const file = npzFile({
      "embedding/embeddings": tensor([4, 2], randomArray(8, next)),
      "gru/gru_cell/kernel": kernels["gru/gru_cell/kernel:0"],
      "gru/gru_cell/recurrent_kernel": kernels["gru/gru_cell/recurrent_kernel:0"],
      "dense/kernel": tensor([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
      "dense/bias": tensor([2], Float32Array.of(7, 8)),
    });
    const network = parseNpz(file);
    expect(network.layers).toMatchObject([
      { type: "embedding", numEmbeddings: 4, embeddingSize: 2 },
      { type: "gru", bias: null, recurrentBias: null, resetAfter: true },
      { type: "dense", weight: Float32Array.of(1, 3, 5, 2, 4, 6), bias: Float32Array.of(7, 8) },
    ]);
    expect(network.notes).toEqual([
      'Inferred from Keras\'s names, in the order of the file: embedding "embedding", then GRU "gru" (forward, reset after), ' +
        'then dense "dense" (no activation: names say none).',
    ]);
  });

  it("is refused for two dense layers in a row, whose activations it does not have, with the description to complete", async () => {
    const dense = tensor([3, 2], randomArray(6, next));
    const dense1 = tensor([2, 2], randomArray(4, next));
    const file = npzFile({ ...kernels, "dense/kernel:0": dense, "dense_1/kernel:0": dense1 });
    const message =
      /^npz: expected .* got dense layers in a row, "dense", "dense_1", whose activations are not in the file; pass a description .*"name":"dense",.*"activation":"\?"/s;
    await expectRefusal(() => parseNpz(file), "unsupported", message);
    const layers: NetworkDescription["layers"] = [
      { type: "gru", name: "gru", inputSize: 2, hiddenSize: 3 },
      { type: "dense", name: "dense", inputSize: 3, outputSize: 2, activation: "relu" },
      { type: "dense", name: "dense_1", inputSize: 2, outputSize: 2 },
    ];
    expect(parseNpz(file, { layers }).layers).toHaveLength(3);
  });

  it("obeys a description", () => {
    const description: NetworkDescription = {
      layers: [{ type: "gru", name: "gru", inputSize: 2, hiddenSize: 3, newActivation: "relu" }],
    };
    expect(parseNpz(npzFile(kernels), description).layers).toMatchObject([{ newActivation: { name: "relu" } }]);
  });

  const refused: [what: string, file: Uint8Array, code: "unsupported" | "shape-mismatch", message: string][] = [
    [
      "an array of another layer",
      npzFile({ ...kernels, "norm/gamma": tensor([3], recurrent.slice(0, 3)) }),
      "unsupported",
      'npz: expected weights of embedding, forward recurrent and dense layers by Keras\'s names, got "norm/gamma"; save the model as .keras',
    ],
    [
      "a bidirectional layer",
      npzFile({ "both/forward_gru/gru_cell/recurrent_kernel": tensor([3, 9], recurrent) }),
      "unsupported",
      'npz: expected weights of embedding, forward recurrent and dense layers by Keras\'s names, got "both/forward_gru/gru_cell/recurrent_kernel"; save the model as .keras',
    ],
    [
      "a recurrent layer of another number of gates",
      npzFile({
        "a/kernel": tensor([1, 5], kernel.slice(0, 5)),
        "a/recurrent_kernel": tensor([1, 5], kernel.slice(0, 5)),
      }),
      "shape-mismatch",
      'npz: "a": expected kernels of 1, 3 or 4 columns for 1 units, got 5',
    ],
    [
      "an LSTM with two biases",
      npzFile({
        "a/kernel": tensor([1, 4], kernel.slice(0, 4)),
        "a/recurrent_kernel": tensor([1, 4], kernel.slice(0, 4)),
        "a/bias": tensor([2, 4], kernel.slice(0, 8)),
      }),
      "shape-mismatch",
      'npz: "a/bias": expected shape [4], got [2, 4]',
    ],
    [
      "kernels of different gates",
      npzFile({
        "a/kernel": tensor([1, 3], kernel.slice(0, 3)),
        "a/recurrent_kernel": tensor([1, 4], kernel.slice(0, 4)),
      }),
      "shape-mismatch",
      'npz: "a": expected kernels of 4 columns for 1 units, got 3',
    ],
    [
      "a GRU without a kernel",
      npzFile({ "gru/recurrent_kernel": tensor([3, 9], recurrent) }),
      "shape-mismatch",
      'npz: "gru/kernel": expected a matrix, got none',
    ],
    [
      "a kernel that is no matrix",
      npzFile({ ...kernels, "dense/kernel": tensor([3], kernel.slice(0, 3)) }),
      "shape-mismatch",
      'npz: "dense/kernel": expected a matrix, got [3]',
    ],
    [
      "a bias of another size",
      npzFile({ ...kernels, "gru/gru_cell/bias:0": tensor([3], kernel.slice(0, 3)) }),
      "shape-mismatch",
      'npz: "gru/bias": expected shape [2, 9] or [9], got [3]',
    ],
  ];
  for (const [what, file, code, message] of refused) {
    it(`is refused for ${what}`, async () => {
      await expectRefusal(() => parseNpz(file), code, message);
    });
  }
});

describe("a .npz file is refused", () => {
  const one = { shape: [1], values: Float32Array.of(1) };
  const header = (text: string) => npy(one, text);
  const notAHeader = 'npy: "a": expected a header of descr, fortran_order and shape, got';
  const refused: [what: string, file: Uint8Array, code: "bad-file" | "unsupported", message: string][] = [
    [
      "something beside arrays",
      zip({ "a.npy": npy(one), "../b.txt": npy(one) }),
      "bad-file",
      'npz: expected arrays alone, got "../b.txt"',
    ],
    [
      "what is no array",
      single(new Uint8Array(20)),
      "bad-file",
      'npy: "a": expected an array of numpy, got 20 other bytes',
    ],
    [
      "an array cut off in its header",
      single(npy(one).subarray(0, 9)),
      "bad-file",
      'npy: "a": expected a header, got 9 bytes',
    ],
    [
      "a long header",
      single(npy(one, "{".repeat(10_001))),
      "bad-file",
      'npy: "a": expected a header of at most 10000 bytes, got 10001',
    ],
    ["another header", single(header("{'shape': (1,)}")), "bad-file", `${notAHeader} "{'shape': (1,)}"`],
    [
      "a header that is a program",
      single(header("{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}")),
      "bad-file",
      `${notAHeader} "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}"`,
    ],
    [
      "Python's objects",
      single(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}")),
      "unsupported",
      'npy: "a": expected dtype <f4, <f2, <f8, <i8, <i4, <i2, |u1, |b1, got "|O"',
    ],
    [
      "big-endian numbers",
      single(header("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}")),
      "unsupported",
      'npy: "a": expected dtype <f4, <f2, <f8, <i8, <i4, <i2, |u1, |b1, got ">f4"',
    ],
    [
      "nine axes",
      single(header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}")),
      "bad-file",
      'npy: "a": expected at most 8 axes, got 9',
    ],
    [
      "more elements than it has",
      single(header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}")),
      "bad-file",
      'npy: "a": expected 12 bytes for <f4 [3], got 4',
    ],
    [
      "more elements than there are",
      single(header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}")),
      "bad-file",
      'npy: "a": expected 3.99999999992e+22 bytes for <f4 [99999999999, 99999999999], got 4',
    ],
  ];
  for (const [what, bytes, code, message] of refused) {
    it(`for ${what}`, async () => {
      await expectRefusal(() => readNpz(bytes), code, message);
    });
  }
});

describe("a damaged .npz file", () => {
  it("is refused, or read, and nothing else, wherever a byte is changed", async () => {
    const good = npzFile(Object.fromEntries(stateDictTensors(gruShapes("", 2, 1))));
    const next = uniform(6);
    const outcomes = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const bytes = good.slice();
      bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      outcomes.add(
        await parseModel(bytes).then(
          () => "read",
          (error: Error) => error.name,
        ),
      );
    }
    expect([...outcomes].sort()).toEqual(["GruError", "read"]);
  });
});

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function single(bytes: Uint8Array): Uint8Array {
  return zip({ "a.npy": bytes });
}

function tensor(shape: number[], values: Float32Array) {
  return { shape, values };
}

/** An element of `rows` times a matrix of nine columns. */
function product(matrix: Float32Array, rows: number[], column: number): number {
  return rows.reduce((sum, value, row) => sum + value * matrix[9 * row + column]!, 0);
}
