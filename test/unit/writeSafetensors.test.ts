import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSafetensors } from "../../src/formats/safetensors.js";
import { describeNetwork, writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { createModel } from "../../src/load/loadModel.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Storage } from "../../src/layers/layerType.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { parseModel } from "../../src/load/parseModel.js";
import { propertyCase } from "../cases/arbitrary.js";
import { fixtureNetwork } from "../files/fixture.js";
import { fixtureNames, readFixture } from "../files/fixtureFiles.js";
import { readOnnxFixture } from "../files/onnxFixture.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../files/onnxFixtureFiles.js";
import { makeNetwork } from "../cases/properties.js";
import { oneGru, randomDense, randomInput, randomMixed, randomTextModel, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const storages: readonly Storage[] = ["f32", "f16", "int8"];

describe("writeSafetensors", () => {
  for (const dtype of storages) {
    it(`writes random networks as ${dtype}, from which the same ones are read`, async () => {
      const holds = fc.asyncProperty(propertyCase, async (each) => {
        const network = makeNetwork(each);
        const bytes = writeSafetensors(network, { dtype });
        const stored = withStorage(network, dtype);
        expect(withoutMinusZeros(await parseModel(bytes))).toEqual(withoutMinusZeros(stored));
        // A network that was read is written as it was.
        expect(isSame(writeSafetensors(await parseModel(bytes)), bytes)).toBe(true);
      });
      await fc.assert(holds, { seed: 2, numRuns: 100 });
    });

    it(`writes every network of the fixtures as ${dtype}, from which the same one is read`, async () => {
      for (const [name, network] of await fixtureNetworks()) {
        const bytes = writeSafetensors(network, { dtype });
        const read = await parseModel(bytes);
        const { layers, outputs, reversesInput } = withStorage(network, dtype);
        const expected = withoutMinusZeros({ ...read, layers, outputs, reversesInput });
        expect(withoutMinusZeros(read), name).toEqual(expected);
        expect(isSame(writeSafetensors(read), bytes), name).toBe(true);
      }
    });

    it(`writes every kind of layer as ${dtype}, which gives the same outputs to the last bit`, async () => {
      for (const network of [
        randomMixed(1, { name: "elu", alpha: 0.7 }, 4),
        { ...randomTextModel(2, 5), vocabulary: ["a", "b", "ä", '"', "\u{1f600}"] },
        oneGru(3, { inputSize: 2, hiddenSize: 3, returnSequences: false, clip: 0.5, newActivation: "softsign" }),
      ]) {
        const read = await parseModel(writeSafetensors(network, { dtype }));
        const [expected, actual] = await Promise.all([withStorage(network, dtype), read].map(run));
        expect(actual).toEqual(expected);
        expect(read).toMatchObject({ vocabulary: network.vocabulary, outputs: network.outputs });
      }
    });
  }

  it("keeps each layer's storage unless told otherwise", async () => {
    const text = randomTextModel(4, 5);
    const layers = text.layers.map((layer, i) => {
      const [stored] = withStorage({ ...text, layers: [layer] }, storages[i % 3]!).layers;
      return stored!;
    });
    const read = await parseModel(writeSafetensors({ ...text, layers }));
    expect(read.layers.map(({ storage }) => storage)).toEqual(["f32", "f16", "int8", "f32"]);
  });

  it("keeps that a network sees its input last step first", async () => {
    const layers = oneGru(5, { inputSize: 2, hiddenSize: 3 }).layers;
    for (const reversesInput of [true, false]) {
      const read = await parseModel(writeSafetensors(defineNetwork({ layers, reversesInput })));
      expect(read.reversesInput).toBe(reversesInput);
    }
  });

  it("leaves a matrix that is too large for half precision as float32", () => {
    const large = { ...randomDense("large", ["input"], [1, 1], "linear", uniform(1)), weight: Float32Array.of(1e6) };
    const { tensors } = parseSafetensors(writeSafetensors(defineNetwork({ layers: [large] }), { dtype: "f16" }));
    expect(tensors.get("large.weight")).toMatchObject({ storage: "f32", values: Float32Array.of(1e6) });
  });

  it("takes a byte for each weight as int8, two as f16 and four as f32", () => {
    const network = oneGru(5, { inputSize: 64, hiddenSize: 64, hasBias: false });
    const numWeights = 2 * 3 * 64 * 64;
    const scales = 2 * 3 * 64 * 4;
    const sizes = storages.map((dtype) => writeSafetensors(network, { dtype }).length);
    for (const [i, expected] of [4 * numWeights, 2 * numWeights, numWeights + scales].entries()) {
      expect(sizes[i]! - expected).toBeGreaterThan(0);
      expect(sizes[i]! - expected).toBeLessThan(1024); // the header
    }
  });

  it("begins its data at a multiple of 8 bytes", () => {
    for (const name of ["g", "gr", "gru", "grus", "a longer name"]) {
      const [layer] = oneGru(6, { inputSize: 1, hiddenSize: 1 }).layers;
      const bytes = writeSafetensors(defineNetwork({ layers: [{ ...layer!, name }] }));
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    }
  });

  it("refuses a dtype that is none", async () => {
    const dtype = "int4" as never;
    const network = oneGru(7, { inputSize: 1, hiddenSize: 1 });
    const message = 'dtype: expected f32, f16, int8, got the string "int4"';
    await expectRefusal(() => writeSafetensors(network, { dtype }), "unsupported", message);
  });

  it("refuses a layer's name that would be taken for PyTorch's", async () => {
    const [layer] = oneGru(8, { inputSize: 1, hiddenSize: 1 }).layers;
    const network = defineNetwork({ layers: [{ ...layer!, name: "rnn.weight_hh_l0" }] });
    const message =
      'layer "rnn.weight_hh_l0": a reader would take this name for that of a PyTorch tensor; rename the layer';
    await expectRefusal(() => writeSafetensors(network), "unsupported", message);
  });

  it("refuses an option that is not known", async () => {
    const network = oneGru(9, { inputSize: 1, hiddenSize: 1 });
    const options = { storage: "f16" } as never;
    await expectRefusal(
      () => writeSafetensors(network, options),
      "unsupported",
      'options: expected dtype, got "storage"',
    );
  });
});

describe("describeNetwork", () => {
  it("is the layer list without weights, in JSON the same", () => {
    const description = describeNetwork(randomTextModel(10, 5));
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toMatchObject({
      version: 1,
      layers: [{ type: "embedding", numEmbeddings: 5 }, { type: "gru" }, { type: "gru" }, { type: "dense" }],
      outputs: ["head"],
    });
    expect(Object.keys(description.layers[1]!)).not.toContain("weight");
  });
});

/** int8 has no -0, which is the same number. */
function withoutMinusZeros(network: Network): unknown {
  const layers = network.layers.map((layer) => {
    const fields = Object.entries(layer).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Float32Array ? value.map((number) => number + 0) : value,
    ]);
    return Object.fromEntries(fields) as unknown;
  });
  return { ...network, layers };
}

async function run(network: Network): Promise<unknown> {
  const model = await createModel(network, { device: "cpu" });
  const { outputs, finalState } = await model.run(randomInput(network, 6, 11), { batchSize: 2 });
  model.dispose();
  return { outputs, finalState };
}

/** Whatever format they are in. */
async function fixtureNetworks(): Promise<[name: string, network: Network][]> {
  const networks: [string, Network][] = [];
  for (const name of fixtureNames()) {
    const { fixture, bytes, files } = readFixture(name);
    networks.push([name, await fixtureNetwork(fixture, bytes, files)]);
  }
  for (const name of onnxFixtureNames()) {
    const { fixture, bytes } = readOnnxFixtureFile(name);
    networks.push([name, readOnnxFixture(fixture, bytes)]);
  }
  return networks;
}

/** Byte by byte, far faster than by `toEqual`. */
function isSame(actual: Uint8Array, expected: Uint8Array): boolean {
  return Buffer.compare(actual, expected) === 0;
}
