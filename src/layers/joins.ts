// Layers that do the work of two: of a layer, and of the one before it, which nothing else reads. A rule for each type of the
// later one. A model's own layers stay as they are: only what a device runs is joined.

import type { Layer } from "./index.js";
import type { MapLayer } from "./map.js";
import type { RearrangeLayer } from "./rearrange.js";

/** The layer that gives, of `before`'s inputs, what `layer` gives of its output; null where there is none. */
export function joinLayers(before: Layer, layer: Layer): Layer | null {
  switch (layer.type) {
    case "map":
      return withFunction(before, layer);
    case "rearrange":
      return rearrangedTwice(before, layer);
    default:
      return null;
  }
}

/** A function of each element becomes the activation of a layer that has none yet. A recurrent layer's goes into its state. */
function withFunction(before: Layer, { operation, bias, activation }: MapLayer): Layer | null {
  if (operation !== "identity" || bias !== null) return null;
  if (before.type === "rnn") return null;
  return "activation" in before && before.activation.name === "linear" ? { ...before, activation } : null;
}

/** One order of the features, where both fill with the same number or one does not fill. */
function rearrangedTwice(before: Layer, layer: RearrangeLayer): Layer | null {
  if (before.type !== "rearrange") return null;
  const fills = [before, layer].filter(({ indices }) => indices.includes(-1)).map(({ fill }) => fill);
  if (fills.length === 2 && !Object.is(fills[0], fills[1])) return null;
  const indices = layer.indices.map((index) => (index < 0 ? -1 : before.indices[index]!));
  return { ...before, outputSize: layer.outputSize, fill: fills[0] ?? 0, indices };
}
