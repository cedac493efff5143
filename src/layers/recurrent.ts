// The parts that all recurrent layer types share: the axes of their frames, and what follows from them.

import { type Direction, directionAxis, needsEnd, numDirections } from "./direction.js";
import { choice, count } from "./field.js";
import type { StateBlock, TensorSpec, TimeRelation } from "./layerType.js";

/**
 * Axes of a frame that share a recurrent layer's weights. Along time a frame is [R, I] -> [R, D H], and each row has its
 * own state. With steps in the frame it is [R, S, I] -> [R, S, D H]: the recurrence runs along S, in each frame anew, or
 * from where the frame before ended.
 */
export interface FrameAxes {
  /** R */
  readonly rows: number;
  /** S; null for a recurrence along time */
  readonly frameSteps: number | null;
  /** Whether a frame's steps go on from the frame before: a frame is so many steps of one sequence. Forward only. */
  readonly keepsState: boolean;
}

/** The fields of these axes. */
export const frameAxes = {
  rows: count("rows"),
  frameSteps: count("steps in each frame", null),
  keepsState: choice([false, true], (keeps) => (keeps ? "going on from frame to frame" : "")),
};

interface Recurrent extends FrameAxes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
}

/** Whether each row has a state, which goes on from frame to frame. */
export function hasState({ frameSteps, keepsState }: FrameAxes): boolean {
  return frameSteps === null || keepsState;
}

/** How often a frame goes through the weights: R, or R S. */
function timesPerFrame({ rows, frameSteps }: FrameAxes): number {
  return rows * (frameSteps ?? 1);
}

/** Members of every recurrent layer type. */
export const recurrentMembers = {
  readsIndex: false,
  time: (layer: FrameAxes): TimeRelation => (hasState(layer) ? "recurrent" : "frame"),
  fault({ frameSteps, keepsState, direction }: Recurrent): string | null {
    if (!keepsState) return null;
    if (frameSteps === null) return "expected frameSteps where keepsState is true, got null";
    return direction === "forward" ? null : `expected direction "forward" where keepsState is true, got "${direction}"`;
  },
  inputSize: (layer: Recurrent): number => timesPerFrame(layer) * layer.inputSize,
  outputSize: (layer: Recurrent): number => timesPerFrame(layer) * numDirections(layer) * layer.hiddenSize,
  needsEnd: (layer: Recurrent): string | null => (layer.frameSteps === null ? needsEnd(layer) : null),
};

/** Blocks of state by their names, and the vector of the layer that each begins with, along time or in each frame. */
type Blocks = Readonly<Record<string, string>>;

/** Elements of a block for each direction: a state that goes on is one for each row of a frame. */
function blockSize(layer: Recurrent): number {
  return (hasState(layer) ? layer.rows : 1) * layer.hiddenSize;
}

/** The tensors of a layer. @param numGates rows of its weights for each unit */
export function recurrentTensors(layer: Recurrent, numGates: number, blocks: Blocks): readonly TensorSpec[] {
  const rows = [...directionAxis(layer), numGates * layer.hiddenSize];
  const times = timesPerFrame(layer);
  return [
    { name: "weight", shape: [...rows, layer.inputSize], kind: "matrix", timesPerFrame: times },
    { name: "recurrentWeight", shape: [...rows, layer.hiddenSize], kind: "recurrentMatrix", timesPerFrame: times },
    { name: "bias", shape: rows, kind: "vector" },
    { name: "recurrentBias", shape: rows, kind: "vector" },
    ...Object.values(blocks).map((name) => {
      return { name, shape: [...directionAxis(layer), blockSize(layer)], kind: "vector" } as const;
    }),
  ];
}

/** The blocks that a layer keeps from step to step. */
export function recurrentState(layer: Recurrent, blocks: Blocks): readonly StateBlock[] {
  if (!hasState(layer)) return [];
  return Object.entries(blocks).map(([name, initial]) => {
    return { name, numDirections: numDirections(layer), size: blockSize(layer), initial };
  });
}

/** Whether a layer's frames have such axes. */
export function hasFrameAxes(layer: object): boolean {
  if (!("frameSteps" in layer)) return false;
  const { rows, frameSteps } = layer as FrameAxes;
  return rows > 1 || frameSteps !== null;
}

/** The layer that each row goes through: without such axes, along time. */
export function withoutFrameAxes<L extends FrameAxes>(layer: L): L {
  return { ...layer, rows: 1, frameSteps: null, keepsState: false };
}
