import type { LstmLayer } from "../layers/lstm.js";
import type { LayerPlan } from "./layerPlan.js";
import { waysToAdvance } from "./recurrent/families.js";
import { addRecurrent } from "./recurrent/program.js";
import { recurrentWeights } from "./recurrent/weights.js";

export const lstmPlan: LayerPlan<LstmLayer> = {
  weights: recurrentWeights,
  plan: (layer, inputs, planner) => planner.choose(waysToAdvance(layer, inputs, planner)),
  program: (layer, programmer) => addRecurrent("lstm", layer, programmer),
};
