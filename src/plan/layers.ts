import { type Layer, listedName } from "../layers/index.js";
import type { Network } from "../model/network.js";
import * as core from "./coreList.js";
import type { LayerPlan } from "./layerPlan.js";

const PLANS: Readonly<Record<string, unknown>> = { ...core };

/** Whether a plain GRU model may have all of a network's layers. */
export function hasCorePlans({ layers }: Network): boolean {
  return layers.every((layer) => listedName(layer) in core);
}

/** Adds the plans of the other layer types. @param plans the exports of list.ts */
export function addPlans(plans: object): void {
  Object.assign(PLANS, plans);
}

/** The plans of a layer's type. */
export function layerPlan(layer: Layer): LayerPlan {
  return PLANS[listedName(layer)] as LayerPlan;
}
