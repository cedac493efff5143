import { pastFrames, type TimeWindows } from "../layers/timeWindow.js";
import type { CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";

/**
 * Where the frames of each output's window along time are: addresses, in work space. A layer with windows of several frames
 * has their past in its state, which is copied there.
 */
class FrameTable {
  readonly #layer: TimeWindows;
  readonly #inputSize: number;
  readonly #target: CpuTarget;
  readonly #numPast: number;

  /** @param inputSize features of a frame */
  constructor(layer: TimeWindows, inputSize: number, target: CpuTarget) {
    this.#layer = layer;
    this.#inputSize = inputSize;
    this.#target = target;
    this.#numPast = pastFrames(layer);
  }

  /** Elements of work space. */
  floats(numRows: number, numTimeRows: number): number {
    return numRows * this.#numPast * this.#inputSize + numTimeRows * this.#layer.timeKernelSize;
  }

  /** Writes the table. @returns its address, of [numTimeRows, timeKernelSize] i32, the oldest frame of each row first */
  write(frames: Frames): number {
    const { work, numRows: numTimeRows, x, xStride, chunk } = frames;
    const { timeKernelSize, timeDilation } = this.#layer;
    const numRows = chunk.states.length;
    const frameBytes = 4 * this.#inputSize;
    const table = work + numRows * this.#numPast * frameBytes;
    if (this.#numPast > 0) this.#copyPast(frames);
    const { i32 } = this.#target.memory;
    let at = table / 4;
    for (let timeRow = 0; timeRow < numTimeRows; timeRow++) {
      const row = timeRow % numRows;
      const step = (timeRow - row) / numRows;
      for (let k = 0; k < timeKernelSize; k++) {
        const frame = step + k * timeDilation - this.#numPast;
        i32[at++] =
          frame < 0
            ? work + ((row + 1) * this.#numPast + frame) * frameBytes
            : x + 4 * (frame * numRows + row) * xStride;
      }
    }
    return table;
  }

  /** Keeps the last frames of each row in its state. */
  keepPast({ x, xStride, chunk: { numSteps, states, lengths } }: Frames): void {
    if (this.#numPast === 0) return;
    const { f32 } = this.#target.memory;
    const start = this.#target.stateStarts.past!;
    const size = this.#inputSize;
    for (let row = 0; row < states.length; row++) {
      const state = states[row]!;
      const length = lengths === null ? numSteps : lengths[row]!;
      if (length === 0) continue;
      const numKept = Math.max(0, this.#numPast - length);
      state.copyWithin(start, start + length * size, start + (length + numKept) * size);
      for (let i = numKept; i < this.#numPast; i++) {
        const frame = x / 4 + ((length + i - this.#numPast) * states.length + row) * xStride;
        const to = start + i * size;
        for (let j = 0; j < size; j++) state[to + j] = f32[frame + j]!;
      }
    }
  }

  #copyPast({ work, chunk: { states } }: Frames): void {
    const { f32 } = this.#target.memory;
    const start = this.#target.stateStarts.past!;
    const length = this.#numPast * this.#inputSize;
    for (let row = 0; row < states.length; row++) {
      const state = states[row]!;
      const to = work / 4 + row * length;
      for (let i = 0; i < length; i++) f32[to + i] = state[start + i]!;
    }
  }
}

/**
 * A layer on the CPU whose outputs are made of the frames of windows along time.
 *
 * @param workFloats elements of work space beside the table's
 * @param run makes the outputs, from the table and the work space beside it
 */
export function createWindowLayer(
  layer: TimeWindows,
  inputSize: number,
  target: CpuTarget,
  workFloats: number,
  run: (frames: Frames, table: number, work: number) => void,
): CpuLayer {
  const table = new FrameTable(layer, inputSize, target);
  return {
    workFloats: (maxRows, maxTimeRows) => table.floats(maxRows, maxTimeRows) + workFloats,
    run(frames) {
      const { work, numRows, chunk } = frames;
      run(frames, table.write(frames), work + 4 * table.floats(chunk.states.length, numRows));
      table.keepPast(frames);
    },
  };
}
