import type { Sampling } from "../model/generative.js";
import { randomNumber } from "../model/randomNumber.js";
import { highest } from "./topK.js";

/**
 * Draws a token by its scores, as shaders/sample.wgsl does.
 *
 * @param scores [V], probabilities or logits
 */
export function sample(
  scores: Float32Array,
  areProbabilities: boolean,
  { temperature, topK, topP, seed }: Sampling,
  stream: number,
  position: number,
): number {
  let largest = -Infinity;
  for (const score of scores) largest = Math.max(largest, score);
  const weights = new Float64Array(scores.length);
  let total = 0;
  const kept = topK < scores.length || topP < 1 ? highest(scores, topK) : scores.keys();
  for (const i of kept) {
    const ratio = areProbabilities ? Math.log(scores[i]! / largest) : scores[i]! - largest;
    weights[i] = Math.exp(ratio / temperature);
    total += weights[i]!;
  }
  if (topP < 1) {
    const limit = topP * total;
    total = 0;
    for (const i of kept) {
      if (total < limit) total += weights[i]!;
      else weights[i] = 0;
    }
  }
  const wanted = total * randomNumber(seed, stream, position);
  let token = 0;
  for (let i = 0, sum = 0; i < weights.length && sum <= wanted; i++) {
    sum += weights[i]!;
    if (weights[i]! > 0) token = i;
  }
  return token;
}
