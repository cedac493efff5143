import type { AggregateLayer } from "../layers/aggregate.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { type RowSteps, summaryLayer } from "./summary.js";

/** Each feature over a row's steps. */
export function createAggregate({ inputSize, operation }: AggregateLayer, target: CpuTarget): CpuLayer {
  const start = target.stateStarts.value!;
  const count = target.stateStarts.count;
  const sums = new Float64Array(inputSize);
  return summaryLayer(target, (f32, steps) => {
    const { length, to, state } = steps;
    const numBefore = count === undefined ? 0 : Math.max(0, state[count]!);
    if (operation === "max") takeLargest(f32, steps, start, inputSize, numBefore > 0);
    else {
      addUp(f32, steps, operation === "mean" ? state : null, start, sums);
      const divisor = operation === "mean" ? numBefore + length : 1;
      for (let i = 0; i < inputSize; i++) state[start + i] = state[start + i]! + sums[i]! / divisor;
    }
    if (count !== undefined) state[count] = numBefore + length;
    for (let i = 0; i < inputSize; i++) f32[to + i] = state[start + i]!;
  });
}

/** sums = the sum of x over the steps, or of x - offset. */
function addUp(
  f32: Float32Array,
  { from, stride, length }: Readonly<RowSteps>,
  offset: Float32Array | null,
  start: number,
  sums: Float64Array,
): void {
  for (let i = 0; i < sums.length; i++) sums[i] = offset === null ? 0 : -length * offset[start + i]!;
  for (let t = 0; t < length; t++) {
    const at = from + t * stride;
    for (let i = 0; i < sums.length; i++) sums[i]! += f32[at + i]!;
  }
}

function takeLargest(
  f32: Float32Array,
  { from, stride, length, state }: Readonly<RowSteps>,
  start: number,
  size: number,
  isKnown: boolean,
): void {
  for (let t = 0; t < length; t++) {
    const at = from + t * stride;
    for (let i = 0; i < size; i++) {
      const value = f32[at + i]!;
      state[start + i] = t === 0 && !isKnown ? value : Math.max(state[start + i]!, value);
    }
  }
}
