// Forms in which a caller may give a model, the files beside it, and options; and those that are refused.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runInNewContext } from "node:vm";
import { createModel, loadModel, parseModel } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import type { ModelFiles } from "../../src/formats/fileContents.js";
import { gruLayer, inputLayer, jsonBytes, layersModel, SHARD } from "../files/layersModelFile.js";
import { modelFile } from "../files/modelFile.js";
import { type OddValue, oddValues } from "../cases/oddValues.js";
import { randomMixed } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomMixed(70, "softmax", 5);
const file = modelFile(network);
const { json, files } = layersModel([inputLayer(), gruLayer(3)]);
const shard = files.get(SHARD)!;
const model = jsonBytes(json);

/** Bytes in every form that the platform has for them. */
function formsOf(bytes: Uint8Array) {
  const buffer = new Uint8Array(bytes).buffer;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const resizable = new Uint8Array(Reflect.construct(ArrayBuffer, [bytes.length, { maxByteLength: 2 * bytes.length }]));
  resizable.set(bytes);
  const larger = new Uint8Array(bytes.length + 8);
  larger.set(bytes, 5);
  const foreign = runInNewContext("(length) => new Uint8Array(length)")(bytes.length) as Uint8Array;
  foreign.set(bytes);
  return {
    "a Uint8Array": bytes,
    "a part of a larger buffer": larger.subarray(5, 5 + bytes.length),
    "an ArrayBuffer": buffer,
    "a DataView": new DataView(larger.buffer, 5, bytes.length),
    "a Buffer": Buffer.from(bytes),
    "a Uint8ClampedArray": new Uint8ClampedArray(buffer),
    "a SharedArrayBuffer": shared.buffer,
    "a view of one": shared,
    "a resizable buffer": resizable.buffer,
    "a buffer of another realm": foreign.buffer,
    "a view of that": foreign,
  };
}

function laterFormsOf(bytes: Uint8Array) {
  return {
    "a Blob": new Blob([new Uint8Array(bytes)]),
    "a File": new File([new Uint8Array(bytes)], SHARD),
    "a Response": new Response(new Uint8Array(bytes)),
  };
}

describe("a source", () => {
  for (const [name, source] of Object.entries(formsOf(file))) {
    it(`may be ${name}`, async () => {
      expect((await loadModel(source, { device: "cpu" })).network.layers).toEqual(network.layers);
      expect((await parseModel(source)).layers).toEqual(network.layers);
    });
  }

  for (const [name, source] of Object.entries(laterFormsOf(file))) {
    it(`may be ${name}`, async () => {
      expect((await loadModel(source, { device: "cpu" })).network.layers).toEqual(network.layers);
    });
  }

  it("is refused by its kind", async () => {
    const bytes = /^(?:an ArrayBuffer|a DataView|a BigInt64Array)/;
    for (const { value, kind } of oddValues().filter(isNoText)) {
      const refused = new RegExp(
        `^(?:source|model): expected .*, got .*${kind.source}|^model: expected a model file, got`,
      );
      await expectRefusal(() => loadModel(value as never), "bad-file", bytes.test(kind.source) ? /^model: / : refused);
      await expectRefusal(() => parseModel(value as never), "bad-file", /^model: /);
    }
    const detached = new ArrayBuffer(8);
    const view = new Uint8Array(detached);
    structuredClone(detached, { transfer: [detached] });
    await expectRefusal(() => loadModel(detached), "bad-file", /, got a detached buffer$/);
    await expectRefusal(() => loadModel(view), "bad-file", /, got a Uint8Array of a detached buffer$/);
    await expectRefusal(() => parseModel(view), "bad-file", /, got a Uint8Array of a detached buffer$/);
    await expectRefusal(() => loadModel(""), "bad-file", /^source: .*, got the string ""$/);
    await expectRefusal(
      () => loadModel(new Uint8Array()),
      "bad-file",
      "model: expected a model file, got an empty file",
    );
  });

  it("is refused as an answer that is an error, was read, or breaks off", async () => {
    await expectRefusal(
      () => loadModel(new Response("", { status: 403 })),
      "bad-file",
      /^source: expected the file, got HTTP 403/,
    );
    const read = new Response(new Uint8Array(file));
    await read.arrayBuffer();
    await expectRefusal(() => loadModel(read), "bad-file", /^source: already read/);
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 100), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
    await expectRefusal(() => loadModel(url), "bad-file", /model: expected the file, got TypeError/);
    server.close();
  });

  it("is refused where it does not end", async () => {
    const chunk = Object.defineProperty(new Uint8Array(1), "length", { value: 2 ** 31 + 1 }); // as many bytes as that
    const endless = new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
    await expectRefusal(
      () => loadModel(endless),
      "limit-exceeded",
      "source: expected at most 2147483648 bytes, got more",
    );
  });
});

describe("files", () => {
  const contents = { ...formsOf(shard), ...laterFormsOf(shard) };
  const forms: [name: string, files: () => ModelFiles][] = Object.entries(contents).flatMap(([name, content]) => {
    const copy = () => (content instanceof Response ? content.clone() : content);
    return [
      [`a Map of ${name}`, () => new Map([[SHARD, copy()]])],
      [`an object of ${name}`, () => ({ [SHARD]: copy() })],
      [`a function that gives ${name}`, () => copy],
      [`a function that gives a promise of ${name}`, () => async () => copy()],
    ];
  });
  forms.push(["an array of Files", () => [new File(["other"], "other.bin"), laterFormsOf(shard)["a File"]]]);

  it.each(forms)("may be %s", async (_, given) => {
    const { layers } = await parseKeras(model, { files });
    expect((await parseModel(model, { files: given() })).layers).toEqual(layers);
    expect((await loadModel(model, { files: given(), device: "cpu" })).network.layers).toEqual(layers);
    expect((await parseKeras(model, { files: given() })).layers).toEqual(layers);
  });

  it("widens what a Buffer that is a part of a pool holds", async () => {
    const quantized = layersModel([inputLayer(), gruLayer(3)]);
    const { weights } = quantized.json.weightsManifest[0]!;
    for (const weight of weights) weight["quantization"] = { dtype: "uint16", scale: 1, min: 0 };
    const numElements = shard.length / 4;
    const bytes = Buffer.alloc(2 * numElements + 2).subarray(2);
    for (let i = 0; i < numElements; i++) bytes.writeUInt16LE(i, 2 * i);
    const { layers } = await parseModel(jsonBytes(quantized.json), { files: new Map([[SHARD, bytes]]) }, true);
    const [gru] = layers as unknown as [{ weight: Float32Array }];
    expect(Math.max(...gru.weight)).toBe(17); // kernel [3, 6] holds 0 to 17
  });

  it("are refused by their kind", async () => {
    for (const { value, kind } of oddValues().filter(isPrimitive)) {
      await expectRefusal(
        () => parseModel(model, { files: value as never }),
        "unsupported",
        new RegExp(`^files: .*, got .*${kind.source}`),
      );
    }
    await expectRefusal(() => loadModel(model, { files: null as never }), "unsupported", /^files: .*, got null$/);
  });

  it("are refused for contents that are none, by their kind", async () => {
    const isFine = /ArrayBuffer|DataView|BigInt64Array|a Promise|cannot be read/;
    for (const { value, kind } of oddValues()) {
      if (isFine.test(kind.source)) continue;
      const expected = new RegExp(`^files: expected ${SHARD} to be .*, got .*${kind.source}`);
      await expectRefusal(() => parseModel(model, { files: new Map([[SHARD, value as never]]) }), "bad-file", expected);
    }
    const none = /^weightsManifest: expected the file weights\.bin/;
    for (const each of [new Map(), {}, [], () => undefined as never, { toString: shard }]) {
      await expectRefusal(() => parseModel(model, { files: each as ModelFiles }), "bad-file", none);
    }
    await refuseContents(new Response("", { status: 404 }), /got a Response, HTTP 404$/);
    await refuseContents(
      new Blob(["<!DOCTYPE html><html></html>"]),
      /got a Blob, a page in HTML: is the file there\?$/,
    );
    await refuseContents(
      new Blob(["version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"]),
      /a Git LFS pointer: run `git lfs pull`$/,
    );
  });

  it("tell their own error, where a function throws it", async () => {
    const reason = new Error("of the caller");
    await expect(parseModel(model, { files: () => Promise.reject(reason) })).rejects.toBe(reason);
  });
});

describe("an option", () => {
  it.each(["description", "linearBeforeReset", "part", "signal", "onProgress", "device", "dtype", "nonFinite"])(
    "is refused by its kind: %s",
    async (name) => {
      const isTaken: Record<string, (value: unknown) => boolean> = {
        description: (value) => Object.prototype.toString.call(value) === "[object Object]",
        linearBeforeReset: (value) => value === true,
        onProgress: (value) => typeof value === "function",
      };
      for (const { value, kind } of oddValues()) {
        if (name === "device" && /cannot be read/.test(kind.source)) continue;
        if (!/cannot be read/.test(kind.source) && isTaken[name]?.(value)) continue;
        const options = { device: "cpu", [name]: value } as object;
        await expectRefusal(
          () => loadModel(file, options),
          "unsupported",
          new RegExp(`^${name}: expected .*, got .*${kind.source}`),
        );
      }
    },
  );

  it("is refused by createModel", async () => {
    for (const { value, kind } of oddValues()) {
      const got = new RegExp(`, got .*${kind.source}`);
      for (const name of ["dtype", "nonFinite"]) {
        await expectRefusal(() => createModel(network, { [name]: value }), "unsupported", got);
      }
      await expectRefusal(() => createModel(value as never), "unsupported", /^(network|layers): expected an /);
    }
  });
});

/** Values that are no address. */
function isNoText({ value }: OddValue): boolean {
  return typeof value !== "string";
}

function isPrimitive({ value }: OddValue): boolean {
  return typeof value !== "object" && typeof value !== "function";
}

async function refuseContents(content: Response | Blob, got: RegExp): Promise<void> {
  await expectRefusal(() => parseModel(model, { files: () => content }), "bad-file", got);
}
