// The float64 equation of every layer type: the oracle of the tests. Apart from the types, since no page computes by them.

import * as list from "./equationList.js";
import type { Layer } from "./index.js";

/**
 * One row through a layer.
 *
 * @param steps the row's frames up to its length; one where the input has no steps
 * @param state [size] of each direction, by the block's name; replaced
 */
export type Equation<L = Layer> = (
  layer: L,
  steps: readonly Float64Array[],
  state: Readonly<Record<string, readonly Float64Array[]>>,
) => Float64Array[];

const EQUATIONS: Readonly<Record<Layer["type"], unknown>> = list;

/** The equation of a layer's type. */
export function equationOf(layer: Layer): Equation {
  return EQUATIONS[layer.type] as Equation;
}
