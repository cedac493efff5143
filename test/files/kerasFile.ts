// Writes Keras's own files of a model that `layersModel` made.

import { type Hdf5Parts, hdf5File } from "./hdf5File.js";
import { type layersModel, SHARD } from "./layersModelFile.js";
import { npzFile } from "./npzFile.js";
import { zip } from "./pickleFile.js";

/** A model of layers, as `layersModel` makes it. */
export type KerasModel = ReturnType<typeof layersModel>;

/** The weights of each layer by their names. */
function weightsOf({ json, files }: KerasModel): Map<string, Map<string, { shape: number[]; values: Float32Array }>> {
  const { buffer } = files.get(SHARD)!;
  const layers = new Map<string, Map<string, { shape: number[]; values: Float32Array }>>();
  let start = 0;
  for (const { name, shape } of json.weightsManifest[0]!.weights as { name: string; shape: number[] }[]) {
    const [layer, field] = name.split("/") as [string, string];
    const values = new Float32Array(
      buffer,
      start,
      shape.reduce((product, one) => product * one, 1),
    );
    start += values.byteLength;
    layers.set(layer, (layers.get(layer) ?? new Map()).set(field, { shape, values }));
  }
  return layers;
}

/** A .npz file by the names of its weights. */
export function kerasArrays(model: KerasModel): Uint8Array {
  const arrays = [...weightsOf(model)].flatMap(([layer, weights]) =>
    [...weights].map(([field, array]) => [`${layer}/${field}`, array] as const),
  );
  return npzFile(Object.fromEntries(arrays));
}

const textOf = ({ json }: KerasModel) => {
  const { class_name, config } = json.modelTopology;
  return JSON.stringify({ class_name, config });
};

/** A .h5 file as Keras 2 writes it. */
export function h5Model(model: KerasModel): Uint8Array {
  const groups = [...weightsOf(model)].map(([layer, weights]): [string, Hdf5Parts] => {
    return [layer, { attributes: { weight_names: [...weights.keys()] }, members: Object.fromEntries(weights) }];
  });
  return hdf5File({
    attributes: { model_config: textOf(model), keras_version: "2.4.0" },
    members: { model_weights: { members: Object.fromEntries(groups) } },
  });
}

const text = (value: string) => new TextEncoder().encode(value);

/** A .keras file of GRUs and one dense layer. */
export function kerasArchive(model: KerasModel): Uint8Array {
  const groups = [...weightsOf(model).values()].map((weights, i): [string, Hdf5Parts] => {
    const vars: Hdf5Parts = { members: Object.fromEntries([...weights.values()].map((array, k) => [`${k}`, array])) };
    if (!weights.has("recurrent_kernel")) return ["dense", { members: { vars } }];
    return [i === 0 ? "gru" : `gru_${i}`, { members: { cell: { members: { vars } } } }];
  });
  return zip({
    "metadata.json": text(JSON.stringify({ keras_version: "3.3.3" })),
    "config.json": text(textOf(model)),
    "model.weights.h5": hdf5File({ members: { layers: { members: Object.fromEntries(groups) } } }),
  });
}
