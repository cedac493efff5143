import type { Network } from "./network.js";

const fingerprints = new WeakMap<Network, string>();

/**
 * A short name for a network: another for other layers, wiring or weights. Two 32-bit hashes; it tells models apart, it
 * does not protect from someone who wants them to be taken for each other.
 */
export function fingerprint(network: Network): string {
  const known = fingerprints.get(network);
  if (known !== undefined) return known;
  const hash = [0x811c9dc5, 0x01000193];
  // MurmurHash3's step, with its two sets of constants: the rotation takes every bit to all others.
  const add = (word: number) => {
    hash[0] = mix(hash[0]!, word, 0xcc9e2d51, 15, 13);
    hash[1] = mix(hash[1]!, word, 0x239b961b, 16, 19);
  };
  for (const layer of network.layers) {
    // In the order of the names: the same layer may have been written in another.
    for (const [name, value] of Object.entries(layer).sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const character of name) add(character.codePointAt(0)!);
      if (value instanceof Float32Array) new Uint32Array(value.slice().buffer).forEach(add);
      else for (const character of JSON.stringify(value)) add(character.codePointAt(0)!);
    }
  }
  const text = hash.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  fingerprints.set(network, text);
  return text;
}

function mix(hash: number, word: number, factor: number, rotateWord: number, rotateHash: number): number {
  const mixed = hash ^ Math.imul(rotate(Math.imul(word, factor), rotateWord), 0x1b873593);
  return (Math.imul(rotate(mixed, rotateHash), 5) + 0xe6546b64) | 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
