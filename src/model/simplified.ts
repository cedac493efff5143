import type { Layer } from "../layers/index.js";
import { joinLayers } from "../layers/joins.js";
import { type Network, nextOf } from "./network.js";

/**
 * The network with fewer layers for a device to run: each layer that can be joined with the one before it is. Outputs keep their
 * names, and states their order. A joined layer has the earlier one's name, unless the later one's is asked for.
 */
export function simplified(network: Network): Network {
  const timesRead = countReads(network);
  const asked = new Set([...network.outputs, ...network.layers.map(nextOf)]);
  const layers: Layer[] = [];
  /** Of layers that went into another one, its name. */
  const names = new Map<string, string>();
  for (const given of network.layers) {
    const layer = { ...given, inputs: given.inputs.map((input) => names.get(input) ?? input) };
    const at = layers.findIndex(({ name }) => name === layer.inputs[0]);
    const before = layers[at];
    const isItsOwn = before !== undefined && timesRead.get(given.inputs[0]!) === 1 && !asked.has(given.inputs[0]!);
    const joined = isItsOwn && layer.inputs.length === 1 ? joinLayers(before, layer) : null;
    if (joined === null) layers.push(layer);
    else if (asked.has(layer.name)) layers[at] = { ...joined, name: layer.name };
    else {
      layers[at] = joined;
      names.set(layer.name, before!.name);
    }
  }
  return { ...network, layers };
}

/** How many times each value is read. */
function countReads({ layers }: Network): Map<string, number> {
  const counts = new Map<string, number>();
  for (const input of layers.flatMap(({ inputs }) => inputs)) counts.set(input, (counts.get(input) ?? 0) + 1);
  return counts;
}
