// The files that Keras models come in: what each may be, and each way in which it can lie.

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { loadModel, parseModel } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it, onTestFinished } from "vitest";
import { zipSync } from "fflate";
import type { GruErrorCode } from "../../src/errors.js";
import { readFixture } from "../files/fixtureFiles.js";
import { gruLayer, inputLayer, jsonBytes, layersModel, type LayersModel, SHARD } from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

const model = () => layersModel([inputLayer(), gruLayer(3)]);

/** The first weight of a manifest. */
const weight = (json: LayersModel) => json.weightsManifest[0]!.weights[0]!;

describe("model.json", () => {
  it("takes its weights from files at hand, or from a function", async () => {
    const { json, files } = model();
    const fromMap = await parseModel(jsonBytes(json), { files });
    const fromCall = await parseModel(jsonBytes(json), { files: async (name) => files.get(name)! });
    expect(fromMap.layers).toEqual(fromCall.layers);
  });

  it("is refused with a description, which it would not heed", async () => {
    const { json, files } = model();
    await expectRefusal(
      () => parseModel(jsonBytes(json), { files, description: { layers: [] } }),
      "unsupported",
      "description: not for a Keras model, which says itself how its layers are wired",
    );
  });

  it("may begin with white space", async () => {
    const { json, files } = model();
    const bytes = new TextEncoder().encode(`\n  ${JSON.stringify(json, null, 2)}`);
    expect((await parseModel(bytes, { files })).inputSize).toBe(3);
  });

  it("takes weights of other types beside those of its layers", async () => {
    const { json, files } = model();
    json.weightsManifest.push({
      paths: ["seeds.bin"],
      weights: [{ name: "dropout/seed", shape: [2], dtype: "int32" }],
    });
    files.set("seeds.bin", new Uint8Array(8));
    expect((await parseModel(jsonBytes(json), { files })).layers).toHaveLength(1);
  });

  const lies: Record<string, [change: (json: LayersModel) => unknown, message: string, code?: GruErrorCode]> = {
    "a graph model": [
      (json) => (json.format = "graph-model"),
      'model.json: expected format to be layers-model, got "graph-model"',
      "unsupported",
    ],
    "no topology": [
      (json) => Object.assign(json, { modelTopology: null }),
      'model.json: expected a TF.js layers model, with modelTopology and weightsManifest, got {"format":"layers-model",' +
        '"modelTopology":null,"weightsManifest":[{"paths":["weights.bin"],"weights":...',
    ],
    "no manifest": [
      (json) => Object.assign(json, { weightsManifest: {} }),
      "model.json: expected weightsManifest to be a list, got {}",
    ],
    "a file that is not there": [
      (json) => (json.weightsManifest[0]!.paths = ["other.bin"]),
      "weightsManifest: expected the file other.bin beside model.json, got none; load from a URL, or pass it in files",
    ],
    "too many files": [
      (json) => (json.weightsManifest[0]!.paths = Array.from({ length: 1025 }, () => SHARD)),
      "weightsManifest: expected at most 1024 files, got 1025",
    ],
    "too many weights": [
      (json) => (json.weightsManifest[0]!.weights = Array.from({ length: 4097 }, () => weight(json))),
      "weightsManifest: expected at most 4096 weights, got 4097",
    ],
    "a weight larger than its file": [
      (json) => (weight(json)["shape"] = [4, 6]),
      `weightsManifest: ${SHARD}: expected 192 bytes of weights, got 168`,
    ],
    "a file larger than its weights": [
      (json) => json.weightsManifest[0]!.weights.pop(),
      `weightsManifest: ${SHARD}: expected 120 bytes of weights, got 168`,
    ],
    "a shape that is none": [
      (json) => (weight(json)["shape"] = [-3, 6]),
      'weightsManifest: weight "gru/kernel": expected shape to be at most 8 counts, got [-3,6]',
    ],
    "too many axes": [
      (json) => (weight(json)["shape"] = Array.from({ length: 9 }, () => 1)),
      'weightsManifest: weight "gru/kernel": expected shape to be at most 8 counts, got [1,1,1,1,1,1,1,1,1]',
    ],
    "another type": [
      (json) => (weight(json)["dtype"] = "complex64"),
      'weight "gru/kernel": expected dtype float32, int32, uint16, float16, uint8, bool, got complex64',
      "unsupported",
    ],
    "another quantization": [
      (json) => (weight(json)["quantization"] = { dtype: "int32" }),
      'weight "gru/kernel": expected dtype float32, int32, uint16, float16, uint8, bool, got int32',
      "unsupported",
    ],
    "a scale that is none": [
      (json) => (weight(json)["quantization"] = { dtype: "uint8", scale: "1" }),
      'weightsManifest[0].quantization: expected scale to be a finite number, got "1"',
    ],
    "a name twice": [
      (json) => (json.weightsManifest[0]!.weights[1]!["name"] = "gru/kernel"),
      "weightsManifest: two weights have the same name",
    ],
  };
  for (const [name, [change, message, code = "bad-file"]] of Object.entries(lies)) {
    it(`is refused for ${name}`, async () => {
      const { json, files } = model();
      change(json);
      await expectRefusal(() => parseKeras(jsonBytes(json), { files }), code, message);
    });
  }

  for (const path of [
    "../weights.bin",
    "a/weights.bin",
    "..",
    ".",
    "%2e%2e",
    "https://x/w.bin",
    "a\\w.bin",
    "c:w",
    "",
    7,
  ]) {
    it(`is refused before anything is fetched for the path ${JSON.stringify(path)}`, async () => {
      const { json } = model();
      json.weightsManifest[0]!.paths = [path];
      const fetched: string[] = [];
      const files = async (name: string) => {
        fetched.push(name);
        return new Uint8Array();
      };
      const message = `weightsManifest: expected a file's name without a folder in paths, got ${JSON.stringify(path)}`;
      await expectRefusal(() => parseKeras(jsonBytes(json), { files }), "bad-file", message);
      expect(fetched).toEqual([]);
    });
  }

  it("is refused when it is no JSON", async () => {
    await expectRefusal(
      () => parseModel(new TextEncoder().encode("{nothing")),
      "bad-file",
      /^model\.json: expected JSON, got SyntaxError/,
    );
  });

  it("is refused when there is too much of it", async () => {
    const bytes = new TextEncoder().encode(`{${" ".repeat(2 ** 23)}}`);
    await expectRefusal(
      () => parseModel(bytes),
      "bad-file",
      "model.json: expected at most 1048576 characters, got 8388610",
    );
  });

  it("is refused without files", async () => {
    const message = `weightsManifest: expected the file ${SHARD} beside model.json, got none; load from a URL, or pass it in files`;
    await expectRefusal(() => parseModel(jsonBytes(model().json)), "bad-file", message);
  });
});

describe("loadModel", () => {
  const { json, files } = model();
  const served = async () => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url!);
      response.end(request.url!.includes("model.json") ? JSON.stringify(json) : files.get(SHARD));
    });
    return { url, asked };
  };

  it("fetches what model.json names from beside it", async () => {
    const { url, asked } = await served();
    await loadModel(`${url}/models/model.json`, { device: "cpu" });
    await loadModel(new URL(`${url}/models/model.json?signed=a/b#part`), { device: "cpu" });
    expect(asked).toEqual([
      "/models/model.json",
      `/models/${SHARD}`,
      "/models/model.json?signed=a/b",
      `/models/${SHARD}?signed=a/b`,
    ]);
  });

  it("takes files at hand before it fetches", async () => {
    const { url, asked } = await served();
    await loadModel(`${url}/model.json`, { device: "cpu", files });
    expect(asked).toEqual(["/model.json"]);
    await loadModel(jsonBytes(json), { device: "cpu", files });
  });

  it("says where files are to come from when there is no URL", async () => {
    const message = `weightsManifest: expected the file ${SHARD} beside model.json, got none; load from a URL, or pass it in files`;
    await expectRefusal(() => loadModel(jsonBytes(json), { device: "cpu" }), "bad-file", message);
  });

  it("loads every kind of file by itself", async () => {
    for (const name of ["h5_keras_1", "keras_v3_sequential"]) {
      const { bytes } = readFixture(name);
      expect((await loadModel(bytes!, { device: "cpu" })).network.layers).not.toEqual([]);
    }
  });
});

describe("a .keras", () => {
  const { bytes: h5 } = readFixture("h5_keras_3");
  const config = { class_name: "Sequential", config: { layers: [inputLayer(), gruLayer(3)] } };

  it("is found by its first entry", async () => {
    const bytes = zipSync({ "config.json": jsonBytes(config), "model.weights.h5": h5! });
    const message = 'layer "gru": expected a group layers/gru in model.weights.h5, got none';
    await expectRefusal(() => parseModel(bytes), "bad-file", message);
  });

  const lies: Record<string, [files: Record<string, Uint8Array>, message: string | RegExp, code?: GruErrorCode]> = {
    "no configuration": [
      { "metadata.json": jsonBytes({}) },
      "keras: expected config.json in the archive, got metadata.json",
    ],
    "no weights": [
      { "config.json": jsonBytes(config) },
      "keras: expected model.weights.h5 in the archive, got config.json",
    ],
    "a configuration that is none": [{ "config.json": jsonBytes(7) }, "config.json: expected an object, got 7"],
    "a version that is none": [
      { "metadata.json": jsonBytes({ keras_version: 3 }), "config.json": jsonBytes(config), "model.weights.h5": h5! },
      "metadata.json: expected keras_version to be a string, got 3",
    ],
    "weights in another format": [
      { "config.json": jsonBytes(config), "model.weights.h5": jsonBytes({}) },
      "hdf5: expected a file that begins with \\x89HDF, got another",
    ],
  };
  for (const [name, [files, message, code = "bad-file"]] of Object.entries(lies)) {
    it(`is refused for ${name}`, async () => {
      await expectRefusal(() => parseKeras(zipSync(files)), code, message);
    });
  }
});

describe("parseKeras", () => {
  it("refuses other bytes", async () => {
    const message = "keras: expected an HDF5 file, a zip or JSON, got 3 other bytes";
    await expectRefusal(() => parseKeras(Uint8Array.of(1, 2, 3)), "bad-file", message);
  });
});

/** A server for the test that is running. @returns its address */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
