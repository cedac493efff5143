// HDF5 files of weights alone, by a description that names their arrays.

import { describe, expect, it } from "vitest";
import type { NetworkDescription } from "webgru";
import { parseNpz } from "../../src/formats/npz/parseNpz.js";
import { parseModel } from "../../src/load/parseModel.js";
import { randomArray, uniform } from "../cases/random.js";
import { readFixture } from "../files/fixtureFiles.js";
import { type Hdf5Parts, hdf5File } from "../files/hdf5File.js";
import { npzFile } from "../files/npzFile.js";
import { expectRefusal } from "../harness/refusal.js";

const next = uniform(41);
const array = (...shape: number[]) => ({
  shape,
  values: randomArray(
    shape.reduce((product, size) => product * size, 1),
    next,
  ),
});
const kernels = { kernel: array(4, 9), recurrent_kernel: array(3, 9), bias: array(2, 9) };
const head = { kernel: array(3, 2), bias: array(2) };
const groupOf = (members: Record<string, Hdf5Parts>): Hdf5Parts => ({ members });

/** As Keras 2's save_weights lays them out. */
const file = (attributes: Record<string, string | string[]> = { layer_names: ["gru", "head"] }) =>
  hdf5File({ attributes, members: { gru: groupOf({ gru_cell: groupOf(kernels) }), head: groupOf(head) } });

const description = (gru: (name: string) => string, dense: (name: string) => string): NetworkDescription => ({
  layers: [
    {
      type: "gru",
      name: "gru",
      inputSize: 4,
      hiddenSize: 3,
      layout: "keras",
      tensors: {
        weight: gru("kernel"),
        recurrentWeight: gru("recurrent_kernel"),
        bias: gru("bias"),
        recurrentBias: gru("bias"),
      },
    },
    {
      type: "dense",
      name: "head",
      inputSize: 3,
      outputSize: 2,
      layout: "keras",
      tensors: { weight: dense("kernel"), bias: dense("bias") },
    },
  ],
});
const paths = description(
  (name) => `gru/gru_cell/${name}`,
  (name) => `head/${name}`,
);

describe("an HDF5 file of weights alone", () => {
  it("is the network that a description says", async () => {
    const flat = { ...kernels, "head.kernel": head.kernel, "head.bias": head.bias };
    const expected = parseNpz(
      npzFile(flat),
      description(
        (name) => name,
        (name) => `head.${name}`,
      ),
    );
    const { layers } = await parseModel(file(), { description: paths });
    expect(layers).toEqual(expected.layers);
  });

  it("is refused for a name that it has not", async () => {
    const lost = description(
      (name) => `gru/${name}`,
      (name) => `head/${name}`,
    );
    const call = () => parseModel(file(), { description: lost });
    await expectRefusal(call, "bad-file", /gru\/kernel: expected a dataset, got none/);
  });

  it("is refused for a description that names no tensors", async () => {
    const layers = [{ type: "dense", name: "head", inputSize: 3, outputSize: 2 }] as const;
    const call = () => parseModel(file(), { description: { layers } });
    await expectRefusal(call, "bad-file", /^head\.weight: expected a tensor of shape \[2, 3\], got no others/);
  });

  it("is refused for a description that is none", async () => {
    for (const given of [{}, { layers: [null] }, { layers: [{ type: "dense", tensors: 3 }] }]) {
      const call = () => parseModel(file(), { description: given as unknown as NetworkDescription });
      await expectRefusal(call, "bad-file", /^(description\.)?layers/);
    }
  });

  it("is not a whole model, which says itself how it is wired", async () => {
    const { bytes } = readFixture("h5_keras_3");
    const call = () => parseModel(bytes!, { description: paths });
    await expectRefusal(call, "unsupported", /^description: not for a Keras model/);
  });
});
