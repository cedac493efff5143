// Keras 3's .keras: a zip of metadata.json, config.json and model.weights.h5. In model.weights.h5 a layer's weights are numbered,
// in a group named after its class: "layers/gru_1/cell/vars/0".

import { GruError } from "../../errors.js";
import { aligned } from "../dtype.js";
import { type Hdf5Group, parseHdf5 } from "../hdf5/hdf5File.js";
import { ZipArchive } from "../zip.js";
import { parseConfig } from "./config.js";
import type { KerasModel, LayerId, NamedTensor } from "./kerasModel.js";
import { parseTopology } from "./topology.js";

/** Paths of a layer's weights in its group, by class, in Keras's order. */
const WEIGHT_PATHS = new Map<string, readonly string[]>([
  ["GRU", ["cell/vars"]],
  ["RNN", ["cell/vars"]],
  ["Bidirectional", ["forward_layer/cell/vars", "backward_layer/cell/vars"]],
  ["TimeDistributed", ["layer/vars"]],
]);

/** Groups that may hold the layers; the second one is Keras 2.13's. */
const ROOTS = ["layers", "_layer_checkpoint_dependencies"];

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

function readWeights(weights: Hdf5Group, { name, className, ordinal }: LayerId): NamedTensor[] {
  const folder = snakeCase(className) + (ordinal === 0 ? "" : `_${ordinal}`);
  for (const root of ROOTS) {
    const group = weights.find(`${root}/${folder}`);
    if (group !== null) return (WEIGHT_PATHS.get(className) ?? ["vars"]).flatMap((path) => numbered(group, path, name));
  }
  const expected = `a group ${ROOTS[0]}/${folder} in model.weights.h5`;
  throw new GruError("bad-file", `layer "${name}": expected ${expected}, got none`);
}

/** The arrays 0, 1, 2... of a group. */
function numbered(group: Hdf5Group, path: string, layer: string): NamedTensor[] {
  const names = group.find(path)?.names ?? [];
  if (names.length > MAX_WEIGHTS) {
    throw new GruError("bad-file", `layer "${layer}": expected at most ${MAX_WEIGHTS} weights, got ${names.length}`);
  }
  return names.map((_, i) => ({ name: `${layer}: ${path}/${i}`, tensor: group.dataset(`${path}/${i}`) }));
}

/** Keras's form of a class's name in a group: "TimeDistributed" becomes "time_distributed". */
function snakeCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}
