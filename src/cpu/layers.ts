// The list of layer types on the CPU. A new one is its file here, and a line in `PLACED`.

import type { Layer } from "../layers/index.js";
import type { CpuLayer, CpuPlace } from "./cpuLayer.js";
import { placeDense } from "./dense.js";
import { placeEmbedding } from "./embedding.js";
import { placeGru } from "./gru.js";
import { placeLast } from "./last.js";

const PLACED = { embedding: placeEmbedding, gru: placeGru, dense: placeDense, last: placeLast };

/** Lays a layer out. */
export function placeLayer(layer: Layer, place: CpuPlace): CpuLayer {
  return (PLACED[layer.type] as (layer: Layer, place: CpuPlace) => CpuLayer)(layer, place);
}
