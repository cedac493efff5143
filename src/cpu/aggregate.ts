import type { AggregateLayer } from "../layers/aggregate.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Each feature over a row's steps, in plain JavaScript. The output of a row without steps in a chunk is left as it is. */
export function createAggregate(
  { inputSize, operation }: AggregateLayer,
  { memory, stateStarts }: CpuTarget,
): CpuLayer {
  const start = stateStarts.value!;
  const count = stateStarts.count;
  const sums = new Float64Array(inputSize);
  return {
    run({ x, xStride, output, outputStride, chunk: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      const step = states.length * xStride;
      for (let row = 0; row < states.length; row++) {
        const length = lengths === null ? numSteps : lengths[row]!;
        if (length === 0) continue;
        const state = states[row]!;
        const from = x / 4 + row * xStride;
        const numBefore = count === undefined ? 0 : Math.max(0, state[count]!);
        if (operation === "max") takeLargest(f32, from, step, length, state, start, inputSize, numBefore > 0);
        else {
          addUp(f32, from, step, length, operation === "mean" ? state : null, start, sums);
          const divisor = operation === "mean" ? numBefore + length : 1;
          for (let i = 0; i < inputSize; i++) state[start + i] = state[start + i]! + sums[i]! / divisor;
        }
        if (count !== undefined) state[count] = numBefore + length;
        const to = output / 4 + row * outputStride;
        for (let i = 0; i < inputSize; i++) f32[to + i] = state[start + i]!;
      }
    },
  };
}

/** sums = the sum of x over the steps, or of x - offset. @param step elements from step to step */
function addUp(
  f32: Float32Array,
  from: number,
  step: number,
  length: number,
  offset: Float32Array | null,
  start: number,
  sums: Float64Array,
): void {
  for (let i = 0; i < sums.length; i++) sums[i] = offset === null ? 0 : -length * offset[start + i]!;
  for (let t = 0; t < length; t++) {
    const at = from + t * step;
    for (let i = 0; i < sums.length; i++) sums[i]! += f32[at + i]!;
  }
}

function takeLargest(
  f32: Float32Array,
  from: number,
  step: number,
  length: number,
  state: Float32Array,
  start: number,
  size: number,
  isKnown: boolean,
): void {
  for (let t = 0; t < length; t++) {
    const at = from + t * step;
    for (let i = 0; i < size; i++) {
      const value = f32[at + i]!;
      state[start + i] = t === 0 && !isKnown ? value : Math.max(state[start + i]!, value);
    }
  }
}
