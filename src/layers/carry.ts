import { layerName, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * Gives the output that another layer, after it, had at the step before: a state that a network
 * carries by itself, as a graph with states among its inputs and outputs does. A network with one runs step by step.
 */
export interface CarryLayer extends LayerBase {
  readonly type: "carry";
  readonly size: number;
  /** Name of the layer whose output it gives at the next step. */
  readonly next: string;
  /** Its output at the first step [size]; null means zeros */
  readonly initialState: Float32Array | null;
}

/** It reads no layer before it. */
export type CarrySpec = Optional<CarryLayer, "inputs" | "storage" | "initialState">;

export const carry: LayerType<CarryLayer, CarrySpec> = {
  type: "carry",
  time: () => "recurrent",
  readsIndex: false,
  fields: { size, next: layerName },
  tensors: (layer) => [{ name: "initialState", shape: [layer.size], kind: "vector" }],
  inputSize: () => 0,
  outputSize: (layer) => layer.size,
  state: (layer) => [{ name: "carried", numDirections: 1, size: layer.size, initial: "initialState" }],
  next: ({ next }) => next,
};

/** One step: the state itself, which the network replaces after it. @param steps empty @returns each [size] */
export function carryEquation(
  _: CarryLayer,
  steps: readonly Float64Array[],
  { carried }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  return steps.map(() => carried![0]!.slice());
}
