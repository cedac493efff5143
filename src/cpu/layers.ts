// The list of layer types on the CPU. A new type is its file here, and a line in `CPU_LAYERS`.

import type { Layer } from "../layers/index.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { createDense } from "./dense.js";
import { createEmbedding } from "./embedding.js";
import { createGru } from "./gru.js";
import { createLast } from "./last.js";

const CPU_LAYERS = { embedding: createEmbedding, gru: createGru, dense: createDense, last: createLast };

/** Lays a layer's weights out in the target's memory. */
export function createCpuLayer(layer: Layer, target: CpuTarget): CpuLayer {
  return (CPU_LAYERS[layer.type] as (layer: Layer, target: CpuTarget) => CpuLayer)(layer, target);
}
