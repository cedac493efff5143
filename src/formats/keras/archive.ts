// Keras 3's .keras: a zip of metadata.json, config.json and model.weights.h5. In model.weights.h5 a layer's weights are numbered,
// in a group named after its class: "layers/gru_1/cell/vars/0".

import { GruError } from "../../errors.js";
import { aligned } from "../dtype.js";
import { type Hdf5Group, parseHdf5 } from "../hdf5/hdf5File.js";
import { ZipArchive } from "../zip.js";
import { CELL_LAYERS } from "./cells.js";
import { Config, parseConfig } from "./config.js";
import { numbered, snakeCase } from "./entries.js";
import type { KerasLayer } from "./kerasLayer.js";
import type { KerasModel, NamedTensor } from "./kerasModel.js";
import { stackedCells } from "./stackedCells.js";
import { parseTopology } from "./topology.js";

/** The groups in a layer's group that have its weights, in Keras's order. */
function innerGroups({ className, config }: KerasLayer): readonly string[] {
  if (className === "Bidirectional") return ["/forward_layer/cell", "/backward_layer/cell"];
  if (!CELL_LAYERS.includes(className)) return [""];
  const counts = new Map<string, number>();
  const cells = stackedCells(className, config)?.map((cell) => new Config(cell, config.subject).text("class_name"));
  return cells?.map((cell) => `/cell/cells/${numbered(snakeCase(cell), counts)}`) ?? ["/cell"];
}

/** Names of the groups that hold a model's layers; the second one is Keras 2.13's. */
export const ROOTS = ["layers", "_layer_checkpoint_dependencies"];

const MAX_WEIGHTS = 64;

/** @throws GruError `bad-file`, `unsupported` */
export function readKerasArchive(bytes: Uint8Array, mayKeep: boolean): KerasModel {
  const archive = new ZipArchive(bytes);
  const contents = (name: string): Uint8Array => {
    const entry = archive.entries.get(name);
    if (entry !== undefined) return archive.read(entry);
    const got = [...archive.entries.keys()].slice(0, 8).join(", ");
    throw new GruError("bad-file", `keras: expected ${name} in the archive, got ${got || "nothing"}`);
  };
  const json = (name: string) => parseConfig(contents(name), name);
  const config = json("config.json");
  const metadata = archive.entries.has("metadata.json") ? json("metadata.json") : null;
  const stored = contents("model.weights.h5");
  const weights = parseHdf5(mayKeep ? aligned(stored) : stored, mayKeep); // over the entry's name
  return {
    version: metadata?.has("keras_version") ? metadata.text("keras_version") : "3",
    topology: parseTopology(config),
    weightsOf: (layer) => readWeights(weights, layer),
  };
}

/** The weights of a layer in model.weights.h5, or in a file of save_weights() alone. */
export function readWeights(weights: Hdf5Group, layer: KerasLayer): NamedTensor[] {
  const { name, place } = layer;
  for (const root of ROOTS) {
    const folder = place.folder.replaceAll(/\blayers\//g, `${root}/`);
    const groups = innerGroups(layer).map((inner) => find(weights, `${folder}${inner}`));
    if (groups.some((group) => group !== null)) return groups.flatMap((group) => varsOf(group, name));
  }
  const expected = `a group ${place.folder} in model.weights.h5`;
  throw new GruError("bad-file", `layer "${name}": expected ${expected}, got none`);
}

/** The group of that path. Keras 2 on Windows wrote the whole path as one name, with "\\" between its parts. */
function find(weights: Hdf5Group, path: string): Hdf5Group | null {
  return weights.find(path) ?? weights.find(path.replaceAll("/", "\\"));
}

/** The arrays 0, 1, 2... in `vars` of a group; none without one. */
function varsOf(group: Hdf5Group | null, layer: string): NamedTensor[] {
  const vars = group?.find("vars") ?? null;
  if (vars === null) return [];
  const { names } = vars;
  if (names.length > MAX_WEIGHTS) {
    throw new GruError("bad-file", `layer "${layer}": expected at most ${MAX_WEIGHTS} weights, got ${names.length}`);
  }
  return names.map((_, i) => ({ name: `${layer}: ${group!.path}/vars/${i}`, tensor: vars.dataset(`${i}`) }));
}
