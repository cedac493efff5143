import { Hash } from "./hash.js";

const fingerprints = new WeakMap<object, string>();

/** A short name for a network's layers. Other layers, wiring or weights give another name. */
export function fingerprint(layers: readonly object[]): string {
  const known = fingerprints.get(layers);
  if (known !== undefined) return known;
  const hash = new Hash();
  const addText = (text: string) => {
    for (const character of text) hash.add(character.codePointAt(0)!);
  };
  for (const layer of layers) {
    // Sorted, since the same layer may have been written with its fields in another order.
    for (const [name, value] of Object.entries(layer).sort(([a], [b]) => (a < b ? -1 : 1))) {
      addText(name);
      if (value instanceof Float32Array) for (const word of new Uint32Array(value.slice().buffer)) hash.add(word);
      else addText(JSON.stringify(value));
    }
  }
  fingerprints.set(layers, hash.toString());
  return hash.toString();
}
