import { endColumns, type LastLayer } from "../layers/last.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Copies the frame, or the state, at which each row ends. The output of a row without steps in a chunk is left as it is. */
export function createLast(layer: LastLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const { inputSize, block } = layer;
  const { partSize, firstAtStart } = endColumns(layer);
  return {
    run({ x, xStride, output, outputStride, chunk: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      for (let row = 0; row < states.length; row++) {
        const length = lengths === null ? numSteps : lengths[row]!;
        if (length === 0) continue;
        const to = output / 4 + row * outputStride;
        if (block !== null) {
          const start = stateStarts[block]!;
          for (let i = 0; i < inputSize; i++) f32[to + i] = states[row]![start + i]!;
          continue;
        }
        const first = x / 4 + row * xStride;
        const end = first + (length - 1) * states.length * xStride;
        for (let start = 0; start < inputSize; start += partSize) {
          const column = start + firstAtStart;
          f32.copyWithin(to + start, end + start, end + column);
          f32.copyWithin(to + column, first + column, first + start + partSize);
        }
      }
    },
  };
}
