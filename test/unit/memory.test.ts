// The memory that loading takes, with files small enough for every run; test/long/memory.test.ts has larger ones, and URLs.

import { beforeAll, describe, expect, it } from "vitest";
import { parseModel } from "webgru";
import { h5Model } from "../files/kerasFile.js";
import { gruLayer, inputLayer, jsonBytes, layersModel } from "../files/layersModelFile.js";
import { buildLibrary } from "../harness/library.js";
import { largeFiles } from "../files/largeFiles.js";
import { measureBlobs } from "../harness/loadCost.js";

beforeAll(buildLibrary);

describe("loading a model of 20 MB", () => {
  it("takes at most 2.5 times the file at its peak, and tells how far it is", async () => {
    const costs = await measureBlobs(largeFiles(20e6));
    const formats = ["safetensors", "pt", "onnx", "npz", "keras.npz", "h5", "keras"];
    expect(Object.keys(costs)).toEqual(formats.map((format) => `${format}, Blob`));
    for (const [name, { sizeBytes, ratio, events, layers }] of Object.entries(costs)) {
      expect(sizeBytes, name).toBeGreaterThan(19e6);
      expect(layers, name).toBe(3);
      expect(events, name).toBeGreaterThan(100);
      expect(ratio, name).toBeGreaterThan(1);
      expect(ratio, name).toBeLessThan(2.5);
    }
  });
});

describe("a file's bytes", () => {
  it.each(Object.entries(largeFiles(2e4)))(
    "that are the caller's stay as they are: %s",
    async (_, { bytes, beside: files }) => {
      const before = bytes.slice();
      const shards = [...(files?.values() ?? [])].map((shard) => shard.slice());
      const network = await parseModel(bytes, { files });
      expect(bytes).toEqual(before);
      expect([...(files?.values() ?? [])]).toEqual(shards);
      for (const part of [bytes, ...(files?.values() ?? [])]) part.fill(0);
      expect(network).toEqual(await parseModel(before, { files: new Map(files && [["weights.bin", shards[0]!]]) }));
    },
  );

  it.each(Object.entries(largeFiles(2e4)))(
    "that may be kept give the same network: %s",
    async (_, { bytes, beside: files }) => {
      const network = await parseModel(bytes, { files });
      for (let start = 0; start < 4; start++) {
        const larger = new Uint8Array(bytes.length + start);
        larger.set(bytes, start);
        const own = new Map([...(files ?? [])].map(([name, shard]) => [name, shard.slice()]));
        expect(await parseModel(larger.subarray(start), { files: own }, true), `from byte ${start}`).toEqual(network);
      }
    },
  );

  it("that may be kept are read once by a model that is gone through twice", async () => {
    const model = layersModel([inputLayer(), gruLayer(3, { units: 40, go_backwards: true })]);
    const network = await parseModel(h5Model(model), {}, true);
    expect(network.reversesInput).toBe(true);
    const { layers } = await parseModel(jsonBytes(model.json), { files: model.files });
    expect(network.layers).toEqual(layers);
  });
});
