import type { AttentionLayer } from "../layers/attention.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** A weighted mean over a row's steps, in plain JavaScript. The output of a row without steps in a chunk is left as it is. */
export function createAttention({ heads, valueSize }: AttentionLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const [start, weights, highest] = [stateStarts.value!, stateStarts.weight!, stateStarts.highest!];
  const partSize = valueSize / heads;
  const sums = new Float64Array(partSize);

  /** One head of one row. @param from its score at the first step @param values its values @param step elements from step to step */
  function attend(
    f32: Float32Array,
    from: number,
    values: number,
    step: number,
    length: number,
    state: Float32Array,
    head: number,
  ): void {
    const isKnown = state[weights + head]! > 0;
    let most = isKnown ? state[highest + head]! : f32[from]!;
    for (let t = 0; t < length; t++) most = Math.max(most, f32[from + t * step]!);
    let total = isKnown ? state[weights + head]! * Math.exp(state[highest + head]! - most) : 0;
    const first = start + head * partSize;
    for (let i = 0; i < partSize; i++) sums[i] = total * state[first + i]!;
    for (let t = 0; t < length; t++) {
      const weight = Math.exp(f32[from + t * step]! - most);
      const at = values + t * step;
      total += weight;
      for (let i = 0; i < partSize; i++) sums[i]! += weight * f32[at + i]!;
    }
    for (let i = 0; i < partSize; i++) state[first + i] = sums[i]! / total;
    state[weights + head] = total;
    state[highest + head] = most;
  }

  return {
    run({ x, xStride, output, outputStride, chunk: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      for (let row = 0; row < states.length; row++) {
        const length = lengths === null ? numSteps : lengths[row]!;
        if (length === 0) continue;
        const state = states[row]!;
        const from = x / 4 + row * xStride;
        for (let head = 0; head < heads; head++) {
          attend(f32, from + head, from + heads + head * partSize, states.length * xStride, length, state, head);
        }
        const to = output / 4 + row * outputStride;
        for (let i = 0; i < valueSize; i++) f32[to + i] = state[start + i]!;
      }
    },
  };
}
