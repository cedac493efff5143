import type { MapOperation, MapSpec } from "../../layers/map.js";
import type { Built, Value } from "./value.js";

/** Bidirectional's ways of merging its directions. */
export type MergeMode = "sum" | "ave" | "mul";

/** A layer that gives its inputs as they are, one after the other. */
export function copyOf(name: string, inputs: readonly string[], size: number): MapSpec {
  return { type: "map", name, inputs, outputSize: size };
}

const OPERATIONS = { sum: "add", ave: "add", mul: "multiply" } as const satisfies Record<MergeMode, MapOperation>;

/**
 * Merges two tensors of one size.
 *
 * @param value both, concatenated, but with the size of one
 */
export function mergeValues(mode: MergeMode, name: string, value: Value): Built {
  const { parts, size } = value;
  const half = { activation: { name: "affine", alpha: 0.5, beta: 0 } } as const;
  const layer: MapSpec = { type: "map", name, inputs: parts, outputSize: size, operation: OPERATIONS[mode] };
  const isBounded = mode !== "sum" && value.isBounded;
  return { layers: [mode === "ave" ? { ...layer, ...half } : layer], value: { ...value, parts: [name], isBounded } };
}
