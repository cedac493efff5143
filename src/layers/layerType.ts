// What a room of this folder says of its layer type: once, for everything else to loop over.

import type { Field } from "./field.js";

/**
 * How a layer's matrices are kept on the device. Arithmetic is float32 always, and a layer's matrices hold the values
 * that the storage can hold, so every device computes with the same numbers.
 */
export type Storage = "f32" | "f16" | "int8";

/** What layers of all types have. */
export interface LayerBase {
  readonly name: string;
  /** Names of the layers before it that it reads, or "input"; several are concatenated. */
  readonly inputs: readonly string[];
  readonly storage: Storage;
}

/** What `defineNetwork` fills in when a layer leaves it out. */
export type Optional<L, Keys extends keyof L> = Omit<L, Keys> & Partial<Pick<L, Keys>>;

/**
 * A tensor of a layer, a field of that name. A `table` is looked up; a `matrix` is multiplied by each frame, a
 * `recurrentMatrix` by each step's state. All three are kept in the layer's storage, int8 with a scale for each row in
 * `<name>Scale`. A `vector` is float32, and null where there is none.
 */
export interface TensorSpec {
  readonly name: string;
  /** Row-major; of a matrix, the last axis is that of its columns. */
  readonly shape: readonly number[];
  readonly kind: "table" | "matrix" | "recurrentMatrix" | "vector";
}

/** What a layer keeps from step to step for each row: [D, size]. */
export interface StateBlock {
  readonly name: string;
  /** D */
  readonly numDirections: number;
  readonly size: number;
}

/**
 * A layer's relation to time. `frame`: each frame by itself. `recurrent`: carries a state from frame to frame. `summary`: a
 * whole sequence to one frame.
 */
export type TimeRelation = "frame" | "recurrent" | "summary";

/**
 * One type of layers. L is the layer with everything said, without its tensors where they are not asked for; Spec is the layer
 * as a caller may write it.
 */
export interface LayerType<L extends LayerBase = LayerBase, Spec = L> {
  readonly type: string;
  /** In the type alone: nothing has it. */
  readonly spec?: Spec;
  readonly time: TimeRelation;
  /** What a layer of this type says of itself beside its name, inputs and storage, in the order of reading. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Whether it reads an index of the network's input, rather than features. */
  readonly readsIndex: boolean;
  tensors(layer: L): readonly TensorSpec[];
  /** Features of each frame that it reads; 1 for an index. */
  inputSize(layer: L): number;
  /** Features of each frame that it gives. */
  outputSize(layer: L): number;
  /** What it keeps from step to step; nothing when absent. */
  state?(layer: L): readonly StateBlock[];
  /** Dispatches of a step that wait for the step before; 0 when absent. */
  numStepDispatches?(layer: L): number;
  /** Why it cannot begin before a sequence's end; null, and when absent, where it can. */
  needsEnd?(layer: L): string | null;
}
