import type { Layer } from "../layers/index.js";
import type { LayerPlan } from "./layerPlan.js";
import * as list from "./list.js";

const PLANS: Readonly<Record<Layer["type"], unknown>> = list;

/** The plans of a layer's type. */
export function layerPlan(layer: Layer): LayerPlan {
  return PLANS[layer.type] as LayerPlan;
}
