import { choice, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** Operations of an aggregate. The order is their number in shaders/aggregate.wgsl. */
export const AGGREGATES = ["mean", "max", "sum"] as const;

/** Name of an operation of an aggregate. */
export type Aggregate = (typeof AGGREGATES)[number];

/**
 * The mean, the largest or the sum of each feature over a row's steps. Its state is the result so far, and the number of
 * steps that it is of: a long sequence comes in chunks, and a stream gives the result of all of its steps at each push.
 */
export interface AggregateLayer extends LayerBase {
  readonly type: "aggregate";
  readonly inputSize: number;
  readonly operation: Aggregate;
}

export type AggregateSpec = Optional<AggregateLayer, "inputs" | "storage">;

export const aggregate: LayerType<AggregateLayer, AggregateSpec> = {
  type: "aggregate",
  time: () => "summary",
  readsIndex: false,
  fields: { inputSize: size, operation: { ...choice(AGGREGATES), default: undefined } },
  tensors: () => [],
  inputSize: ({ inputSize }) => inputSize,
  outputSize: ({ inputSize }) => inputSize,
  state: ({ inputSize, operation }) => [
    { name: "value", numDirections: 1, size: inputSize },
    ...(operation === "sum" ? [] : [{ name: "count", numDirections: 1, size: 1 } as const]),
  ],
};

/**
 * All steps of one row, in float64.
 *
 * @param steps each [I]
 * @param state value [I] and count [1], which counts from 0 on; replaced
 * @returns one of [I]; none where there are no steps
 */
export function aggregateEquation(
  { operation }: AggregateLayer,
  steps: readonly Float64Array[],
  state: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  if (steps.length === 0) return [];
  const value = state.value![0]!;
  const count = state.count?.[0];
  const numBefore = Math.max(0, count?.[0] ?? 0);
  value.forEach((before, i) => {
    const numbers = steps.map((step) => step[i]!);
    const sum = numbers.reduce((total, each) => total + each, 0);
    if (operation === "mean") value[i] = (before * numBefore + sum) / (numBefore + steps.length);
    else if (operation === "sum") value[i] = before + sum;
    else value[i] = Math.max(...numbers, ...(numBefore > 0 ? [before] : []));
  });
  count?.fill(numBefore + steps.length);
  return [value.slice()];
}
