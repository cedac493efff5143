import { choice, frameShape, MAX_FRAME, wholes } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** Operations of a reduction. The order is their number in shaders/reduce.wgsl and cpu/wasm/reduce.ts. */
export const REDUCTIONS = [
  "sum",
  "mean",
  "max",
  "min",
  "softmax", // these two keep the shape
  "logSoftmax",
] as const;

/** Name of an operation of a reduction. */
export type Reduction = (typeof REDUCTIONS)[number];

/**
 * One number of each line of the frame along some of its axes, such as their mean; or the lines' softmax, or its logarithm,
 * where they are.
 */
export interface ReduceLayer extends LayerBase {
  readonly type: "reduce";
  /** Axes of each frame, row-major. */
  readonly inputShape: readonly number[];
  /** Numbers of the axes that lines run along, from 0 on. The output is without them, but for the softmaxes. */
  readonly axes: readonly number[];
  readonly operation: Reduction;
}

export type ReduceSpec = Optional<ReduceLayer, "inputs" | "storage">;

const operation = choice(REDUCTIONS);

export const reduce: LayerType<ReduceLayer, ReduceSpec> = {
  type: "reduce",
  time: () => "frame",
  readsIndex: false,
  fields: {
    inputShape: frameShape,
    axes: wholes(0, (list) => `along ${list.join(" and ")}`),
    operation: { ...operation, default: undefined },
  },
  fault({ inputShape, axes }) {
    if (axes.length === 0 || new Set(axes).size < axes.length || axes.some((axis) => axis >= inputShape.length)) {
      return `expected axes to be different numbers from 0 to ${inputShape.length - 1}, got [${axes.join(", ")}]`;
    }
    const length = lengthOf(inputShape);
    return length > MAX_FRAME ? `expected frames of at most ${MAX_FRAME} numbers, got ${length}` : null;
  },
  tensors: () => [],
  inputSize: ({ inputShape }) => lengthOf(inputShape),
  outputSize: (layer) => (keepsShape(layer) ? lengthOf(layer.inputShape) : lengthOf(keptAxes(layer))),
};

/** Whether a line's results lie where the line does. */
export function keepsShape({ operation: of }: ReduceLayer): boolean {
  return of === "softmax" || of === "logSoftmax";
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, each) => product * each, 1);
}

function keptAxes({ inputShape, axes }: ReduceLayer): number[] {
  return inputShape.filter((_, axis) => !axes.includes(axis));
}

/** The lines of a frame: where each begins, in the order of the output, and how far from there its elements are. */
export interface Lines {
  readonly starts: Int32Array<ArrayBuffer>;
  readonly offsets: Int32Array<ArrayBuffer>;
}

/** The lines that a layer reduces. */
export function linesOf({ inputShape, axes }: ReduceLayer): Lines {
  let [starts, offsets] = [[0], [0]];
  inputShape.forEach((size, axis) => {
    const step = lengthOf(inputShape.slice(axis + 1));
    const along = (places: number[]) => places.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * step));
    if (axes.includes(axis)) offsets = along(offsets);
    else starts = along(starts);
  });
  return { starts: Int32Array.from(starts), offsets: Int32Array.from(offsets) };
}

/** Each frame, in float64. @param steps each [inputShape] @returns each [the kept axes], of a softmax [inputShape] */
export function reduceEquation(layer: ReduceLayer, steps: readonly Float64Array[]): Float64Array[] {
  return steps.map((x) => {
    const numbers = new Map<number, number[]>();
    x.forEach((value, i) => {
      const line = lineOf(layer, i);
      if (!numbers.has(line)) numbers.set(line, []);
      numbers.get(line)!.push(value);
    });
    if (!keepsShape(layer)) {
      const lines = [...numbers].sort(([a], [b]) => a - b);
      return Float64Array.from(lines, ([, values]) => reduceNumbers(layer.operation, values));
    }
    return x.map((value, i) => {
      const values = numbers.get(lineOf(layer, i))!;
      const largest = Math.max(...values);
      const sum = values.reduce((total, each) => total + Math.exp(each - largest), 0);
      const probability = Math.exp(value - largest) / sum;
      return layer.operation === "softmax" ? probability : value - largest - Math.log(sum);
    });
  });
}

/** The line of element i: the number that its places along the kept axes make. */
function lineOf({ inputShape, axes }: ReduceLayer, i: number): number {
  let [rest, line, step] = [i, 0, 1];
  for (let axis = inputShape.length - 1; axis >= 0; axis--) {
    const size = inputShape[axis]!;
    if (!axes.includes(axis)) {
      line += (rest % size) * step;
      step *= size;
    }
    rest = Math.floor(rest / size);
  }
  return line;
}

function reduceNumbers(of: Reduction, values: readonly number[]): number {
  const sum = values.reduce((total, each) => total + each, 0);
  if (of === "max") return Math.max(...values);
  if (of === "min") return Math.min(...values);
  return of === "mean" ? sum / values.length : sum;
}
