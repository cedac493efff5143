import { endColumns, type LastLayer } from "../layers/last.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { summaryLayer } from "./summary.js";

/** Copies the frame, or the state, at which each row ends. */
export function createLast(layer: LastLayer, target: CpuTarget): CpuLayer {
  const { inputSize, block } = layer;
  if (block !== null) {
    const first = target.stateStarts[block]!;
    return summaryLayer(target, (f32, { to, state }) => {
      for (let i = 0; i < inputSize; i++) f32[to + i] = state[first + i]!;
    });
  }
  const { partSize, firstAtStart } = endColumns(layer);
  return summaryLayer(target, (f32, { from, stride, length, to }) => {
    const end = from + (length - 1) * stride;
    for (let start = 0; start < inputSize; start += partSize) {
      const column = start + firstAtStart;
      f32.copyWithin(to + start, end + start, end + column);
      f32.copyWithin(to + column, from + column, from + start + partSize);
    }
  });
}
