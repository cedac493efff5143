/** Numbers in [0, 1), as Math.random gives them. */
export type Random = () => number;

/** The same numbers for the same seed: Mulberry32, 32 bits of state. Good enough for a sensor's noise. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
