// The float64 equation of every layer type: the oracle of the tests. Apart from the types, since no page computes by them.

import * as list from "./equationList.js";
import { type Layer, type RecurrentLayer, stateBlocks } from "./index.js";
import { hasFrameAxes, hasState, withoutFrameAxes } from "./recurrent.js";

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

/** The equation of a layer. */
export function equationOf(layer: Layer): Equation {
  const equation = EQUATIONS[layer.type] as Equation;
  return hasFrameAxes(layer) ? overFrameAxes(layer as RecurrentLayer, equation) : equation;
}

/** A recurrent layer's equation for frames that have axes of their own: row after row, through the equation of one row. */
function overFrameAxes(layer: RecurrentLayer, equation: Equation): Equation {
  const { rows } = layer;
  const frameSteps = layer.frameSteps ?? 1;
  const one = withoutFrameAxes(layer);
  const overRows = (each: (row: number) => Float64Array[]) => Array.from({ length: rows }, (_, row) => each(row));
  const stepsOfRow = (frame: Float64Array, row: number) => {
    const ofRow = part(frame, row, rows);
    return Array.from({ length: frameSteps }, (_, s) => part(ofRow, s, frameSteps));
  };
  if (hasState(layer)) {
    return (_, frames, state) => {
      const outputs = overRows((row) => {
        const ownState = Object.entries(state).map(([name, blocks]) => [name, blocks.map((h) => part(h, row, rows))]);
        return equation(
          one,
          frames.flatMap((frame) => stepsOfRow(frame, row)),
          Object.fromEntries(ownState),
        );
      });
      return frames.map((_frame, t) =>
        joined(outputs.flatMap((ofRow) => ofRow.slice(t * frameSteps, (t + 1) * frameSteps))),
      );
    };
  }
  return (_, frames) =>
    frames.map((frame) => joined(overRows((row) => equation(one, stepsOfRow(frame, row), initialState(one))).flat()));
}

/** The state that a layer along time begins with, [size] of each direction, by the block's name. */
function initialState(layer: Layer): Record<string, Float64Array[]> {
  const vectors = layer as unknown as Readonly<Record<string, Float32Array | null>>;
  const blocks = stateBlocks(layer).map(({ name, numDirections, size, initial = "" }) => {
    const values = Float64Array.from(vectors[initial] ?? new Float64Array(numDirections * size));
    return [name, Array.from({ length: numDirections }, (_, d) => part(values, d, numDirections))];
  });
  return Object.fromEntries(blocks) as Record<string, Float64Array[]>;
}

/** The i-th of `count` equal parts, in the same memory. */
function part(values: Float64Array, i: number, count: number): Float64Array {
  const length = values.length / count;
  return values.subarray(i * length, (i + 1) * length);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((each) => [...each]));
}
