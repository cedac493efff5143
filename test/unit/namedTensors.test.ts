// A description that says where a layer's tensors are in a file, in which axes, and with which order of gates.

import { describe, expect, it } from "vitest";
import type { Network, NetworkDescription } from "webgru";
import { parseNpz } from "../../src/formats/npz/parseNpz.js";
import { parseTorch } from "../../src/formats/torch/parseTorch.js";
import { randomArray, uniform } from "../cases/random.js";
import { npzFile } from "../files/npzFile.js";
import { safetensorsFile } from "../files/safetensorsFile.js";
import { expectRefusal } from "../harness/refusal.js";

type Arrays = Record<string, { shape: number[]; values: Float32Array }>;
type Layers = NetworkDescription["layers"];

const next = uniform(31);
const array = (...shape: number[]) => ({
  shape,
  values: randomArray(
    shape.reduce((a, b) => a * b, 1),
    next,
  ),
});
const read = (arrays: Arrays, layers: Layers): Network => parseNpz(npzFile(arrays), { layers });

/** Element [row, column] of a matrix by its rows. */
const at = (values: Float32Array, columns: number, row: number, column: number) => values[row * columns + column];

const element = (values: Float32Array, shape: number[], place: number[]) =>
  values[place.reduce((index, each, axis) => index * shape[axis]! + each, 0)];

const manyLayers = (i: number) => ({
  type: "dense",
  name: `d${i}`,
  inputSize: 1024,
  outputSize: 1024,
  layout: "keras",
  tensors: { weight: "w" },
});

describe("a description's tensors", () => {
  it("may have any names, in any container", () => {
    const arrays = { a: array(2, 3), "b/c:0": array(2) };
    const layers: Layers = [
      { type: "dense", name: "head", inputSize: 3, outputSize: 2, tensors: { weight: "a", bias: "b/c:0" } },
    ];
    const expected = [{ weight: arrays.a.values, bias: arrays["b/c:0"].values }];
    expect(read(arrays, layers).layers).toMatchObject(expected);
    expect(parseTorch(safetensorsFile({ tensors: Object.entries(arrays) }), { layers }).layers).toMatchObject(expected);
  });

  it("may be one tensor of two layers", () => {
    const layers: Layers = [
      { type: "embedding", name: "table", numEmbeddings: 5, embeddingSize: 3, tensors: { weight: "tied" } },
      { type: "gru", name: "gru", inputSize: 3, hiddenSize: 3, tensors: { weight: "w", recurrentWeight: "r" } },
      { type: "dense", name: "head", inputSize: 3, outputSize: 5, tensors: { weight: "tied" } },
    ];
    const arrays = { tied: array(5, 3), w: array(9, 3), r: array(9, 3) };
    const [table, , head] = read(arrays, layers).layers as unknown as { weight: Float32Array }[];
    expect([table!.weight, head!.weight]).toEqual([arrays.tied.values, arrays.tied.values]);
  });

  it("in Keras's layout are transposed, with Keras's order of gates and both biases in one", () => {
    const arrays = { kernel: array(2, 9), recurrent: array(3, 9), bias: array(2, 9) };
    const tensors = { weight: "kernel", recurrentWeight: "recurrent", bias: "bias", recurrentBias: "bias" };
    const [gru] = read(arrays, [{ type: "gru", name: "gru", inputSize: 2, hiddenSize: 3, layout: "keras", tensors }])
      .layers as unknown as Record<string, Float32Array>[];
    const blocks = { r: 1, z: 0, n: 2 }; // in Keras: z, r, h
    Object.values(blocks).forEach((from, gate) => {
      for (let unit = 0; unit < 3; unit++) {
        const [row, column] = [gate * 3 + unit, from * 3 + unit];
        for (let i = 0; i < 2; i++) expect(at(gru!["weight"]!, 2, row, i)).toBe(at(arrays.kernel.values, 9, i, column));
        for (let i = 0; i < 3; i++)
          expect(at(gru!["recurrentWeight"]!, 3, row, i)).toBe(at(arrays.recurrent.values, 9, i, column));
        expect(gru!["bias"]![row]).toBe(arrays.bias.values[column]);
        expect(gru!["recurrentBias"]![row]).toBe(arrays.bias.values[9 + column]);
      }
    });
  });

  it("have the gates in the order that it says, of both directions", () => {
    const arrays = { w: array(2, 8, 3), r: array(2, 8, 2), b: array(2, 8) };
    const tensors = { weight: "w", recurrentWeight: "r", bias: "b" };
    const lstm = { type: "lstm", name: "lstm", inputSize: 3, hiddenSize: 2, direction: "bidirectional" } as const;
    const [made] = read(arrays, [{ ...lstm, gateOrder: "iofc", tensors }]).layers as unknown as Record<
      string,
      Float32Array
    >[];
    const order = [0, 2, 3, 1]; // i, f, g, o among i, o, f, c
    const rows = (values: Float32Array, columns: number) =>
      [0, 1].flatMap((direction) =>
        order.flatMap((block) => [
          ...values.subarray((direction * 8 + block * 2) * columns, (direction * 8 + block * 2 + 2) * columns),
        ]),
      );
    expect([...made!["weight"]!]).toEqual(rows(arrays.w.values, 3));
    expect([...made!["recurrentWeight"]!]).toEqual(rows(arrays.r.values, 2));
    expect([...made!["bias"]!]).toEqual(rows(arrays.b.values, 1));
  });

  const conv = { type: "conv", name: "conv", inputShape: [3, 7], outputChannels: 2, kernelSize: [4] } as const;
  const kernels: [
    name: string,
    layer: object,
    shape: number[],
    placeOf: (o: number, c: number, k: number) => number[],
  ][] = [
    ["a convolution of PyTorch", {}, [2, 3, 4], (o, c, k) => [o, c, k]],
    ["a transposed one of PyTorch", { transposed: true }, [3, 2, 4], (o, c, k) => [c, o, k]],
    ["a convolution of Keras", { layout: "keras" }, [4, 3, 2], (o, c, k) => [k, c, o]],
    ["a transposed one of Keras", { layout: "keras", transposed: true }, [4, 2, 3], (o, c, k) => [k, o, c]],
  ];
  for (const [name, layer, shape, placeOf] of kernels) {
    it(`have the axes of ${name}`, () => {
      const arrays = { w: array(...shape) };
      const [made] = read(arrays, [{ ...conv, ...layer, tensors: { weight: "w" } }]).layers as unknown as {
        weight: Float32Array;
      }[];
      for (let o = 0; o < 2; o++)
        for (let c = 0; c < 3; c++)
          for (let k = 0; k < 4; k++)
            expect(made!.weight[(o * 3 + c) * 4 + k]).toBe(element(arrays.w.values, shape, placeOf(o, c, k)));
    });
  }

  const dense = { type: "dense", name: "head", inputSize: 3, outputSize: 2 } as const;
  const gru = { type: "gru", name: "gru", inputSize: 3, hiddenSize: 2 } as const;
  const refusals: [
    name: string,
    layer: object,
    code: "unsupported" | "bad-file" | "shape-mismatch",
    message: string | RegExp,
  ][] = [
    [
      "a tensor that is not in the file",
      { ...dense, tensors: { weight: "x" } },
      "bad-file",
      "x: expected a tensor of shape [2, 3], got w, square, three",
    ],
    [
      "a bias that is named and not in the file",
      { ...dense, tensors: { weight: "w", bias: "x" } },
      "bad-file",
      /^x: expected a tensor of shape \[2\]/,
    ],
    [
      "a tensor of another shape",
      { ...dense, layout: "keras", tensors: { weight: "w" } },
      "shape-mismatch",
      "w: expected shape [3, 2], got [2, 3]",
    ],
    [
      "a tensor that the layer has not",
      { ...dense, tensors: { weigth: "w" } },
      "unsupported",
      'layer "head": tensors: expected the keys weight, bias, got "weigth"; did you mean "weight"?',
    ],
    [
      "a name that is none",
      { ...dense, tensors: { weight: 3 } },
      "bad-file",
      "layers[0].tensors.weight: expected the name of a tensor, or a pair, got 3",
    ],
    [
      "tensors that are no object",
      { ...dense, tensors: "w" },
      "bad-file",
      'layers[0].tensors: expected an object, got "w"',
    ],
    [
      "a pair of one direction",
      { ...dense, tensors: { weight: ["w", "w"] } },
      "unsupported",
      "head.weight: expected one name, since it is not of two directions, got w, w",
    ],
    [
      "another layout",
      { ...dense, layout: "onnx" },
      "unsupported",
      'layers[0].layout: expected one of torch, keras, got "onnx"',
    ],
    [
      "another order of gates",
      { ...gru, gateOrder: "rzr" },
      "bad-file",
      'layers[0].gateOrder: expected the letters rzn in some order, got "rzr"',
    ],
    [
      "an order of no gates",
      { ...dense, gateOrder: "rzn" },
      "unsupported",
      /^layers\[0\]: expected the keys .*, got "gateOrder"/,
    ],
  ];
  for (const [name, layer, code, message] of refusals) {
    it(`are refused for ${name}`, async () => {
      const arrays = { w: array(2, 3), square: array(2, 2), three: array(3) };
      await expectRefusal(() => read(arrays, [layer as Layers[number]]), code, message);
    });
  }

  it("cost no more memory than a few times the file's", async () => {
    const layers = Array.from({ length: 64 }, (_, i) => manyLayers(i)) as unknown as Layers;
    const message = "w: expected a tensor of its own, got one that many layers have a copy of";
    await expectRefusal(() => read({ w: array(1024, 1024) }, layers), "unsupported", message);
  });
});
