import { firstColumnAtStart, type LastLayer } from "../layers/last.js";
import type { CpuLayer, CpuPlace } from "./cpuLayer.js";

/** Copies the frame at which each row ends. A row without steps in a piece keeps what it had. */
export function placeLast(layer: LastLayer, { memory }: CpuPlace): CpuLayer {
  const { inputSize } = layer;
  const column = firstColumnAtStart(layer);
  return {
    workFloats: () => 0,
    run({ x, xStride, output, outputStride, piece: { numSteps, states, lengths } }) {
      const { f32 } = memory;
      states.forEach((_, row) => {
        const length = lengths?.[row] ?? numSteps;
        if (length === 0) return;
        const at = output / 4 + row * outputStride;
        const [first, end] = [0, length - 1].map((step) => x / 4 + (step * states.length + row) * xStride);
        f32.copyWithin(at, end!, end! + column);
        f32.copyWithin(at + column, first! + column, first! + inputSize);
      });
    },
  };
}
