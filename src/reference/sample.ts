import { randomNumber } from "../model/randomNumber.js";

export interface SampleRequest {
  readonly areProbabilities: boolean;
  /** Above 0. */
  readonly temperature: number;
  readonly topK: number;
  readonly seed: number;
  readonly stream: number;
  readonly position: number;
}

/**
 * Draws a token by a row's scores x. Twin of shaders/sample.wgsl.
 *
 *   w_i = exp(log(p_i / max(p)) / temperature), zero unless p_i is one of the topK largest, the first of equals
 *   token = the first i with w_0 + ... + w_i > u * sum(w)
 *
 * @returns the token, and how far u was from giving another one: where that is 0, rounding decides
 */
export function sample(scores: Float64Array, request: SampleRequest): { token: number; margin: number } {
  const { areProbabilities, temperature, topK, seed, stream, position } = request;
  const largest = scores.reduce((max, x) => Math.max(max, x), -Infinity);
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept = new Set(order.slice(0, topK));
  const weights = scores.map((x, i) => {
    if (!kept.has(i)) return 0;
    return Math.exp((areProbabilities ? Math.log(x / largest) : x - largest) / temperature);
  });
  const total = weights.reduce((a, b) => a + b);
  const u = randomNumber(seed, stream, position);
  let sum = 0;
  for (const [token, weight] of weights.entries()) {
    const before = sum / total;
    sum += weight;
    if (sum > u * total) return { token, margin: topK === 1 ? 1 : Math.min(u - before, sum / total - u) };
  }
  throw new Error("scores: expected numbers, got NaN");
}
