import { choice } from "../layers/field.js";
import { type Layer, layerOutputSize, type LayerSpec, timeOf, withDefaults } from "../layers/index.js";
import { checkField } from "./checkLayer.js";

/** An option of recurrent layers that is no field of theirs: `withLast` turns it into a layer. */
export const RETURN_SEQUENCES = choice([true, false]);

/** Name of the recurrent layer that gives every step, where the layer called `name` gives only the last. */
export function nameOfSteps(name: string): string {
  return `${name}.steps`;
}

/**
 * Replaces a layer with `returnSequences: false` by two: a layer that gives every step, and a `last` layer after it, which
 * takes the name, so that outputs and the layers that read it find it. This is the one file of model/ that names a layer type:
 * a short way to write that one.
 */
export function withLast(specs: readonly LayerSpec[]): LayerSpec[] {
  return specs.flatMap((spec): LayerSpec | LayerSpec[] => {
    if (!("returnSequences" in spec)) return spec;
    const { returnSequences = true, ...rest } = spec;
    checkField(rest.name, "returnSequences", RETURN_SEQUENCES, returnSequences);
    if (returnSequences) return rest;
    const { name } = rest;
    const steps = nameOfSteps(name);
    const layer = withDefaults(rest) as typeof rest & Layer;
    const inputSize = layerOutputSize(layer);
    const end = timeOf(layer) === "frame" ? {} : { direction: layer.direction, parts: layer.rows };
    return [
      { ...rest, name: steps },
      { type: "last", name, inputs: [steps], inputSize, ...end },
    ];
  });
}
