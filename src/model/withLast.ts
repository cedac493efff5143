import { choice } from "../layers/field.js";
import type { LayerSpec } from "../layers/index.js";
import { checkField } from "./checkLayer.js";

/** What a recurrent layer may be told, beside the fields that it has. */
export const RETURN_SEQUENCES = choice([true, false]);

/** The name of the layer that runs through the steps of one called `name`, where that gives the last one only. */
export function nameOfSteps(name: string): string {
  return `${name}.steps`;
}

/**
 * Writes `returnSequences: false` as what it means: a layer that gives every step, and a `last` layer after it. The `last`
 * one has the name, which outputs and readers go by.
 */
export function withLast(specs: readonly LayerSpec[]): LayerSpec[] {
  return specs.flatMap((spec): LayerSpec | LayerSpec[] => {
    if (!("returnSequences" in spec)) return spec;
    const { returnSequences = true, ...rest } = spec;
    checkField(rest.name, "returnSequences", RETURN_SEQUENCES, returnSequences);
    if (returnSequences) return rest;
    const { name, direction = "forward", hiddenSize } = rest;
    const steps = nameOfSteps(name);
    const inputSize = hiddenSize * (direction === "bidirectional" ? 2 : 1);
    return [
      { ...rest, name: steps },
      { type: "last", name, inputs: [steps], inputSize, direction },
    ];
  });
}
