// What became of a model's states: a caller gives those that it begins with, and gets the last ones.

import type { LayerSpec } from "../../layers/index.js";
import { nameOfSteps } from "../../model/withLast.js";
import type { Topology } from "./kerasLayer.js";
import type { OwnState } from "./layerCall.js";
import { describeOutput } from "./layerStates.js";
import { unjoined } from "./modelPart.js";
import type { NetworkBuilder } from "./networkBuilder.js";

/**
 * @param whole the model with all its parts, for the names of states
 * @param layers the builder's, with the names that they have in the network
 */
export function stateNotes(
  whole: Topology,
  { outputs }: Topology,
  builder: NetworkBuilder,
  layers: readonly LayerSpec[],
): string[] {
  const all = whole.layers;
  const pathOf = ({ layer, block, direction, numDirections }: OwnState): string => {
    const spec = layers[builder.layers.findIndex(({ name }) => name === layer)]!;
    const isLast = "returnSequences" in spec && spec.returnSequences === false;
    const path = `"${isLast ? nameOfSteps(spec.name!) : spec.name}.${block}"`;
    return numDirections === 1 ? path : `${path} (${direction === 0 ? "forward" : "backward"})`;
  };
  const begins = builder.begins.map(({ layer, states }) => {
    const sources = layer.states.map((source) => unjoined(all, source).map((one) => describeOutput(all, one)));
    const given = states.map((state, i) => `${pathOf(state)} is ${sources[i]!.join(", then ")}`);
    return `Layer "${layer.name}" begins with initialState, an option of run and of streams: ${given.join(", ")}.`;
  });
  const ends = outputs.flatMap((output) => {
    const state = builder.stateOf(output);
    if (state === undefined) return [];
    const readers = all.filter(({ states }) => states.some((source) => unjoined(all, source).includes(output)));
    const use = readers.map(({ name }) => `; "${name}" begins with it`).join("");
    return [`In finalStates, ${pathOf(state)} is ${describeOutput(all, output)}${use}.`];
  });
  return [...begins, ...ends];
}
