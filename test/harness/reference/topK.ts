/** The k highest of a row of scores, the highest first, the first of equals. Twin of shaders/top_k.wgsl. @returns [K] indices */
export function topK(scores: Float64Array, k: number): number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);
}
