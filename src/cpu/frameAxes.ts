// A recurrent layer whose frames have axes of their own, by way of the layer that each row goes through: a frame's rows are rows
// of a batch to it, and a frame's steps are steps.

import { type Layer, layerOutputSize, type RecurrentLayer, stateBlocks } from "../layers/index.js";
import { hasState, withoutFrameAxes } from "../layers/recurrent.js";
import type { CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";
import { type Place, RowRunner } from "./rowRunner.js";

/** Rows of all steps that go through the weights together where a frame has fewer: their work stays in the L2 cache. */
const ROWS_TOGETHER = 1024;

/** A part of a row's own state, and where it is in the state of all rows. */
interface StatePart {
  readonly own: number;
  /** Of the first row; those of the others follow. */
  readonly whole: number;
}

/** @param one lays out the layer that each row goes through */
export function createOnFrameAxes(
  layer: RecurrentLayer,
  target: CpuTarget,
  one: (layer: Layer, target: CpuTarget) => CpuLayer,
): CpuLayer {
  const { rows, frameSteps } = layer;
  const ofRow = withoutFrameAxes(layer);
  const { inputSize, hiddenSize } = ofRow;
  const stateStarts: Record<string, number> = {};
  const parts: StatePart[] = [];
  for (const { name, numDirections } of stateBlocks(ofRow)) {
    stateStarts[name] = parts.length * hiddenSize;
    for (let d = 0; d < numDirections; d++) {
      const whole = (target.stateStarts[name] ?? 0) + d * rows * hiddenSize;
      parts.push({ own: parts.length * hiddenSize, whole });
    }
  }
  const stateLength = parts.length * hiddenSize;
  const shape = { rows, inputSize, outputSize: layerOutputSize(ofRow), hiddenSize, stateLength };
  const runner = new RowRunner(one(ofRow, { ...target, stateStarts }), target.memory, shape);
  if (hasState(layer)) return alongTime(shape, frameSteps ?? 1, runner, parts);
  return alongFrame(shape, frameSteps!, runner, initialState(ofRow, stateStarts, stateLength));
}

type Shape = Readonly<Record<"rows" | "inputSize" | "outputSize" | "hiddenSize", number>>;

/** Each row of each frame has a state of its own. Frames of one step go together, those of more one after the other. */
function alongTime(
  { rows, inputSize, outputSize, hiddenSize }: Shape,
  frameSteps: number,
  runner: RowRunner,
  parts: readonly StatePart[],
): CpuLayer {
  const x: Place = { address: 0, batch: 0, row: frameSteps * inputSize, step: inputSize };
  const to: Place = { address: 0, batch: 0, row: frameSteps * outputSize, step: outputSize };
  return {
    rowsPerFrame: rows,
    workFloats: (maxRows, maxTimeRows) =>
      runner.workFloats(maxRows, frameSteps === 1 ? maxTimeRows : maxRows * frameSteps),
    run(frames) {
      const { states } = frames.chunk;
      x.address = frames.x;
      x.batch = frames.xStride;
      to.address = frames.output;
      to.batch = frames.outputStride;
      copyStates(states, true);
      if (frameSteps === 1) runTogether(frames);
      else for (let step = 0; step < frames.chunk.numSteps; step++) runFrame(frames, step);
      copyStates(states, false);
    },
  };

  function runTogether(frames: Frames): void {
    const { states, numSteps } = frames.chunk;
    x.step = states.length * x.batch;
    to.step = states.length * to.batch;
    runner.begin(states.length, numSteps, frames.work);
    runner.takeLengths(frames);
    runner.run(x, to);
  }

  function runFrame(frames: Frames, step: number): void {
    const { length } = frames.chunk.states;
    x.address = frames.x + 4 * step * length * x.batch;
    to.address = frames.output + 4 * step * length * to.batch;
    runner.begin(length, frameSteps, frames.work);
    runner.takeLengths(frames, (numFrames) => (numFrames > step ? frameSteps : 0));
    runner.run(x, to);
  }

  /** Copies the states of all rows to the rows' own, or back. */
  function copyStates(states: readonly Float32Array[], isToOwn: boolean): void {
    runner.takeStates(states.length * rows);
    for (let i = 0; i < states.length * rows; i++) {
      const whole = states[Math.floor(i / rows)]!;
      const own = runner.states[i]!;
      for (let k = 0; k < parts.length; k++) {
        const from = parts[k]!.whole + (i % rows) * hiddenSize;
        const at = parts[k]!.own;
        if (isToOwn) for (let unit = 0; unit < hiddenSize; unit++) own[at + unit] = whole[from + unit]!;
        else for (let unit = 0; unit < hiddenSize; unit++) whole[from + unit] = own[at + unit]!;
      }
    }
  }
}

/** Each frame begins anew; a few frames go together. */
function alongFrame(
  { rows, inputSize, outputSize }: Shape,
  numSteps: number,
  runner: RowRunner,
  initial: Float32Array,
): CpuLayer {
  const x: Place = { address: 0, batch: 0, row: numSteps * inputSize, step: inputSize };
  const to: Place = { address: 0, batch: 0, row: numSteps * outputSize, step: outputSize };
  const framesTogether = Math.max(1, Math.floor(ROWS_TOGETHER / (rows * numSteps)));
  return {
    workFloats(_, maxTimeRows) {
      const numFrames = Math.min(framesTogether, maxTimeRows);
      return runner.workFloats(numFrames, numFrames * numSteps);
    },
    run({ x: from, xStride, output, outputStride, numRows, work }) {
      x.batch = xStride;
      to.batch = outputStride;
      for (let first = 0; first < numRows; first += framesTogether) {
        x.address = from + 4 * first * xStride;
        to.address = output + 4 * first * outputStride;
        runner.begin(Math.min(framesTogether, numRows - first), numSteps, work);
        for (const state of runner.states) state.set(initial);
        runner.run(x, to);
      }
    },
  };
}

/** The state that each row begins with. */
function initialState(layer: Layer, starts: Readonly<Record<string, number>>, length: number): Float32Array {
  const vectors = layer as unknown as Readonly<Record<string, Float32Array | null | undefined>>;
  const state = new Float32Array(length);
  for (const { name, initial = "" } of stateBlocks(layer)) state.set(vectors[initial] ?? [], starts[name]!);
  return state;
}
