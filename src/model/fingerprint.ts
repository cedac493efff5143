import { Hash } from "./hash.js";
import type { Network } from "./network.js";

const fingerprints = new WeakMap<Network, string>();

/** A short name for a network: another for other layers, wiring or weights. */
export function fingerprint(network: Network): string {
  const known = fingerprints.get(network);
  if (known !== undefined) return known;
  const hash = new Hash();
  const addText = (text: string) => {
    for (const character of text) hash.add(character.codePointAt(0)!);
  };
  for (const layer of network.layers) {
    // In the order of the names: the same layer may have been written in another.
    for (const [name, value] of Object.entries(layer).sort(([a], [b]) => (a < b ? -1 : 1))) {
      addText(name);
      if (value instanceof Float32Array) for (const word of new Uint32Array(value.slice().buffer)) hash.add(word);
      else addText(JSON.stringify(value));
    }
  }
  fingerprints.set(network, hash.toString());
  return hash.toString();
}
