/**
 * A running hash of 32-bit words, of 64 bits. It detects accidental differences, and every change of a single word. It is not
 * cryptographic: two inputs with the same hash can be made on purpose.
 */
export class Hash {
  #first = 0x811c9dc5;
  #second = 0x01000193;

  /** MurmurHash3's step, with two sets of its constants. */
  add(word: number): void {
    this.#first = mix(this.#first, word, 0xcc9e2d51, 15, 13);
    this.#second = mix(this.#second, word, 0x239b961b, 16, 19);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return [this.#first, this.#second].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

function mix(hash: number, word: number, factor: number, rotateWord: number, rotateHash: number): number {
  const mixed = hash ^ Math.imul(rotate(Math.imul(word, factor), rotateWord), 0x1b873593);
  return (Math.imul(rotate(mixed, rotateHash), 5) + 0xe6546b64) | 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
