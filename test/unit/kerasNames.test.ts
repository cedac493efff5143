// Names that every object has, where a Keras file has names of its own; and files that are something else.

import { createModel, GruError, parseModel } from "webgru";
import { describe, expect, it } from "vitest";
import { hdf5File } from "../files/hdf5File.js";
import { h5Model } from "../files/kerasFile.js";
import {
  denseLayer,
  gruLayer,
  inputLayer,
  jsonBytes,
  type LayersModel,
  layersModel,
} from "../files/layersModelFile.js";
import { expectRefusal } from "../harness/refusal.js";

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

/** JSON in which a name may be "__proto__". */
const renamed = (json: unknown, from: string, to: string) =>
  new TextEncoder().encode(JSON.stringify(json).replaceAll(`"${from}"`, JSON.stringify(to)));

const PLACES: Record<string, (json: LayersModel) => void> = {
  "the model's class": ({ modelTopology }) => (modelTopology.class_name = "?"),
  "a format": (json) => (json.format = "?"),
  "a layer's class": ({ modelTopology }) => (layersOf(modelTopology)[1]!.class_name = "?"),
  "an activation": ({ modelTopology }) => (layersOf(modelTopology)[1]!.config["activation"] = "?"),
  "a gate's activation": ({ modelTopology }) => (layersOf(modelTopology)[1]!.config["recurrent_activation"] = "?"),
  "a dense layer's activation": ({ modelTopology }) => (layersOf(modelTopology)[2]!.config["activation"] = "?"),
  "a key of a configuration": ({ modelTopology }) => (layersOf(modelTopology)[1]!.config["?"] = 5),
  "a key of the file": (json) => Object.assign(json, { "?": 5 }),
  "a version": ({ modelTopology }) => (modelTopology.keras_version = "?"),
  "a weight's name": ({ weightsManifest }) => (weightsManifest[0]!.weights[0]!["name"] = "?"),
  "a weight's dtype": ({ weightsManifest }) => (weightsManifest[0]!.weights[0]!["dtype"] = "?"),
  "a file's name": ({ weightsManifest }) => (weightsManifest[0]!.paths = ["?"]),
};

function layersOf({ config }: LayersModel["modelTopology"]) {
  return config["layers"] as { class_name: string; config: Record<string, unknown> }[];
}

describe("a name that every object has", () => {
  for (const [place, change] of Object.entries(PLACES)) {
    it.each(NAMES)(`is a name as any other, as ${place}: %s`, async (name) => {
      const { json, files } = layersModel([inputLayer(), gruLayer(3), denseLayer(2)]);
      change(json);
      const outcome = await parseModel(renamed(json, "?", name), { files }).then(
        () => "a network",
        (error: unknown) => (error instanceof GruError ? "a refusal" : error),
      );
      const isFree = place.includes("key") || place === "a version";
      expect(outcome).toBe(isFree ? "a network" : "a refusal");
    });
  }

  it.each(NAMES)("may be a layer's, and its output's: %s", async (name) => {
    const { json, files } = layersModel([inputLayer(), gruLayer(3, { name }, ["input"])], [name]);
    const network = await parseModel(jsonBytes(json), { files });
    expect(network.outputs).toEqual([name]);
    const { output, outputs } = await (await createModel(network, { device: "cpu" })).run([1, 2, 3]);
    expect(Object.getOwnPropertyDescriptor(outputs, name)?.value).toEqual(output);
    expect(Object.getPrototypeOf(outputs)).toBe(Object.prototype);
  });

  it.each(NAMES)("may be a layer's in an HDF5 file: %s", async (name) => {
    const bytes = h5Model(layersModel([inputLayer(), gruLayer(3, { name })]));
    expect((await parseModel(bytes)).outputs).toEqual([name]);
  });
});

describe("an HDF5 file that is no Keras model is told by what it is", () => {
  const array = { shape: [1], values: Float32Array.of(1) };
  const files: Record<string, [file: Parameters<typeof hdf5File>[0], message: RegExp]> = {
    "weights alone": [
      { attributes: { layer_names: ["gru"] }, members: {} },
      /weights alone, as save_weights\(\) writes it/,
    ],
    "Keras 3's weights alone": [
      { members: { layers: { members: {} } } },
      /weights alone, as save_weights\(\) writes it/,
    ],
    netCDF: [{ attributes: { _NCProperties: "version=2" }, members: { time: array } }, /a netCDF file/],
    pandas: [{ attributes: { PYTABLES_FORMAT_VERSION: "2.1" }, members: {} }, /of PyTables or pandas/],
    anything: [
      { members: { x_train: array, y_train: array } },
      /another HDF5 file, with \["x_train","y_train"\] in it/,
    ],
    nothing: [{ members: {} }, /another HDF5 file, with nothing in it/],
  };
  for (const [name, [file, message]] of Object.entries(files)) {
    it(`as ${name}`, async () => {
      await expectRefusal(() => parseModel(hdf5File(file)), "unsupported", message);
    });
  }
});
