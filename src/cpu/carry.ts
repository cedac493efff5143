import type { CarryLayer } from "../layers/carry.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Gives each row's state, in plain JavaScript. */
export function createCarry({ size }: CarryLayer, { memory, stateStarts }: CpuTarget): CpuLayer {
  const start = stateStarts.carried!;
  return {
    run({ output, outputStride, chunk: { states } }) {
      const { f32 } = memory;
      for (let row = 0; row < states.length; row++) {
        const state = states[row]!;
        const to = output / 4 + row * outputStride;
        for (let i = 0; i < size; i++) f32[to + i] = state[start + i]!;
      }
    },

    keep(x, xStride, { states, lengths }) {
      const { f32 } = memory;
      for (let row = 0; row < states.length; row++) {
        if (lengths !== null && lengths[row] === 0) continue;
        const state = states[row]!;
        const from = x / 4 + row * xStride;
        for (let i = 0; i < size; i++) state[start + i] = f32[from + i]!;
      }
    },
  };
}
