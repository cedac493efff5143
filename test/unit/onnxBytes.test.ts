// Files that are no ONNX model, or lie.

import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it, vi } from "vitest";
import { GruError } from "../../src/errors.js";
import { readMessage } from "../../src/formats/onnx/message.js";
import { parseTensorProto } from "../../src/formats/onnx/tensorProto.js";
import { parseOnnx } from "../../src/entries/onnx.js";
import {
  encodeTensor,
  field,
  floats,
  GRU_NODES,
  GRU_TENSORS,
  gruFile,
  intField,
  ints,
  message,
  onnxFile,
} from "../files/onnxFile.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

describe("a file", () => {
  const good = gruFile();

  it("is refused where it ends in the middle", () =>
    expectRefusal(
      () => parseOnnx(good.subarray(0, good.length - 3)),
      "bad-file",
      /^onnx: expected a protobuf message, got RangeError/,
    ));

  it("is refused for a group", () =>
    expectRefusal(
      () => parseOnnx(message((writer) => writer.tag(5, WireType.StartGroup).tag(5, WireType.EndGroup))),
      "bad-file",
      "onnx: expected no groups, got one as field 5",
    ));

  it("is refused for a field of another type", () =>
    expectRefusal(
      () => parseOnnx(message((writer) => intField(writer, 7, 1))),
      "bad-file",
      "onnx: expected wire type 2, got wire type 0 as field 7",
    ));

  it("is refused for an integer of more than ten bytes", () =>
    expectRefusal(
      () => parseOnnx(message((writer) => field(writer, 8, Uint8Array.of(16, ...Array(11).fill(255))))),
      "bad-file",
      /^onnx opset_import: expected a protobuf message, got Error/,
    ));

  it("is refused without a graph", () =>
    expectRefusal(
      () => parseOnnx(message((writer) => intField(writer, 1, 8))),
      "bad-file",
      "onnx: expected a graph with nodes, got none",
    ));

  it("is refused without outputs", () =>
    expectRefusal(
      () => parseOnnx(onnxFile({ nodes: GRU_NODES, outputs: [] })),
      "bad-file",
      "onnx: expected a graph with outputs, got none",
    ));

  it("is refused for an operator set that is too old", () =>
    expectRefusal(
      () => parseOnnx(onnxFile({ opset: 6, nodes: GRU_NODES, outputs: ["y"] })),
      "unsupported",
      "onnx: expected opset 7 or newer, got 6; export the model again",
    ));

  it("is refused for a name that nothing gives", () =>
    expectRefusal(
      () => parseOnnx(gruFile({ nodes: [["Add", ["y", "nowhere"], ["z"]]], outputs: ["z"] })),
      "bad-file",
      'onnx: expected "nowhere" before node Add "Add of z", which reads it, got none',
    ));

  it("is refused for an output that nothing gives", () =>
    expectRefusal(
      () => parseOnnx(gruFile({ outputs: ["nowhere"] })),
      "bad-file",
      'onnx: expected "nowhere" before the graph, which reads it, got none',
    ));

  it("is refused for two values of one name", () =>
    expectRefusal(
      () => parseOnnx(gruFile({ nodes: [["Relu", ["y"], ["y"]]] })),
      "bad-file",
      'onnx: two values have the name "y"',
    ));

  it("is refused for two initializers of one name", () => {
    const file = message((writer) => {
      const tensor = encodeTensor("W", floats(1));
      const graph = message((inner) => [tensor, tensor].forEach((bytes) => field(inner, 5, bytes)));
      field(writer, 7, graph);
    });
    return expectRefusal(() => parseOnnx(file), "bad-file", 'onnx: expected one initializer "W", got two');
  });

  it("is refused for a sparse initializer", () => {
    const file = message((writer) =>
      field(
        writer,
        7,
        message((graph) => field(graph, 15, "")),
      ),
    );
    return expectRefusal(
      () => parseOnnx(file),
      "unsupported",
      "onnx graph: expected dense initializers, got a sparse one",
    );
  });

  it("is refused for more nodes than any network has", () => {
    const nodes = Array.from({ length: 2049 }, (_, i) => ["Relu", ["x"], [`y${i}`]] as const);
    return expectRefusal(
      () => parseOnnx(onnxFile({ nodes, outputs: ["y0"] })),
      "bad-file",
      /^onnx: expected at most 2048 nodes, got more; a loop over nn.GRUCell is unrolled by the export: /,
    );
  });

  it("is refused for more elements than any network has, though it is small", () => {
    const nodes = [["ConstantOfShape", ["size"], ["z"]]] as const;
    const file = gruFile({ nodes, tensors: { size: ints(2 ** 20, 2 ** 20) }, outputs: ["z"] });
    const most = 2 ** 19 + 8 * file.length;
    const text = `onnx: expected at most ${most} elements to compute with in a file of its size, got more`;
    return expectRefusal(() => parseOnnx(file), "bad-file", text);
  });

  it("is refused for features without end", () => {
    const nodes = Array.from(
      { length: 40 },
      (_, i) => ["Concat", [i ? `z${i - 1}` : "y", i ? `z${i - 1}` : "y"], [`z${i}`], { axis: -1 }] as const,
    );
    return expectRefusal(
      () => parseOnnx(gruFile({ nodes, outputs: ["z39"] })),
      "bad-file",
      "onnx: expected at most 65536 features, got 131072",
    );
  });

  it("is refused for weights that are no numbers", () => {
    const weights = { ...GRU_TENSORS.W, floats: [NaN, ...GRU_TENSORS.W.floats!.slice(1)] };
    return expectRefusal(
      () => parseOnnx(gruFile({ tensors: { W: weights } })),
      "bad-file",
      /^y\.weight: expected finite weights, got NaN/,
    );
  });
});

describe("a small file that asks for much", () => {
  const big = { size: ints(2 ** 10, 2 ** 10), half: { shape: [], floats: [0.5] } };

  it("is refused for using a large constant over and over", () => {
    const nodes = Array.from({ length: 400 }, (_, i) => ["Add", [i ? `c${i - 1}` : "c", "half"], [`c${i}`]] as const);
    const all = [["ConstantOfShape", ["size"], ["c"]] as const, ...nodes, ["MatMul", ["y", "c399"], ["z"]] as const];
    const file = gruFile({ nodes: all, tensors: big, outputs: ["z"] });
    return expectRefusal(
      () => parseOnnx(file),
      "bad-file",
      /elements to compute with in a file of its size, got more$/,
    );
  });

  it("has sums of sums, in which no cell is looked for long", () => {
    // Each is twice the one before, by way of a layer; multiplied out there would be 2^40 of them.
    const nodes = Array.from({ length: 40 }, (_, i) => {
      const before = i ? `s${i - 1}` : "y";
      return [["Add", [before, before], [`t${i}`]] as const, ["MatMul", [`t${i}`, "eye"], [`s${i}`]] as const];
    }).flat();
    const last = [["Mul", ["s39", "y"], ["p"]] as const, ["Add", ["p", "s39"], ["z"]] as const];
    const eye = { shape: [2, 2], floats: [1, 0, 0, 1] };
    const file = gruFile({ nodes: [...nodes, ...last], tensors: { eye }, outputs: ["z"] });
    const { layers } = parseOnnx(file);
    expect(layers.filter(({ type }) => type === "gru")).toHaveLength(1);
    expect(layers.length).toBeLessThan(90);
  });

  it("is refused for more layers than can be run", () => {
    const nodes = Array.from({ length: 300 }, (_, i) => ["Relu", [i ? `r${i - 1}` : "y"], [`r${i}`]] as const);
    const file = gruFile({ nodes, outputs: ["r299"] });
    return expectRefusal(
      () => parseOnnx(file),
      "unsupported",
      /graph: it takes 257 layers and more, and at most 256 can be run$/,
    );
  });
});

describe("a tensor", () => {
  const TENSORS: [
    what: string,
    write: (writer: BinaryWriter) => void,
    code: "bad-file" | "unsupported",
    text: string,
  ][] = [
    [
      "raw bytes of another length",
      (writer) => (intField(writer, 1, 2), intField(writer, 2, 1), field(writer, 9, new Uint8Array(7))),
      "bad-file",
      "expected 8 bytes for 2 elements of FLOAT, got 7",
    ],
    [
      "another number of elements",
      (writer) => (intField(writer, 1, 2), intField(writer, 2, 1), writer.tag(4, 5).float(1)),
      "bad-file",
      "expected 2 elements of FLOAT, got 1",
    ],
    [
      "elements that are not there",
      (writer) => (intField(writer, 1, 2 ** 40), intField(writer, 2, 1)),
      "bad-file",
      "expected 4398046511104 bytes for 1099511627776 elements of FLOAT, got 0",
    ],
    [
      "a size below zero",
      (writer) => (intField(writer, 1, -1), intField(writer, 2, 1)),
      "bad-file",
      "expected at most 8 sizes, got [-1]",
    ],
    [
      "too many axes",
      (writer) => (Array.from({ length: 9 }, () => intField(writer, 1, 1)), intField(writer, 2, 1)),
      "bad-file",
      "expected at most 8 sizes, got [1,1,1,1,1,1,1,1,1]",
    ],
    [
      "text",
      (writer) => intField(writer, 2, 8),
      "unsupported",
      "expected type FLOAT, UINT8, INT8, INT32, INT64, BOOL, FLOAT16, DOUBLE, BFLOAT16, got type 8",
    ],
  ];
  for (const [what, write, code, text] of TENSORS) {
    it(`is refused for ${what}`, () =>
      expectRefusal(() => parseTensorProto(message(write), "t"), code, `onnx tensor "t": ${text}`));
  }

  it("may have its numbers packed or one by one", () => {
    const one = message((writer) => {
      intField(writer, 1, 3);
      intField(writer, 2, 7);
      for (const value of [1, -2, 3]) intField(writer, 7, value);
    });
    const packed = message((writer) => {
      field(writer, 1, Uint8Array.of(3));
      intField(writer, 2, 7);
      field(
        writer,
        7,
        message((inner) => [1, -2, 3].forEach((value) => inner.int64(value))),
      );
    });
    for (const bytes of [one, packed]) {
      expect(parseTensorProto(bytes, "t")).toMatchObject({
        shape: [3],
        values: Float64Array.of(1, -2, 3),
        isFloat: false,
      });
    }
  });

  /** Values, their bytes, and the typed field that onnx.proto names for the type. */
  const TYPES: [name: string, type: number, raw: number[], expected: number[], number: number, typed: number[]][] = [
    ["FLOAT", 1, [0, 0, 128, 63, 0, 0, 0, 192], [1, -2], 4, [1, -2]],
    ["UINT8", 2, [255, 1], [255, 1], 5, [255, 1]],
    ["INT8", 3, [255, 1], [-1, 1], 5, [-1, 1]],
    ["INT32", 6, [254, 255, 255, 255, 1, 0, 0, 0], [-2, 1], 5, [-2, 1]],
    ["INT64", 7, [253, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0], [-3, 1], 7, [-3, 1]],
    ["BOOL", 9, [1, 0], [1, 0], 5, [1, 0]],
    ["FLOAT16", 10, [0, 60, 0, 192], [1, -2], 5, [0x3c00, 0xc000]],
    ["DOUBLE", 11, [0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 0, 192], [1, -2], 10, [1, -2]],
    ["BFLOAT16", 16, [128, 63, 0, 192], [1, -2], 5, [0x3f80, 0xc000]],
  ];
  /** The ways in which a protobuf may have the same tensor. */
  const LAYOUTS = ["raw", "raw, and other fields between", "raw, from the last field to the first", "typed", "packed"];
  for (const [name, type, raw, expected, number, typed] of TYPES) {
    for (const layout of LAYOUTS) {
      it(`may be of ${name}, ${layout}`, () => {
        const write = (writer: BinaryWriter, value: number) =>
          number === 4 ? writer.float(value) : number === 10 ? writer.double(value) : writer.int64(value);
        const wireType = number === 4 ? WireType.Bit32 : number === 10 ? WireType.Bit64 : WireType.Varint;
        const others = [
          (writer: BinaryWriter) => field(writer, 12, "a doc_string"),
          (writer: BinaryWriter) =>
            field(
              writer,
              16,
              message((inner) => field(inner, 1, "metadata")),
            ),
          (writer: BinaryWriter) => writer.tag(1000, WireType.Bit64).double(7),
          (writer: BinaryWriter) => intField(writer, 14, 0),
        ];
        const fields = [
          (writer: BinaryWriter) => intField(writer, 1, 1),
          (writer: BinaryWriter) => intField(writer, 1, expected.length),
          (writer: BinaryWriter) => intField(writer, 2, type),
          (writer: BinaryWriter) => {
            if (layout === "typed") typed.forEach((value) => write(writer.tag(number, wireType), value));
            else if (layout === "packed")
              field(
                writer,
                number,
                message((inner) => typed.forEach((value) => write(inner, value))),
              );
            else field(writer, 9, Uint8Array.from(raw));
          },
          (writer: BinaryWriter) => field(writer, 8, "t"),
        ];
        const between = fields.flatMap((one, i) => [one, others[i % others.length]!]);
        const order = layout.includes("between") ? between : layout.includes("last") ? [...fields].reverse() : fields;
        const tensor = parseTensorProto(
          message((writer) => order.forEach((one) => one(writer))),
          "t",
        );
        expect([...tensor.values]).toEqual(expected);
        expect([...tensor.shape].sort()).toEqual([1, expected.length]);
      });
    }
  }

  it("has its numbers in the typed field where raw_data is there and empty", () => {
    const bytes = message((writer) => {
      for (const [number, value] of [
        [1, 1],
        [2, 7],
        [7, 5],
      ] as const)
        intField(writer, number, value);
      field(writer, 9, "");
    });
    expect([...parseTensorProto(bytes, "t").values]).toEqual([5]);
  });
});

describe("a message", () => {
  it("is read to its end, also where a reader leaves a field alone", () => {
    const seen: number[] = [];
    const bytes = message((writer) => {
      intField(writer, 1, 5);
      field(writer, 2, "text");
      writer.tag(3, WireType.Bit32).float(1);
      intField(writer, 4, 300);
    });
    const leave = vi.fn<() => void>();
    readMessage(bytes, "m", { 1: leave, 2: leave, 3: leave, 4: (one) => seen.push(one.int()) });
    expect(seen).toEqual([300]);
  });
});

describe("damaged bytes", () => {
  it("give a network or a GruError, never anything else", () => {
    const next = uniform(7);
    const names = onnxFixtureNames().filter((_, i) => i % 7 === 0);
    let numRefused = 0;
    for (const name of names) {
      const { bytes } = readOnnxFixtureFile(name);
      for (let round = 0; round < 60; round++) {
        const damaged = bytes.slice();
        for (let i = 0; i < 1 + round / 20; i++)
          damaged[Math.floor(next() * damaged.length)] = Math.floor(next() * 256);
        try {
          parseOnnx(damaged);
        } catch (error) {
          if (!(error instanceof GruError)) throw error;
          numRefused++;
        }
      }
    }
    expect(numRefused).toBeGreaterThan(names.length);
  });
});
