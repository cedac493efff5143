// Windows along the inner axes of a frame: the fields of the layers that have them, and which elements a window covers.

import { choice, type Field, MAX_FRAME, wholes } from "./field.js";

/** Fields of a layer with windows. Lists have a number for each inner axis. */
export interface Windows {
  /** [C, ...inner], with up to two inner axes */
  readonly inputShape: readonly number[];
  /** Elements of a window. */
  readonly kernelSize: readonly number[];
  /** Elements from window to window; of a transposed layer, between the input's elements in the output. */
  readonly stride: readonly number[];
  /** Elements from one of a window to its next one. */
  readonly dilation: readonly number[];
  /** Zeros before and after each axis, [before, after] of each in turn; a transposed layer leaves out as many results. */
  readonly padding: readonly number[];
}

/** The fields of `Windows` that a caller may leave out: ones, and no padding. */
export type WindowDefaults = "kernelSize" | "stride" | "dilation" | "padding";

/** As many for each inner axis of the layer's `inputShape`; none for a layer that is not given yet. */
function forEachAxis(value: number, times = 1) {
  return ({ inputShape = [1] }: Readonly<Record<string, unknown>>): number[] =>
    Array.from({ length: times * ((inputShape as readonly number[]).length - 1) }, () => value);
}

/** Words for a list, none where all its numbers are `usual`. */
function unless(usual: number, word: string) {
  return (list: readonly number[]): string => (list.every((each) => each === usual) ? "" : `${word} ${list.join("x")}`);
}

export const windowFields = {
  kernelSize: wholes(1, unless(1, "kernel"), forEachAxis(1)),
  stride: wholes(1, unless(1, "stride"), forEachAxis(1)),
  dilation: wholes(1, unless(1, "dilation"), forEachAxis(1)),
  padding: wholes(0, (list) => (list.some((each) => each > 0) ? `padding ${list.join(",")}` : ""), forEachAxis(0, 2)),
} satisfies Record<string, Field>;

/** Fields of a layer whose windows may be transposed: each input element gives a window of the output. */
export const transposedFields = {
  transposed: choice([false, true], (isTransposed) => (isTransposed ? "transposed" : "")),
  outputPadding: wholes(0, unless(0, "output padding"), forEachAxis(0)),
} satisfies Record<string, Field>;

/** Windows along one axis of a frame. */
export interface Axis {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first element; of a transposed layer, results left out before the first one. */
  readonly before: number;
}

/** Rows and columns of a channel: one of each where a frame has fewer axes. */
export type Axes = readonly [rows: Axis, columns: Axis];

const ONE: Axis = { inputSize: 1, outputSize: 1, kernelSize: 1, stride: 1, dilation: 1, before: 0 };

/** A layer with windows; a field that its type does not have is ones, or nothing. */
type WithWindows = Omit<Windows, "dilation"> &
  Partial<Pick<Windows, "dilation"> & { readonly transposed: boolean; readonly outputPadding: readonly number[] }>;

/** The inner axes of a layer's frames. */
export function axesOf(layer: WithWindows): Axes {
  const { inputShape, kernelSize, stride, dilation, padding, transposed = false, outputPadding } = layer;
  const axes = inputShape.slice(1).map((inputSize, i): Axis => {
    const axis = { inputSize, kernelSize: kernelSize[i]!, stride: stride[i]!, dilation: dilation?.[i] ?? 1 };
    const [before, after] = [padding[2 * i]!, padding[2 * i + 1]!];
    const reach = axis.dilation * (axis.kernelSize - 1) + 1;
    const outputSize = transposed
      ? (inputSize - 1) * axis.stride + reach - before - after + (outputPadding?.[i] ?? 0)
      : Math.floor((inputSize + before + after - reach) / axis.stride) + 1;
    return { ...axis, outputSize, before };
  });
  return [ONE, ONE, ...axes].slice(-2) as unknown as Axes;
}

/** The input's element under element k of the output's window; -1 for a zero. */
export function inputUnder({ inputSize, stride, dilation, before }: Axis, output: number, k: number): number {
  const input = output * stride + k * dilation - before;
  return input < inputSize ? Math.max(-1, input) : -1;
}

/** The input's element whose window has the output as element k, of a transposed layer; -1 where there is none. */
export function inputOver({ inputSize, stride, dilation, before }: Axis, output: number, k: number): number {
  const input = (output + before - k * dilation) / stride;
  return Number.isInteger(input) && input < inputSize ? Math.max(-1, input) : -1;
}

/**
 * Why the fields of windows do not go together; null where they do.
 *
 * @param outputChannels of the layer's output
 */
export function windowFault(layer: WithWindows, outputChannels: number): string | null {
  const { inputShape } = layer;
  const numAxes = inputShape.length - 1;
  if (numAxes < 0 || numAxes > 2) {
    return `expected inputShape to have channels and up to two other axes, got [${inputShape.join(", ")}]`;
  }
  const lengths = { kernelSize: 1, stride: 1, dilation: 1, padding: 2, outputPadding: 1 } as const;
  for (const [key, perAxis] of Object.entries(lengths)) {
    const list = layer[key as keyof typeof lengths];
    if (list === undefined || list.length === perAxis * numAxes) continue;
    return `expected ${key} to have ${perAxis * numAxes} numbers, ${perAxis} for each inner axis, got [${list.join(", ")}]`;
  }
  const [rows, columns] = axesOf(layer);
  const outputShape = [outputChannels, rows.outputSize, columns.outputSize];
  if (rows.outputSize < 1 || columns.outputSize < 1) {
    return `expected windows that fit into the frame, got an output of shape [${outputShape.join(", ")}]`;
  }
  const most = Math.max(inputShape.reduce(multiply), outputShape.reduce(multiply));
  return most <= MAX_FRAME ? null : `expected frames of at most ${MAX_FRAME} numbers, got ${most}`;
}

function multiply(a: number, b: number): number {
  return a * b;
}
