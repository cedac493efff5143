import type { GruLayer } from "../../layers/gru.js";
import type { Layer } from "../../layers/index.js";
import { hasFrameAxes } from "../../layers/recurrent.js";
import type { Network } from "../../model/network.js";

/** The longest run of forward GRU layers of one size, from a layer on, of which each is read by the next one alone. */
export function stackFrom({ layers, outputs }: Network, first: Layer): GruLayer[] {
  const stack: GruLayer[] = [];
  for (const layer of layers.slice(layers.indexOf(first))) {
    const before = stack.at(-1);
    if (layer.type !== "gru" || layer.direction !== "forward" || hasFrameAxes(layer)) break;
    if (before !== undefined && !(isAlike(before, layer) && readersOf(before.name).join() === layer.name)) break;
    stack.push(layer);
  }
  return stack;

  function readersOf(name: string): string[] {
    const readers = layers.filter((layer) => layer.inputs.includes(name)).map((layer) => layer.name);
    return outputs.includes(name) ? [...readers, "an output"] : readers;
  }
}

function isAlike(a: GruLayer, b: GruLayer): boolean {
  return a.hiddenSize === b.hiddenSize && a.resetAfter === b.resetAfter && b.inputs.length === 1;
}
