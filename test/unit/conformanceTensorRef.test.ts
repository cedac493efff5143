import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { safetensorsFile } from "../files/safetensorsFile.js";
import { TensorReader, type TensorRef } from "../long/conformance/tensorRef.js";

/** A field of bytes in an ONNX message. */
function field(number: number, bytes: Iterable<number>): number[] {
  const content = [...bytes];
  expect(content.length).toBeLessThan(128); // a length of one byte
  return [(number << 3) | 2, content.length, ...content];
}

const text = (value: string) => new TextEncoder().encode(value);
const bytesOf = (values: Float32Array | Float64Array) => new Uint8Array(values.buffer);

/** [2, 2] float32, raw. */
const rawProto = [8, 2, 8, 2, 16, 1, ...field(8, text("raw")), ...field(9, bytesOf(Float32Array.of(1, 2, 3, -4)))];
/** [2] int64, a packed list with a negative number. */
const listProto = [
  ...field(1, [2]),
  16,
  7,
  ...field(7, [5, ...Array<number>(9).fill(0xff), 1]),
  ...field(8, text("list")),
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "webgru-tensors-"));
  const tensors = [
    ["half", { dtype: "F16", shape: [2, 2], values: Uint16Array.of(0x3c00, 0x4000, 0xc000, 0x3800) }],
    ["double", { dtype: "F64", shape: [1], values: Float64Array.of(0.1) }],
  ] as const;
  writeFileSync(join(folder, "file.safetensors"), safetensorsFile({ tensors }));
  writeFileSync(join(folder, "tensor.pb"), Uint8Array.from(rawProto));
  writeFileSync(join(folder, "model.onnx"), Uint8Array.from(field(7, [...field(5, rawProto), ...field(5, listProto)])));
  writeFileSync(join(folder, "elements.bin"), Uint8Array.of(9, 1, 0, 2, 0));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("TensorReader", () => {
  it.each<[string, TensorRef, number[], number[]]>([
    ["safetensors", { st: "file.safetensors", t: "half" }, [2, 2], [1, 2, -2, 0.5]],
    ["float64 as it is", { st: "file.safetensors", t: "double" }, [1], [0.1]],
    ["a TensorProto", { pb: "tensor.pb" }, [2, 2], [1, 2, 3, -4]],
    ["an initializer", { onnx: "model.onnx", init: "list" }, [2], [5, -1]],
    ["bare elements", { raw: "elements.bin", offset: 1, shape: [2], dtype: "I16" }, [2], [1, 2]],
    ["inline numbers, rounded", { shape: [2], data: [0.1, "-Infinity"] }, [2], [Math.fround(0.1), -Infinity]],
    ["inline float64", { shape: [1], data: [0.1], dtype: "F64" }, [1], [0.1]],
    ["one number for all", { shape: [3], fill: 2 }, [3], [2, 2, 2]],
    ["a scale", { pb: "tensor.pb", scale: 0.5 }, [2, 2], [0.5, 1, 1.5, -2]],
    ["a row", { pb: "tensor.pb", row: 1 }, [2], [3, -4]],
    ["columns", { pb: "tensor.pb", cols: [1, 2] }, [2, 1], [2, -4]],
    ["a row's columns", { onnx: "model.onnx", init: "raw", row: 0, cols: [0, 1] }, [1], [1]],
  ])("resolves %s", (_, ref, shape, data) => {
    const tensor = new TensorReader().resolve(ref, folder);
    expect(tensor.shape).toEqual(shape);
    expect([...tensor.data]).toEqual(data);
  });

  it("generates numbers that follow from their index", () => {
    const reader = new TensorReader();
    const tensor = reader.resolve({ gen: { seed: 3, shape: [2, 50], scale: 0.5 } }, folder);
    const more = reader.resolve({ gen: { seed: 3, shape: [200], scale: 0.5 } }, folder);
    expect(tensor.data).toEqual(more.data.slice(0, 100));
    expect(new Set(tensor.data).size).toBe(100);
    expect(tensor.data.every((value) => Math.abs(value) <= 0.5 && Math.fround(value) === value)).toBe(true);
  });

  it("says which tensors a file has", () => {
    const ref = { st: "file.safetensors", t: "other" };
    expect(() => new TensorReader().resolve(ref, folder)).toThrow(/expected a tensor "other", got half,double/);
  });
});
