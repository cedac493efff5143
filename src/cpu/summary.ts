import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** A row's steps of a chunk. Positions are elements of the memory. */
export interface RowSteps {
  /** The row's first step; it has at least one. */
  from: number;
  /** From one step to the next. */
  stride: number;
  length: number;
  /** The output's frame. */
  to: number;
  state: Float32Array;
}

/**
 * A layer in plain JavaScript that makes one frame of all steps of a row. The output of a row without steps in a chunk is left
 * as it is.
 *
 * @param summarize is given the same object each time, for each row anew
 */
export function summaryLayer(
  { memory }: CpuTarget,
  summarize: (f32: Float32Array, steps: Readonly<RowSteps>) => void,
): CpuLayer {
  const steps: RowSteps = { from: 0, stride: 0, length: 0, to: 0, state: new Float32Array() };
  return {
    run({ x, xStride, output, outputStride, chunk: { numSteps, states, lengths } }) {
      for (let row = 0; row < states.length; row++) {
        steps.length = lengths === null ? numSteps : lengths[row]!;
        if (steps.length === 0) continue;
        steps.from = x / 4 + row * xStride;
        steps.stride = states.length * xStride;
        steps.to = output / 4 + row * outputStride;
        steps.state = states[row]!;
        summarize(memory.f32, steps);
      }
    },
  };
}
