import { describe, expect, it } from "vitest";
import { parseSafetensors } from "../../src/formats/safetensors.js";
import { expectRefusal } from "../harness/refusal.js";
import { type FileTensor, rawSafetensors, safetensorsFile } from "../files/safetensorsFile.js";

describe("parseSafetensors", () => {
  it("reads float32 as it is", () => {
    const values = Float32Array.of(0, -0, 1.1, -3.4028234663852886e38, 1.401298464324817e-45, 2 ** -126);
    expect(valuesOf(readOne({ shape: [2, 3], values }))).toEqual([...values]);
  });

  it("widens float16: zeros, subnormals, one third, the largest, infinities and NaN", () => {
    const values = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x83ff, 0x3c00, 0x3555, 0xfbff, 0x7c00, 0xfc00, 0x7e00);
    const expected = [0, -0, 2 ** -24, -1023 * 2 ** -24, 1, 0.333251953125, -65504, Infinity, -Infinity, NaN];
    expect(valuesOf(readOne({ dtype: "F16", shape: [10], values }))).toEqual(expected);
  });

  it("widens bfloat16: the upper halves of float32", () => {
    const values = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x3f80, 0xc049, 0x3eab, 0x7f80, 0xff80, 0x7fc0);
    const expected = [0, -0, 2 ** -133, 1, -3.140625, 0.333984375, Infinity, -Infinity, NaN];
    expect(valuesOf(readOne({ dtype: "BF16", shape: [3, 3], values }))).toEqual(expected);
  });

  it("rounds float64 to the nearest float32", () => {
    const values = Float64Array.of(0.1, -1 / 3, 1e300, 2 ** -149);
    const expected = [Math.fround(0.1), Math.fround(-1 / 3), Infinity, 2 ** -149];
    expect(valuesOf(readOne({ dtype: "F64", shape: [4], values }))).toEqual(expected);
  });

  it("reads int8 as the integers that they are", () => {
    const values = Int8Array.of(0, 127, -128, -1);
    expect(valuesOf(readOne({ dtype: "I8", shape: [2, 2], values }))).toEqual([...values]);
  });

  it("keeps whole numbers apart, which no weights are", () => {
    const wholes: [dtype: string, bytes: number[], expected: number[]][] = [
      ["I64", [2, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255], [2 ** 32 + 2, -1]],
      ["I32", [2, 0, 0, 0, 255, 255, 255, 255], [2, -1]],
      ["I16", [2, 0, 255, 255], [2, -1]],
      ["U8", [2, 255], [2, 255]],
      ["BOOL", [1, 0], [1, 0]],
    ];
    for (const [dtype, bytes, expected] of wholes) {
      const header = headerOf({ a: { dtype, shape: [2], data_offsets: [0, bytes.length] } });
      const { tensors, wholeNumbers } = parseSafetensors(rawSafetensors(header, Uint8Array.from(bytes)), true);
      expect([...tensors]).toEqual([]);
      expect([...wholeNumbers.get("a")!.values], dtype).toEqual(expected.map(Math.fround));
    }
  });

  it("keeps shapes, a scalar's and an empty one's among them", () => {
    const { tensors } = parseSafetensors(
      safetensorsFile({
        tensors: [
          ["scalar", { shape: [], values: Float32Array.of(7) }],
          ["empty", { shape: [3, 0], values: new Float32Array() }],
          ["cube", { shape: [1, 2, 1], values: Float32Array.of(8, 9) }],
        ],
      }),
    );
    expect([...tensors].map(([name, { shape, values }]) => [name, shape, [...values]])).toEqual([
      ["scalar", [], [7]],
      ["empty", [3, 0], []],
      ["cube", [1, 2, 1], [8, 9]],
    ]);
  });

  for (const isOdd of [false, true]) {
    it(`reads every dtype where the data begins at an ${isOdd ? "odd" : "even"} byte`, () => {
      const file = safetensorsFile({
        isOdd,
        tensors: [
          ["half", { dtype: "F16", shape: [1], values: Uint16Array.of(0x4000) }],
          ["brain", { dtype: "BF16", shape: [1], values: Uint16Array.of(0x4040) }],
          ["single", { shape: [2], values: Float32Array.of(4, 5) }],
          ["double", { dtype: "F64", shape: [1], values: Float64Array.of(6) }],
        ],
      });
      const { tensors } = parseSafetensors(file);
      expect([...tensors.values()].flatMap(({ values }) => [...values])).toEqual([2, 3, 4, 5, 6]);
    });
  }

  it("reads a file that is part of a larger buffer", () => {
    const file = oneNumber();
    const larger = new Uint8Array(file.length + 10);
    larger.set(file, 3);
    const { tensors } = parseSafetensors(larger.subarray(3, 3 + file.length));
    expect([...tensors.get("x")!.values]).toEqual([1.5]);
  });

  it("reads a Node Buffer, whose slice is a view and not a copy", () => {
    const { tensors } = parseSafetensors(Buffer.from(oneNumber()));
    expect([...tensors.get("x")!.values]).toEqual([1.5]);
  });

  it("gives values of its own: the bytes may be reused", () => {
    const file = oneNumber();
    const { tensors } = parseSafetensors(file);
    file.fill(0);
    expect([...tensors.get("x")!.values]).toEqual([1.5]);
  });

  it("reads tensors in any order in the header", () => {
    const header = headerOf({ second: f32([1], [4, 8]), first: f32([1], [0, 4]) });
    const { tensors } = parseSafetensors(rawSafetensors(header, bytesOf(1, 2)));
    expect([...tensors].map(([name, { values }]) => [name, values[0]])).toEqual([
      ["second", 2],
      ["first", 1],
    ]);
  });

  it("reads metadata", () => {
    const metadata = { format: "pt", "a key": 'ünï " \\ }' };
    const file = safetensorsFile({ tensors: [], metadata });
    expect(Object.fromEntries(parseSafetensors(file).metadata)).toEqual(metadata);
  });

  it("reads a file of no tensors and no metadata", () => {
    const { tensors, metadata } = parseSafetensors(rawSafetensors("{}"));
    expect([tensors.size, metadata.size]).toEqual([0, 0]);
  });

  it("takes __proto__ and constructor as names like any other", () => {
    const header = `{"__proto__": ${JSON.stringify(f32([1], [0, 4]))}, "constructor": ${JSON.stringify(f32([1], [4, 8]))}}`;
    const { tensors, metadata } = parseSafetensors(rawSafetensors(header, bytesOf(1, 2)));
    expect([...tensors.keys()]).toEqual(["__proto__", "constructor"]);
    expect(metadata.size).toBe(0);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("parseSafetensors, lied to", () => {
  it("refuses a file shorter than its header's length", async () => {
    await expectBad(new Uint8Array(7), "expected at least 8 bytes, got 7");
  });

  it("refuses a header that ends past the file", async () => {
    await expectBad(
      rawSafetensors("{}", new Uint8Array(), 100),
      "the header ends at byte 108, past the end of the file (10)",
    );
  });

  it("refuses a header over the cap, unread", async () => {
    const file = rawSafetensors("{}", new Uint8Array(), 2 ** 20 + 1);
    await expectBad(file, "expected a header of at most 1048576 bytes, got 1048577");
  });

  it("refuses a header length that no number holds", async () => {
    const file = new Uint8Array(16).fill(255);
    await expectBad(file, "expected a header of at most 1048576 bytes, got 18446744073709552000");
  });

  it("refuses a header that is not JSON", async () => {
    await expectBad(rawSafetensors("{x}"), /^safetensors: expected the header to be JSON in UTF-8, got SyntaxError/);
  });

  it("refuses an empty header", async () => {
    await expectBad(rawSafetensors(""), /^safetensors: expected the header to be JSON in UTF-8, got SyntaxError/);
  });

  it("refuses a header that is not UTF-8", async () => {
    const header = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d); // {"\xff":1}
    await expectBad(rawSafetensors(header), /^safetensors: expected the header to be JSON in UTF-8, got TypeError/);
  });

  for (const [header, type] of [
    ["[]", "object"],
    ["null", "object"],
    ["5", "number"],
    [" {}", "object"],
  ] as const) {
    it(`refuses the header ${JSON.stringify(header)}, which does not begin an object`, async () => {
      await expectBad(rawSafetensors(header), `expected the header to be a JSON object, got ${type}`);
    });
  }

  it("refuses a tensor named twice", async () => {
    const entry = JSON.stringify(f32([1], [0, 4]));
    const file = rawSafetensors(`{"a":${entry}, "\\u0061" : ${entry}}`, bytesOf(1));
    await expectBad(file, 'expected each name once in the header, got "a" twice');
  });

  it("refuses a key given twice inside a tensor", async () => {
    const file = rawSafetensors('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', bytesOf(1));
    await expectBad(file, 'expected each name once in the header, got "shape" twice');
  });

  it("takes the same key in two tensors, and a brace in a name, for what they are", () => {
    const header = headerOf({ "{": f32([1], [0, 4]), '"}': f32([1], [4, 8]) });
    expect([...parseSafetensors(rawSafetensors(header, bytesOf(1, 2))).tensors.keys()]).toEqual(["{", '"}']);
  });

  it("refuses tensors that overlap", async () => {
    const file = rawSafetensors(headerOf({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }), bytesOf(1, 2));
    const dataStart = file.length - 8;
    await expectBad(
      file,
      `tensor "b" overlaps the one before it: expected to start at byte ${dataStart + 8}, got ${dataStart + 4}`,
    );
  });

  it("refuses a hole between tensors", async () => {
    const file = rawSafetensors(headerOf({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }), bytesOf(1, 2, 3));
    const dataStart = file.length - 12;
    await expectBad(
      file,
      `tensor "b" leaves a gap before it: expected to start at byte ${dataStart + 4}, got ${dataStart + 8}`,
    );
  });

  it("refuses a hole before the first tensor", async () => {
    const file = rawSafetensors(headerOf({ a: f32([1], [4, 8]) }), bytesOf(1, 2));
    const dataStart = file.length - 8;
    await expectBad(
      file,
      `tensor "a" leaves a gap before it: expected to start at byte ${dataStart}, got ${dataStart + 4}`,
    );
  });

  it("refuses a tensor that ends past the file", async () => {
    const file = rawSafetensors(headerOf({ a: f32([3], [0, 12]) }), bytesOf(1, 2));
    await expectBad(file, `tensor "a" ends at byte ${file.length + 4}, past the end of the file (${file.length})`);
  });

  it("refuses a tail after the last tensor", async () => {
    const file = rawSafetensors(headerOf({ a: f32([1], [0, 4]) }), bytesOf(1, 2));
    await expectBad(
      file,
      `expected the file to end with its last tensor at byte ${file.length - 4}, got ${file.length} bytes`,
    );
  });

  it("refuses a dtype that it does not read", async () => {
    const entry = { dtype: "F8_E4M3", shape: [8], data_offsets: [0, 8] };
    await expectRefusal(
      () => parseSafetensors(rawSafetensors(headerOf({ a: entry }), bytesOf(1, 2))),
      "unsupported",
      /^safetensors: tensor "a": expected dtype F32, F16, BF16, F64, .*BOOL, got F8_E4M3$/,
    );
  });

  it("refuses a dtype that is not a string", async () => {
    await expectBadEntry({ ...f32([1], [0, 4]), dtype: 32 }, "expected dtype to be a string, got number");
  });

  it("refuses a shape that needs other bytes than the offsets give", async () => {
    await expectBadEntry(f32([2, 3], [0, 20]), "expected 24 bytes for F32 [2, 3], got 20");
  });

  it("refuses a shape whose product no number holds", async () => {
    const huge = Number.MAX_SAFE_INTEGER;
    await expectBadEntry(
      f32([huge, huge], [0, 4]),
      /expected 3\.\d+e\+32 bytes for F32 \[9007199254740991, .*, got 4$/,
    );
  });

  for (const size of [-1, 1.5, null, "1", 2 ** 53]) {
    it(`refuses the size ${JSON.stringify(size)}`, async () => {
      const shape = [size] as number[];
      const got = JSON.stringify(shape);
      await expectBadEntry(f32(shape, [0, 4]), `expected shape to be at most 8 counts, got ${got}`);
    });
  }

  it("refuses nine axes", async () => {
    const shape = [1, 1, 1, 1, 1, 1, 1, 1, 1];
    await expectBadEntry(f32(shape, [0, 4]), "expected shape to be at most 8 counts, got [1,1,1,1,1,1,1,1,1]");
  });

  for (const offsets of [[4, 0], [0], [0, 4, 8], [-4, 0], [0, 4.5], "04"]) {
    it(`refuses the offsets ${JSON.stringify(offsets)}`, async () => {
      const got = JSON.stringify(offsets);
      await expectBadEntry(
        { ...f32([1], []), data_offsets: offsets },
        `expected data_offsets [start, end], got ${got}`,
      );
    });
  }

  it("refuses a tensor that is not an object", async () => {
    await expectBadEntry(7, "expected an object, got number");
  });

  it("refuses metadata that is not an object", async () => {
    await expectBad(rawSafetensors('{"__metadata__": "pt"}'), "expected __metadata__ to be an object, got string");
  });

  it("refuses metadata that is not strings", async () => {
    const file = rawSafetensors('{"__metadata__": {"format": "pt", "epoch": 5}}');
    await expectBad(file, "expected __metadata__.epoch to be a string, got number");
  });

  it("refuses more tensors than a model has", async () => {
    const names = Array.from({ length: 4097 }, (_, i) => [`t${i}`, f32([0], [0, 0])]);
    await expectBad(rawSafetensors(headerOf(Object.fromEntries(names))), "expected at most 4096 tensors, got 4097");
  });
});

function readOne(tensor: FileTensor) {
  return parseSafetensors(safetensorsFile({ tensors: [["x", tensor]] })).tensors.get("x")!;
}

function valuesOf({ values }: { values: Float32Array }): number[] {
  expect(values).toBeInstanceOf(Float32Array);
  return [...values];
}

function oneNumber(): Uint8Array<ArrayBuffer> {
  return safetensorsFile({ tensors: [["x", { shape: [1], values: Float32Array.of(1.5) }]] });
}

function f32(shape: readonly number[], offsets: readonly number[]) {
  return { dtype: "F32", shape, data_offsets: offsets };
}

function headerOf(entries: Record<string, unknown>): string {
  return JSON.stringify(entries);
}

function bytesOf(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

async function expectBad(file: Uint8Array, message: string | RegExp): Promise<void> {
  const expected = typeof message === "string" ? `safetensors: ${message}` : message;
  await expectRefusal(() => parseSafetensors(file), "bad-file", expected);
}

/** Expects a file of one tensor, "a", with four bytes of data, to be refused. */
async function expectBadEntry(entry: unknown, message: string | RegExp): Promise<void> {
  const expected = typeof message === "string" ? `tensor "a": ${message}` : message;
  await expectBad(rawSafetensors(headerOf({ a: entry }), bytesOf(1)), expected);
}
