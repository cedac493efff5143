// The parts that all recurrent layer types share: the axes of their frames, and what follows from them.

import { type Direction, directionAxis, needsEnd, numDirections } from "./direction.js";
import { count } from "./field.js";
import type { StateBlock, TensorSpec, TimeRelation } from "./layerType.js";

/**
 * Axes of a frame that share a recurrent layer's weights. Along time a frame is [R, I] -> [R, D H], and each row has its
 * own state. With steps in the frame it is [R, S, I] -> [R, S, D H]: the recurrence runs along S, in each frame anew.
 */
export interface FrameAxes {
  /** R */
  readonly rows: number;
  /** S; null for a recurrence along time */
  readonly frameSteps: number | null;
}

/** The fields of these axes. */
export const frameAxes = {
  rows: count("rows"),
  frameSteps: count("steps in each frame", null),
};

interface Recurrent extends FrameAxes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
}

/** How often a frame goes through the weights: R, or R S. */
function timesPerFrame({ rows, frameSteps }: FrameAxes): number {
  return rows * (frameSteps ?? 1);
}

/** Members of every recurrent layer type. */
export const recurrentMembers = {
  readsIndex: false,
  time: ({ frameSteps }: FrameAxes): TimeRelation => (frameSteps === null ? "recurrent" : "frame"),
  inputSize: (layer: Recurrent): number => timesPerFrame(layer) * layer.inputSize,
  outputSize: (layer: Recurrent): number => timesPerFrame(layer) * numDirections(layer) * layer.hiddenSize,
  needsEnd: (layer: Recurrent): string | null => (layer.frameSteps === null ? needsEnd(layer) : null),
};

/** Blocks of state by their names, and the vector of the layer that each begins with, along time or in each frame. */
type Blocks = Readonly<Record<string, string>>;

/** Elements of a block for each direction: along time each row of a frame has its own. */
function blockSize({ rows, frameSteps, hiddenSize }: Recurrent): number {
  return (frameSteps === null ? rows : 1) * hiddenSize;
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
  if (layer.frameSteps !== null) return [];
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
  return { ...layer, rows: 1, frameSteps: null };
}
