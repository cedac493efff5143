// Weights alone with the model's architecture beside them, as save_weights() and to_json() leave them; and cells in a list in .keras files.

import { unzipSync } from "fflate";
import { parseModel } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { fixtureFolder, readFixture } from "../files/fixtureFiles.js";
import { type Hdf5Parts, hdf5File } from "../files/hdf5File.js";
import { denseLayer, gruLayer, inputLayer, layersModel, SHARD } from "../files/layersModelFile.js";
import { zip } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";

const parseText = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The parts of a .keras fixture. */
function partsOf(name: string) {
  const { bytes } = readFixture(name, ".keras");
  const files = unzipSync(bytes!);
  return {
    bytes: bytes!,
    config: parseText(files["config.json"]!),
    version: parseText(files["metadata.json"]!)["keras_version"],
    weights: files["model.weights.h5"]!,
  };
}

const archives = fixtureFolder()
  .filter((file) => file.endsWith(".keras") && !file.includes("training"))
  .map((file) => file.slice(0, -".keras".length));

/** Keras 2's save_weights() of a model that `layersModel` made. */
function savedWeights(model: ReturnType<typeof layersModel>) {
  const { buffer } = model.files.get(SHARD)!;
  const groups: Record<string, { attributes: { weight_names: string[] }; members: Record<string, Hdf5Parts> }> = {};
  let start = 0;
  for (const { name, shape } of model.json.weightsManifest[0]!.weights as { name: string; shape: number[] }[]) {
    const [layer, own] = name.split("/") as [string, string];
    const values = new Float32Array(
      buffer,
      start,
      shape.reduce((product, size) => product * size, 1),
    );
    start += values.byteLength;
    const group = (groups[layer] ??= { attributes: { weight_names: [] }, members: {} });
    group.attributes.weight_names.push(own);
    group.members[own] = { shape, values };
  }
  return hdf5File({ attributes: { layer_names: Object.keys(groups) }, members: groups });
}

describe("weights alone with an architecture", () => {
  it.each(archives)("are the model that the .keras file is: %s", async (name) => {
    const { bytes, config, version, weights } = partsOf(name);
    const expected = await parseKeras(bytes);
    const network = await parseModel(weights, { description: { ...config, keras_version: version } as never });
    expect(network).toEqual(expected);
  });

  it("count as the newest Keras 3 where to_json() names modules and no version", async () => {
    const { config, weights } = partsOf("keras_v3_sequential");
    const { notes } = await parseModel(weights, { description: { module: "keras", ...config } as never });
    expect(notes[0]).toBe("Read from a model of Keras 3.");
  });

  it("are read as Keras 2's save_weights() wrote them", async () => {
    const model = layersModel([inputLayer(), gruLayer(3), denseLayer(2)]);
    const { class_name, config, keras_version } = model.json.modelTopology;
    const architecture = { class_name, config, keras_version };
    const network = await parseModel(savedWeights(model), { description: architecture });
    expect(network).toEqual(await parseKeras(bytesOf(model.json), { files: model.files }));
  });

  const model = layersModel([inputLayer(), gruLayer(3)]);
  const architecture = model.json.modelTopology;

  it("are refused for another HDF5 file", async () => {
    await expectRefusal(
      () =>
        parseModel(hdf5File({ members: { other: { shape: [1], values: new Float32Array(1) } } }), {
          description: architecture,
        }),
      "unsupported",
      "keras: expected a file of save_weights() for the architecture, got another HDF5 file",
    );
  });

  it("are refused without a layer that the architecture has", async () => {
    await expectRefusal(
      () => parseModel(savedWeights(layersModel([inputLayer(), denseLayer(3)])), { description: architecture }),
      "bad-file",
      'layer "gru": expected a group of its weights, got none',
    );
  });

  it("are refused for an architecture that is no model", async () => {
    await expectRefusal(
      () => parseModel(savedWeights(model), { description: { class_name: "GRU", config: {} } }),
      "unsupported",
      'description: expected class_name to be Sequential or Functional, got "GRU"',
    );
  });

  it("are not asked for by a whole model", async () => {
    const { bytes } = readFixture("h5_lstm");
    await expectRefusal(
      () => parseModel(bytes!, { description: architecture }),
      "unsupported",
      "description: not for a Keras model, which says itself how its layers are wired",
    );
  });

  it("are named in the refusal of weights without one", async () => {
    await expectRefusal(
      () => parseModel(savedWeights(model)),
      "unsupported",
      /or pass as description the architecture, JSON.parse of model.to_json\(\), or a list/,
    );
  });
});

/** Keras's names of the groups of cells (saving_lib.py, _save_container_state). */
const CELL_GROUPS: Record<string, string> = {
  GRUCell: "gru_cell",
  LSTMCell: "lstm_cell",
  SimpleRNNCell: "simple_rnn_cell",
};

/** TF.js's fixture in the layout of saving_lib.py: `cells` is a list, whose groups are named after classes and numbered. */
function archive() {
  const { bytes, files } = readFixture("tfjs_stacked_cells");
  const { modelTopology, weightsManifest } = parseText(bytes!) as {
    modelTopology: {
      class_name: string;
      config: { layers: { class_name: string; config: Record<string, never> }[] };
    };
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
  };
  const { buffer, byteOffset } = (files as Map<string, Uint8Array>).get(weightsManifest[0]!.paths[0]!)!;
  const { weights } = weightsManifest[0]!;
  let start = byteOffset;
  const take = () => {
    const { shape } = weights.shift()!;
    const values = new Float32Array(
      buffer.slice(start, start + 4 * shape.reduce((product, size) => product * size, 1)),
    );
    start += values.byteLength;
    return { shape, values };
  };
  const rnns = modelTopology.config.layers.map(
    ({ config }) =>
      config as unknown as { cell: { config: { cells: { class_name: string; config: { use_bias: boolean } }[] } } },
  );
  const groups = rnns.map(({ cell }, i): [string, Hdf5Parts] => {
    const counts: Record<string, number> = {};
    const cells = cell.config.cells.map(({ class_name, config }): [string, Hdf5Parts] => {
      const group = CELL_GROUPS[class_name]!;
      const ordinal = (counts[group] = (counts[group] ?? -1) + 1);
      const vars = Object.fromEntries(Array.from({ length: config.use_bias ? 3 : 2 }, (_, k) => [`${k}`, take()]));
      return [ordinal === 0 ? group : `${group}_${ordinal}`, { members: { vars: { members: vars } } }];
    });
    return [
      i === 0 ? "rnn" : `rnn_${i}`,
      { members: { cell: { members: { cells: { members: Object.fromEntries(cells) } } } } },
    ];
  });
  return zip({
    "metadata.json": bytesOf({ keras_version: "2.13.1" }),
    "config.json": bytesOf({ class_name: modelTopology.class_name, config: modelTopology.config }),
    "model.weights.h5": hdf5File({ members: { layers: { members: Object.fromEntries(groups) } } }),
  });
}

describe("a .keras file of StackedRNNCells", () => {
  it("is the model that TF.js's file is", async () => {
    const { bytes, files } = readFixture("tfjs_stacked_cells");
    const { layers } = await parseKeras(bytes!, { files });
    expect((await parseKeras(archive())).layers).toEqual(layers);
  });
});
