import type { Network } from "./network.js";

const fingerprints = new WeakMap<Network, string>();

/**
 * A short name for a network: another for other layers, wiring or weights. Two 32-bit FNV-1a hashes; it tells models
 * apart, it does not protect from someone who wants them to be taken for each other.
 */
export function fingerprint(network: Network): string {
  const known = fingerprints.get(network);
  if (known !== undefined) return known;
  const hash = [0x811c9dc5, 0x01000193];
  const add = (word: number) => {
    hash[0] = Math.imul(hash[0]! ^ word, 0x01000193);
    hash[1] = Math.imul(hash[1]! ^ (word >>> 7) ^ (word << 11), 0x5bd1e995);
  };
  for (const layer of network.layers) {
    for (const value of Object.values(layer)) {
      if (value instanceof Float32Array) new Uint32Array(value.slice().buffer).forEach(add);
      else for (const character of JSON.stringify(value)) add(character.codePointAt(0)!);
    }
  }
  const text = hash.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  fingerprints.set(network, text);
  return text;
}
