import type { Sampling } from "../../../src/model/generative.js";
import { randomNumber } from "../../../src/model/randomNumber.js";

export interface SampleRequest extends Sampling {
  readonly areProbabilities: boolean;
  readonly stream: number;
  readonly position: number;
}

/**
 * Draws a token by a row's scores x. Twin of shaders/sample.wgsl.
 *
 *   w_i = exp(log(p_i / max(p)) / temperature)
 *   w_i = 0 unless p_i is one of the topK largest
 *   w_i = 0 unless p_i is one of the fewest largest whose weights reach topP * sum(w)
 *   token = the first i with w_0 + ... + w_i > u * sum(w)
 *
 * Of equals, the first are taken.
 *
 * @returns the token, and how far u and topP were from giving another one: where that is 0, rounding decides
 */
export function sample(scores: Float64Array, request: SampleRequest): { token: number; margin: number } {
  const { areProbabilities, temperature, topK, topP, seed, stream, position } = request;
  const largest = scores.reduce((max, x) => Math.max(max, x), -Infinity);
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, topK);
  const weightOf = (x: number) => Math.exp((areProbabilities ? Math.log(x / largest) : x - largest) / temperature);
  const likeliest = order.map((token) => ({ token, weight: weightOf(scores[token]!) }));
  const { kept, margin: marginOfKept } = topP < 1 ? nucleus(likeliest, topP) : { kept: likeliest, margin: 1 };
  const total = sumOf(kept);
  const u = randomNumber(seed, stream, position);
  let sum = 0;
  for (const { token, weight } of kept.sort((a, b) => a.token - b.token)) {
    const before = sum / total;
    sum += weight;
    if (sum <= u * total) continue;
    const margin = kept.length === 1 ? 1 : Math.min(u - before, sum / total - u);
    return { token, margin: Math.min(margin, marginOfKept) };
  }
  throw new Error("scores: expected numbers, got NaN");
}

interface Weighed {
  readonly token: number;
  readonly weight: number;
}

/** The first of `likeliest` whose weights reach `topP` of the sum, and how far `topP` was from one more or one less. */
function nucleus(likeliest: Weighed[], topP: number): { kept: Weighed[]; margin: number } {
  const total = sumOf(likeliest);
  let before = 0;
  for (const [i, { weight }] of likeliest.entries()) {
    const reached = before + weight / total;
    if (reached >= topP) return { kept: likeliest.slice(0, i + 1), margin: Math.min(topP - before, reached - topP) };
    before = reached;
  }
  return { kept: likeliest, margin: 0 }; // rounding
}

function sumOf(weighed: readonly Weighed[]): number {
  return weighed.reduce((sum, { weight }) => sum + weight, 0);
}
