/** Numbers in [0, 1), as Math.random gives them. */
export type Random = () => number;

/** The same numbers for the same seed: Mulberry32, 32 bits of state. Good enough to choose letters by. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws an index with probability p^(1/T), renormalised.
 *
 * @param probabilities [V]
 * @param temperature T; 0 takes the likeliest index, 1 believes the model, more than 1 flattens
 */
export function sample(probabilities: ArrayLike<number>, temperature: number, random: Random): number {
  const likeliest = argmax(probabilities);
  if (temperature <= 0) return likeliest;
  // Relative to the likeliest, so that a power of a small probability does not end at 0 for all of them.
  const weights = Array.from(probabilities, (p) => (p / probabilities[likeliest]!) ** (1 / temperature));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index === -1 ? likeliest : index; // rounding may leave a crumb
}

/** Index of the largest; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
