import type { RnnLayer } from "../layers/rnn.js";
import type { LayerPlan } from "./layerPlan.js";
import { waysToAdvance } from "./recurrent/families.js";
import { addRecurrent } from "./recurrent/program.js";
import { recurrentWeights } from "./recurrent/weights.js";

export const rnnPlan: LayerPlan<RnnLayer> = {
  weights: recurrentWeights,
  plan: (layer, inputs, planner) => planner.choose(waysToAdvance(layer, inputs, planner)),
  program: (layer, programmer) => addRecurrent("rnn", layer, programmer),
};
