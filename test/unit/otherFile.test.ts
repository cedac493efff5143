// Files that are something else than a model: each is told by what it is, with what to do.

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { gzipSync, zipSync, zlibSync } from "fflate";
import { loadModel, parseModel } from "webgru";
import { describe, expect, it } from "vitest";
import { modelFile } from "../files/modelFile.js";
import { randomMixed } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const file = modelFile(randomMixed(70, "softmax", 5));

/** A byte for each character. */
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A protobuf message: numbers, texts and messages by their fields' numbers, in this order. */
function message(...fields: (readonly [number: number, value: number | string | Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === "number") writer.tag(number, 0).int64(value);
    else if (typeof value === "string") writer.tag(number, 2).string(value);
    else writer.tag(number, 2).bytes(value);
  }
  return writer.finish();
}

// tensorflow/core/framework/node_def.proto: name 1, op 2, input 3, attr 5
const node = message([1, "input/x_1"], [2, "Placeholder"], [5, message([1, "dtype"], [2, message([6, 1])])]);
const graphDef = message([1, node], [1, message([1, "y"], [2, "Identity"], [3, "input/x_1"])], [4, message([1, 27])]);
// tensorflow/core/protobuf/saved_model.proto, meta_graph.proto
const savedModel = message([1, 1], [2, message([1, message([4, "serve"])], [2, graphDef])]);
// apple/coremltools, mlmodel/format/Model.proto: specificationVersion 1, description 2, neuralNetwork 500, mlProgram 502
const coreMl = (kind: number) =>
  message([1, 4], [2, message([1, message([1, "x"])])], [kind, message([1, message([1, "gru"])])]);
// PaddlePaddle/Paddle, framework.proto: blocks 1 of idx 1, parent_idx 2, vars 3
const paddle = message([1, message([1, 0], [2, -1], [3, message([1, "x"])])], [4, message([1, 0])]);

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
const safetensors = (bytes: number) => {
  const start = new Uint8Array(8 + bytes).fill(32);
  new DataView(start.buffer).setBigUint64(0, BigInt(bytes), true);
  start[8] = 123;
  return start;
};

const noModels: readonly [name: string, bytes: Uint8Array, says: RegExp][] = [
  [
    "a Git LFS pointer",
    latin1(pointer),
    /a Git LFS pointer, which stands for a file of 12345 bytes; run `git lfs pull`/,
  ],
  ["a page", latin1("\n<!DOCTYPE html>\n<html>"), /a page in HTML; is the URL right\?/],
  ["gzip", gzipSync(file), /compressed by gzip; unpack them \(gunzip\).*DecompressionStream/],
  ["zlib at level 1", zlibSync(file, { level: 1 }), /compressed by zlib, perhaps a joblib pickle; only Python/],
  ["zlib at level 6", zlibSync(file, { level: 6 }), /compressed by zlib, perhaps a joblib pickle; only Python/],
  ["zlib at level 9", zlibSync(file, { level: 9 }), /compressed by zlib, perhaps a joblib pickle; only Python/],
  ["bzip2", latin1("BZh91AY&SY"), /bzip2; unpack/],
  ["xz", latin1("\xfd7zXZ\0\0\x04"), /xz; unpack/],
  ["zstd", latin1("\x28\xb5\x2f\xfd\x04"), /zstd; unpack/],
  ["tar", latin1(`model.pt${"\0".repeat(249)}ustar\x0000`), /a tar archive; unpack/],
  [
    "a zip of other files",
    zipSync({ "readme.txt": [file, { level: 0 }] }),
    /a zip archive that begins with "readme\.txt"/,
  ],
  ["text", latin1("Entry not found"), /text of 15 bytes that begins "Entry not found"$/],
  ["text that writes to a terminal", latin1("\x1b[2Jno"), /6 bytes that begin 1b 5b 32 4a 6e 6f$/],
  ["bytes", latin1("\x01\x02\x03\xff"), /4 bytes that begin 01 02 03 ff$/],
];

const otherModels: readonly [name: string, bytes: Uint8Array, says: RegExp][] = [
  ["TensorFlow Lite", latin1("\x1c\0\0\0TFL3\x14\0\x20\0"), /a TensorFlow Lite \(LiteRT\) model; load the Keras/],
  ["ONNX Runtime's", latin1("\x20\0\0\0ORTM\0\0\0\0"), /\(\.ort\); load the \.onnx file/],
  ["GGUF", latin1("GGUF\x03\0\0\0"), /a GGUF or GGML file; load/],
  ["a frozen TensorFlow graph", graphDef, /a TensorFlow graph .*; save the Keras model/],
  ["a SavedModel", savedModel, /a TensorFlow SavedModel; save the Keras model/],
  ["Core ML's network", coreMl(500), /a Core ML model; load/],
  ["Core ML's program", coreMl(502), /a Core ML model; load/],
  ["a PaddlePaddle program", paddle, /a PaddlePaddle program; convert it by paddle2onnx/],
  ["OpenVINO's", latin1('<?xml version="1.0"?>\n<net name="gru" version="11">'), /OpenVINO's .*; load/],
  [
    "a server's error",
    latin1('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    /error AccessDenied; is the URL right/,
  ],
  ["one NumPy array", latin1("\x93NUMPY\x01\0v\0{'descr': '<f4'}"), /one NumPy array \(\.npy\); .*numpy\.savez/],
  ["a pickle of protocol 0", latin1("(dp0\nVa\np1\nI1\ns."), /a pickle of protocol 0; save it by torch\.save/],
  ["an ordered one", latin1("ccollections\nOrderedDict\np0\n("), /a pickle of protocol 0; save it by torch\.save/],
  [
    "joblib's",
    latin1("\x80\x04\x95\x00\x01\0\0\0\0\0\0\x8c\x13joblib.numpy_pickle\x94\x8c\x11NumpyArrayWrapper\x94\x93\x94."),
    /a pickle of joblib's; only Python/,
  ],
  ["scikit-learn's", latin1("\x80\x03csklearn.pipeline\nPipeline\nq\x00."), /a pickle of sklearn's; only Python/],
  ["a state_dict as JSON", json({ "gru.weight_ih_l0": [[1]] }), /a PyTorch state_dict as JSON; save it by/],
  [
    "Keras's to_json",
    json({ class_name: "Sequential", config: {}, keras_version: "2" }),
    /without its weights; save the whole/,
  ],
  [
    "a server's answer",
    json({ error: { code: 403, message: "Access denied" } }),
    /a server's answer in JSON, \{"error":\{"code":403,"message":"Access denied"\}\}; is the URL right, and may/,
  ],
  ["a TF.js graph", json({ format: "graph-model", modelTopology: { node: [] } }), /a TF\.js graph model; convert/],
  ["other JSON", json({ name: "package", version: 1 }), /JSON with the keys "name", "version"; .* modelTopology/],
  ["a long one", json(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, i]))), /"k7" and 91 more;/],
  ["a list in JSON", json([1, 2]), /a list in JSON; /],
];

describe("a file that is no model of ours", () => {
  it.each(noModels)("is told by what it is: %s", async (_, bytes, says) => {
    await expectRefusal(
      () => parseModel(bytes),
      "bad-file",
      new RegExp(`^model: expected a model file, got .*${says.source}`),
    );
  });

  it.each(otherModels)("is told by whose it is: %s", async (_, bytes, says) => {
    await expectRefusal(
      () => parseModel(bytes),
      "unsupported",
      new RegExp(`^model: expected a model file, got .*${says.source}`),
    );
  });

  it("is no file that a reader knows, but cannot read", async () => {
    // A length of 0x178 is how zlib begins, and one of 0x8b1f gzip.
    for (const bytes of [safetensors(0x178), safetensors(0x8b1f)]) {
      await expectRefusal(() => parseModel(bytes), "bad-file", /^safetensors: /);
    }
    const onnx = message([1, 8], [2, "pytorch"], [7, message([1, message([1, "x"], [4, "Gru"])])]);
    await expectRefusal(() => parseModel(onnx), "bad-file", /^onnx: /);
    await expectRefusal(() => parseModel(onnx.subarray(0, -4)), "bad-file", /^onnx: /);
    await expectRefusal(
      () => parseModel(json({ format: "layers-model", modelTopology: {} })),
      "bad-file",
      /^(?!model:)/,
    );
    await expectRefusal(() => parseModel(latin1('{"modelTopology": ')), "bad-file", /^model\.json: expected JSON/);
  });

  it("loads once it is unpacked as the message says", async () => {
    const packed = new Response(gzipSync(file) as Uint8Array<ArrayBuffer>);
    const unpacked = new Response(packed.body!.pipeThrough(new DecompressionStream("gzip")));
    expect((await loadModel(unpacked, { device: "cpu" })).outputSize).toBe(5);
  });
});
