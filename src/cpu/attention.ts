import type { AttentionLayer } from "../layers/attention.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { type RowSteps, summaryLayer } from "./summary.js";

/** A weighted mean over a row's steps. */
export function createAttention({ heads, valueSize }: AttentionLayer, target: CpuTarget): CpuLayer {
  const { stateStarts } = target;
  const [start, weights, highest] = [stateStarts.value!, stateStarts.weight!, stateStarts.highest!];
  const partSize = valueSize / heads;
  const sums = new Float64Array(partSize);

  function attend(f32: Float32Array, { from, stride, length, state }: Readonly<RowSteps>, head: number): void {
    const scores = from + head;
    const values = from + heads + head * partSize;
    const isKnown = state[weights + head]! > 0;
    let most = isKnown ? state[highest + head]! : f32[scores]!;
    for (let t = 0; t < length; t++) most = Math.max(most, f32[scores + t * stride]!);
    let total = isKnown ? state[weights + head]! * Math.exp(state[highest + head]! - most) : 0;
    const first = start + head * partSize;
    for (let i = 0; i < partSize; i++) sums[i] = total * state[first + i]!;
    for (let t = 0; t < length; t++) {
      const weight = Math.exp(f32[scores + t * stride]! - most);
      const at = values + t * stride;
      total += weight;
      for (let i = 0; i < partSize; i++) sums[i]! += weight * f32[at + i]!;
    }
    for (let i = 0; i < partSize; i++) state[first + i] = sums[i]! / total;
    state[weights + head] = total;
    state[highest + head] = most;
  }

  return summaryLayer(target, (f32, steps) => {
    for (let head = 0; head < heads; head++) attend(f32, steps, head);
    for (let i = 0; i < valueSize; i++) f32[steps.to + i] = steps.state[start + i]!;
  });
}
