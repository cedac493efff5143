import { rowsAt, stepsAt } from "../layers/cadence.js";
import {
  cadenceOfWindows,
  framesBefore,
  pastFrames,
  timeOfWindows,
  type WithTimeWindows,
} from "../layers/timeWindow.js";
import type { CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";

/**
 * Where the frames of each output's window along time are: addresses, in work space. A layer whose windows reach back before a
 * chunk has those frames in its state, which is copied there.
 */
class FrameTable {
  readonly #layer: WithTimeWindows;
  readonly #inputSize: number;
  readonly #target: CpuTarget;
  readonly #numPast: number;
  /** Address of a frame of padding. */
  readonly #padding: number;

  /** @param inputSize features of a frame */
  constructor(layer: WithTimeWindows, inputSize: number, target: CpuTarget, padding: number) {
    this.#layer = layer;
    this.#inputSize = inputSize;
    this.#target = target;
    this.#numPast = pastFrames(layer);
    this.#padding = padding;
  }

  /** Elements of work space. */
  floats(numRows: number, numTimeRows: number): number {
    const numOutputs = rowsAt(cadenceOfWindows(this.#layer), numRows, numTimeRows);
    return numRows * this.#numPast * this.#inputSize + numOutputs * this.#layer.timeKernelSize;
  }

  /** Writes the table. @returns its address, of [numOutputs, timeKernelSize] i32, the oldest frame of each output first */
  write(frames: Frames, numOutputs: number): number {
    const { work, chunk, x, xStride } = frames;
    const { timeKernelSize, timeDilation = 1, timeStride } = this.#layer;
    const { i32 } = this.#target.memory;
    if (timeOfWindows(this.#layer) === "frame") {
      for (let m = 0; m < numOutputs; m++) i32[work / 4 + m] = x + 4 * m * xStride;
      return work;
    }
    const numRows = chunk.states.length;
    const table = work + 4 * numRows * this.#numPast * this.#inputSize;
    if (this.#numPast > 0) this.#copyPast(frames);
    for (let row = 0; row < numRows; row++) {
      const length = chunk.lengths === null ? chunk.numSteps : chunk.lengths[row]!;
      const before = framesBefore(this.#layer, length);
      for (let m = row, first = -before; m < numOutputs; m += numRows, first += timeStride) {
        const at = table / 4 + m * timeKernelSize;
        for (let k = 0; k < timeKernelSize; k++) {
          i32[at + k] = this.#frameAt(frames, row, first + k * timeDilation, length);
        }
      }
    }
    return table;
  }

  /** Address of a frame of a row: of the past below 0. */
  #frameAt({ work, x, xStride, chunk }: Frames, row: number, frame: number, length: number): number {
    if (frame >= length || frame < -this.#numPast) return this.#padding;
    if (frame >= 0) return x + 4 * (frame * chunk.states.length + row) * xStride;
    return work + 4 * ((row + 1) * this.#numPast + frame) * this.#inputSize;
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

/** The part of a layer's frames that its outputs are written to. */
export interface WindowOutputs extends Pick<Frames, "output" | "outputStride"> {
  /** T' B */
  readonly numOutputs: number;
  /** Address of [numOutputs, timeKernelSize] addresses of frames. */
  readonly table: number;
  /** Address of the work space beside the table. */
  readonly work: number;
}

/**
 * A layer on the CPU whose outputs are made of the frames of windows along time.
 *
 * @param padding address of a frame of padding
 * @param workFloats elements of work space beside the table's
 */
export function createWindowLayer(
  layer: WithTimeWindows,
  inputSize: number,
  target: CpuTarget,
  padding: number,
  workFloats: number,
  run: (outputs: WindowOutputs) => void,
): CpuLayer {
  const table = new FrameTable(layer, inputSize, target, padding);
  const cadence = cadenceOfWindows(layer);
  const isFrame = timeOfWindows(layer) === "frame";
  return {
    workFloats: (maxRows, maxTimeRows) => table.floats(maxRows, maxTimeRows) + workFloats,
    run(frames) {
      const { work, output, outputStride, numRows: numTimeRows, chunk } = frames;
      const numRows = chunk.states.length;
      const numOutputs = isFrame ? numTimeRows : numRows * stepsAt(cadence, chunk.numSteps);
      run({
        output,
        outputStride,
        numOutputs,
        table: table.write(frames, numOutputs),
        work: work + 4 * table.floats(numRows, numTimeRows),
      });
      table.keepPast(frames);
    },
  };
}
