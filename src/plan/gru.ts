import type { GruLayer } from "../layers/gru.js";
import type { LayerPlan } from "./layerPlan.js";
import { waysToAdvance } from "./recurrent/families.js";
import { addRecurrent } from "./recurrent/program.js";
import { recurrentWeights } from "./recurrent/weights.js";

export const gruPlan: LayerPlan<GruLayer> = {
  weights: recurrentWeights,
  plan: (layer, inputs, planner) => planner.choose(waysToAdvance(layer, inputs, planner)),
  program: (layer, programmer) => addRecurrent(layer.resetAfter ? "gruAfter" : "gruBefore", layer, programmer),
};
