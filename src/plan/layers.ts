// The list of layer types on a GPU. A new one is its file here with its shader and kernel, and a line in `PLANS`.

import type { Layer } from "../layers/index.js";
import { densePlan } from "./dense.js";
import { embeddingPlan } from "./embedding.js";
import { gruPlan } from "./gru/gruPlan.js";
import { lastPlan } from "./last.js";
import type { LayerPlan } from "./layerPlan.js";

const PLANS = { embedding: embeddingPlan, gru: gruPlan, dense: densePlan, last: lastPlan };

/** The plans of a layer's type. */
export function layerPlan(layer: Layer): LayerPlan {
  return PLANS[layer.type] as LayerPlan;
}
