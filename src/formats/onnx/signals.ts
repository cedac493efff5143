// Arithmetic on features. Linear operations are combined until another operator needs their result as a layer.

import {
  type Activation,
  type ActivationSpec,
  completeActivation,
  type ElementFunction,
  type RowFunction,
} from "../../layers/activation.js";
import { demand } from "./refusal.js";
import { columnsSignal, type Signal } from "./value.js";
import { columnsOf, type DenseSource, type Wiring } from "./wiring.js";

const LINEAR = completeActivation<ElementFunction>("linear");

/** Columns of the layer made of a signal. */
const made = new WeakMap<Signal, Int32Array>();

/** Number of features. */
export function widthOf({ columns, weight }: Signal): number {
  return weight === null ? columns.length : columns.length === 0 ? 0 : weight.length / columns.length;
}

/** The signal as columns; a linear dense layer is added if it has arithmetic. @param name of such a layer */
export function columnsFor(signal: Signal, wiring: Wiring, name: string): Int32Array {
  const { columns, weight, scale, bias } = signal;
  if (weight === null && scale === null && bias === null) return columns;
  let emitted = made.get(signal);
  if (emitted === undefined) {
    emitted = columnsOf(denseOf(signal, LINEAR, wiring, name));
    made.set(signal, emitted);
  }
  return emitted;
}

/** The signal without arithmetic. */
export function plain(signal: Signal, wiring: Wiring, name: string): Signal {
  return columnsSignal(columnsFor(signal, wiring, name), signal.step, signal.isReversed);
}

/** activation(signal). */
export function activated(
  signal: Signal,
  activation: ActivationSpec<ElementFunction | RowFunction>,
  wiring: Wiring,
  name: string,
): Signal {
  const source = denseOf(signal, completeActivation(activation), wiring, name);
  return columnsSignal(columnsOf(source), signal.step, signal.isReversed);
}

function denseOf(
  signal: Signal,
  activation: Activation<ElementFunction | RowFunction>,
  wiring: Wiring,
  name: string,
): DenseSource {
  const { columns, scale, bias } = signal;
  wiring.spend(widthOf(signal) * columns.length);
  const matrix = matrixOf(signal, wiring);
  const weight = matrix instanceof Float32Array ? matrix : new Float32Array(matrix);
  return wiring.add<DenseSource>({
    type: "dense",
    name,
    size: widthOf(signal),
    columns,
    weight,
    bias: bias && Float32Array.from(bias),
    activation,
    isFloat16: signal.isFloat16 && scale === null,
  });
}

/** scale * W, [O, I]. */
function matrixOf(signal: Signal, wiring: Wiring): Float32Array | Float64Array {
  const { columns, weight, scale } = signal;
  const rows = widthOf(signal);
  const width = columns.length;
  if (weight !== null && scale === null) return weight;
  wiring.spend(rows * width);
  const matrix = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const factor = scale?.[row] ?? 1;
    if (weight === null) matrix[row * width + row] = factor;
    else for (let i = row * width; i < (row + 1) * width; i++) matrix[i] = factor * weight[i]!;
  }
  return matrix;
}

/** signal + addend, [O]. */
export function shifted(signal: Signal, addend: Float64Array): Signal {
  const { bias } = signal;
  return { ...signal, bias: bias === null ? addend : bias.map((value, i) => value + addend[i]!) };
}

/** signal * factor, [O]. */
export function scaled(signal: Signal, factor: Float64Array, wiring: Wiring, name: string): Signal {
  // (x - mean) / deviation: the difference must be computed first, or a large mean would cost precision.
  const base = signal.weight === null && signal.bias !== null ? plain(signal, wiring, name) : signal;
  const { scale, bias } = base;
  return {
    ...base,
    scale: scale === null ? factor : scale.map((value, i) => value * factor[i]!),
    bias: bias && bias.map((value, i) => value * factor[i]!),
  };
}

/** a + sign * b. */
export function sum(a: Signal, b: Signal, sign: 1 | -1, wiring: Wiring): Signal {
  const rows = widthOf(a);
  const [left, right] = [matrixOf(a, wiring), matrixOf(b, wiring)];
  const [leftWidth, rightWidth] = [a.columns.length, b.columns.length];
  const width = leftWidth + rightWidth;
  wiring.spend(rows * width);
  const weight = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    weight.set(left.subarray(row * leftWidth, (row + 1) * leftWidth), row * width);
    for (let i = 0; i < rightWidth; i++) weight[row * width + leftWidth + i] = sign * right[row * rightWidth + i]!;
  }
  const columns = new Int32Array(width);
  columns.set(a.columns);
  columns.set(b.columns, leftWidth);
  const hasBias = a.bias !== null || b.bias !== null;
  const bias = hasBias
    ? Float64Array.from({ length: rows }, (_, row) => (a.bias?.[row] ?? 0) + sign * (b.bias?.[row] ?? 0))
    : null;
  return { ...a, ...together(a, b), columns, weight, scale: null, bias, isFloat16: false };
}

/**
 * matrix * signal.
 *
 * @param matrix [O, I], I the signal's width
 */
export function multiplied(
  signal: Signal,
  matrix: Float32Array | Float64Array,
  isFloat16: boolean,
  wiring: Wiring,
  name: string,
): Signal {
  const hasOnlyScale = signal.weight === null && signal.bias === null;
  const base = hasOnlyScale ? signal : plain(signal, wiring, name);
  const { columns, scale } = base;
  const weight = scale === null ? matrix : Float64Array.from(matrix, (value, i) => value * scale[i % columns.length]!);
  return { ...base, weight, scale: null, bias: null, isFloat16: isFloat16 && scale === null };
}

/** The steps and the order of two signals. @throws Refusal when they differ */
export function together(a: Signal, b: Signal): Pick<Signal, "step" | "isReversed"> {
  demand(a.step === b.step, "it joins a sequence with a value that comes once, at its end");
  demand(a.isReversed === b.isReversed, "it joins a sequence with one that runs backwards");
  return { step: a.step, isReversed: a.isReversed };
}
