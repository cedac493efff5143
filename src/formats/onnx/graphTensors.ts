// Converts tensors with the graph's names and axes, as another runtime takes them, to arguments of `run`, and results back.

import { GruError } from "../../errors.js";
import type { OnnxAxis, OnnxGraph } from "./onnxGraph.js";

/** A tensor with the axes of the graph, row-major. */
export interface GraphTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Arguments of `run`. */
export interface RunArguments {
  /** [T, B, I], or [T, B] indices */
  readonly input: Float64Array;
  readonly numSteps: number;
  readonly options: { readonly batchSize: number; readonly lengths?: number[]; readonly initialState?: Float64Array };
}

/**
 * Converts a graph's inputs to arguments of `run`.
 *
 * @param tensors by the graph's names
 * @throws GruError `shape-mismatch`
 */
export function toRun(graph: OnnxGraph, tensors: Readonly<Record<string, GraphTensor>>): RunArguments {
  const counts = new Map<OnnxAxis, number>();
  for (const { name, axes, as } of graph.inputs) {
    if (as !== "unused") countAxes(name, axes, Object.hasOwn(tensors, name) ? tensors[name] : undefined, counts);
  }
  const [numSteps, batchSize] = [counts.get("time") ?? 1, counts.get("batch") ?? 1];
  const features = graph.inputs.filter((input) => input.as === "input");
  const inputSize = features.reduce((size, { axes }) => size + numFeatures(axes), 0);
  const numUnits = graph.states.reduce((sum, state) => sum + state.numDirections * state.size, 0);
  const input = new Float64Array(numSteps * batchSize * inputSize);
  const initialState = new Float64Array(batchSize * numUnits);
  let lengths: number[] | null = null;
  let hasState = false;
  for (const port of graph.inputs) {
    if (port.as === "unused") continue;
    const { data } = tensors[port.name]!;
    if (port.as === "lengths") lengths = Array.from(data);
    const positions = port.as === "lengths" ? [] : positionsOf(port.axes, { numSteps, batchSize });
    if (port.as === "input") {
      positions.forEach(({ step, row, feature }, i) => {
        input[(step * batchSize + row) * inputSize + port.start + feature] = data[i]!;
      });
    }
    if (port.as !== "initialState") continue;
    hasState = true;
    const unitsOf = new Map<number, number[]>();
    port.elements.forEach((element, i) => unitsOf.set(element, [...(unitsOf.get(element) ?? []), port.units[i]!]));
    positions.forEach(({ row, feature }, i) => {
      for (const unit of unitsOf.get(feature) ?? []) initialState[stateIndex(graph, unit, row, batchSize)] = data[i]!;
    });
  }
  lengths?.forEach((length, row) => {
    if (length > 0) return;
    // `run` keeps the state of a row without steps. onnxruntime gives zeros, and the specification says nothing.
    for (let unit = 0; unit < numUnits; unit++) initialState[stateIndex(graph, unit, row, batchSize)] = 0;
  });
  const options = { batchSize, ...(lengths && { lengths }), ...(hasState && { initialState }) };
  return { input, numSteps, options };
}

/**
 * Converts results of `run` to the graph's outputs.
 *
 * @param results of `run` with the arguments that `toRun` gave
 */
export function fromRun(
  graph: OnnxGraph,
  results: { readonly outputs: Readonly<Record<string, ArrayLike<number>>>; readonly finalState: ArrayLike<number> },
  { numSteps, options: { batchSize } }: Pick<RunArguments, "numSteps" | "options">,
): Record<string, GraphTensor> {
  const tensors = graph.outputs.map((port): [string, GraphTensor] => {
    const { name, axes } = port;
    const width = numFeatures(axes);
    // Strides along time leave fewer steps than the input has.
    const steps = port.as === "output" ? results.outputs[port.layer]!.length / (batchSize * width) : numSteps;
    const shape = axes.map((axis) => (axis === "time" ? steps : axis === "batch" ? batchSize : axis));
    const data = Float64Array.from(positionsOf(axes, { numSteps: steps, batchSize }), ({ step, row, feature }) => {
      if (port.as === "finalState") return results.finalState[stateIndex(graph, port.units[feature]!, row, batchSize)]!;
      const values = results.outputs[port.layer]!;
      const at = port.isLastStep ? steps - 1 : port.isReversed ? steps - 1 - step : step;
      return values[(at * batchSize + row) * width + feature]!;
    });
    return [name, { shape, data }];
  });
  return Object.fromEntries(tensors);
}

function countAxes(
  name: string,
  axes: readonly OnnxAxis[],
  tensor: GraphTensor | undefined,
  counts: Map<OnnxAxis, number>,
): void {
  const expected = axes.map((axis) => (typeof axis === "number" ? axis : (counts.get(axis) ?? axis)));
  const isRight =
    tensor !== undefined &&
    tensor.shape.length === axes.length &&
    expected.every((size, i) => typeof size !== "number" || size === tensor.shape[i]);
  if (!isRight) {
    const got = tensor === undefined ? "none" : `[${tensor.shape.join(", ")}]`;
    throw new GruError("shape-mismatch", `graph input ${name}: expected shape [${expected.join(", ")}], got ${got}`);
  }
  axes.forEach((axis, i) => {
    if (typeof axis !== "number") counts.set(axis, tensor.shape[i]!);
  });
}

function numFeatures(axes: readonly OnnxAxis[]): number {
  return axes.reduce<number>((product, axis) => (typeof axis === "number" ? product * axis : product), 1);
}

/** The indices of an element. */
interface Position {
  readonly step: number;
  readonly row: number;
  readonly feature: number;
}

/** The position of each element of a tensor, in row-major order. */
function positionsOf(axes: readonly OnnxAxis[], sizes: { numSteps: number; batchSize: number }): Position[] {
  let positions: Position[] = [{ step: 0, row: 0, feature: 0 }];
  for (const axis of axes) {
    const size = axis === "time" ? sizes.numSteps : axis === "batch" ? sizes.batchSize : axis;
    positions = positions.flatMap((position) =>
      Array.from({ length: size }, (_, i) => {
        if (axis === "time") return { ...position, step: i };
        if (axis === "batch") return { ...position, row: i };
        return { ...position, feature: position.feature * size + i };
      }),
    );
  }
  return positions;
}

/** Index of a row's unit in the state of all rows: [D, B, size] of each block, one after the other. */
function stateIndex({ states }: OnnxGraph, unit: number, row: number, batchSize: number): number {
  let first = 0;
  for (const { numDirections, size } of states) {
    const length = numDirections * size;
    if (unit < first + length) {
      const direction = Math.floor((unit - first) / size);
      return first * batchSize + (direction * batchSize + row) * size + ((unit - first) % size);
    }
    first += length;
  }
  throw new GruError("shape-mismatch", `state: expected a unit of ${first}, got ${unit}`);
}
