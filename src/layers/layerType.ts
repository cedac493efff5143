// The description of a layer type, one in each file of this folder. Everything else loops over the descriptions.

import type { Cadence } from "./cadence.js";
import type { Field } from "./field.js";

/**
 * How a layer's matrices are kept on the device. Arithmetic is float32 always, and a layer's matrices hold the values
 * that the storage can hold, so every device computes with the same numbers.
 */
export type Storage = "f32" | "f16" | "int8";

/** Fields of all layers. */
export interface LayerBase {
  readonly name: string;
  /** Names of the layers before it that it reads, or "input"; several are concatenated. */
  readonly inputs: readonly string[];
  readonly storage: Storage;
}

/** A layer without the fields that `defineNetwork` fills in. */
export type Optional<L, Keys extends keyof L> = Omit<L, Keys> & Partial<Pick<L, Keys>>;

/**
 * A tensor of a layer, a field of that name. A `table` is looked up; a `matrix` is multiplied by each frame, a
 * `recurrentMatrix` by each step's state. All three are kept in the layer's storage, int8 with a scale for each row in
 * `<name>Scale`. A `vector` is float32, and null where there is none. `indices` are whole numbers in float32, whatever the
 * storage.
 */
export interface TensorSpec {
  readonly name: string;
  /** Row-major; the last axis of a matrix has its columns. */
  readonly shape: readonly number[];
  readonly kind: "table" | "matrix" | "recurrentMatrix" | "vector" | "indices";
  /** Of indices alone: each is at least -1, and below this. */
  readonly end?: number;
  /** How often a matrix is multiplied for each frame; once when absent. */
  readonly timesPerFrame?: number;
}

/** A part of the state that a layer keeps from step to step: [D, size] of each row. */
export interface StateBlock {
  readonly name: string;
  /** D */
  readonly numDirections: number;
  readonly size: number;
  /** The layer's vector, [D, size], that each row begins with; zeros where that is null, and when absent. */
  readonly initial?: string;
}

/**
 * A layer's relation to time. `frame`: each frame by itself. `recurrent`: carries a state from frame to frame. `window`: sees
 * some frames together; its state is those before a chunk's first. `summary`: a whole sequence to one frame.
 */
export type TimeRelation = "frame" | "recurrent" | "window" | "summary";

/**
 * A layer type. L is a layer with all fields; Spec is a layer as a caller may write it. The functions read a layer's sizes and
 * options, never its tensors.
 */
export interface LayerType<L extends LayerBase = LayerBase, Spec = L> {
  readonly type: string;
  /** For the compiler alone: no layer type has a value here. */
  readonly spec?: Spec;
  time(layer: L): TimeRelation;
  /** Fields of a layer of this type, without those of all layers and the tensors, in the order of reading. */
  readonly fields: Readonly<Record<string, Field>>;
  /** A sentence, "expected X, got Y", on fields that do not fit each other; null, or absent, where they do. */
  fault?(layer: L): string | null;
  /** Whether it reads an index of the network's input, rather than features. */
  readonly readsIndex: boolean;
  /** Number of indices that it knows, from 0 on; absent where it reads features. */
  numIndices?(layer: L): number;
  tensors(layer: L): readonly TensorSpec[];
  /** Features of each frame that it reads; 1 for an index. */
  inputSize(layer: L): number;
  /** Features of each frame that it gives. */
  outputSize(layer: L): number;
  /** How its output's steps follow from its input's; a step for each when absent. */
  cadence?(layer: L): Cadence;
  /** Blocks of its state; none when absent. */
  state?(layer: L): readonly StateBlock[];
  /** The block of state that it reads of its one input, in place of frames; null, and when absent, for none. */
  block?(layer: L): string | null;
  /**
   * The layer, after it, whose output at a step is its state at the next one; absent where it makes its state itself. Such a
   * layer reads no input.
   */
  next?(layer: L): string;
  /**
   * How its output scores tokens, for `generate` to draw from: by probabilities, or by logits, which softmax turns into
   * probabilities. Null, and when absent, where it does not.
   */
  scores?(layer: L): "probabilities" | "logits" | null;
  /** Dispatches of a step that wait for the step before; 0 when absent. */
  numStepDispatches?(layer: L): number;
  /** Steps that each of its sequences must have; any number when absent. */
  sequenceLength?(layer: L): number;
  /** The reason why it cannot begin before a sequence's end; null, or absent, where it can. */
  needsEnd?(layer: L): string | null;
}
