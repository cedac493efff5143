// Products with constant matrices, and quantized weights.

import { type Axis, joinAxes, numFeatures } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { ofBoth } from "./maps.js";
import { overTime } from "./overTime.js";
import { quote } from "../quote.js";
import type { ActivationSpec } from "../../layers/activation.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { activated, columnsFor, multiplied, shifted } from "./signals.js";
import { columnsSignal, type Constant, type Signal, sourceSignal, type Value, widthOf } from "./value.js";

export const matrixOperators: Readonly<Record<string, Operator>> = {
  MatMul: matMul,
  Gemm: gemm,
  "com.microsoft.FusedGemm": fusedGemm,
};

function matMul(call: Call): Value[] {
  const [left, right] = [call.input(0), call.input(1)];
  if (left.content.kind === "constant" && right.content.kind === "signal") {
    // W x with features as columns: (x^T W^T)^T.
    const { shape } = call.constant(0);
    demand(shape.length === 2 && right.axes.length >= 2, "it multiplies features from the left");
    const turned = turn(right.axes.length);
    const product = times(call, permuted(call, call.signal(1), turned) as Value<Signal>, left, true, 1);
    return [permuted(call, product, turned)];
  }
  if (left.content.kind === "signal" && right.content.kind === "signal") return [sumOfSteps(call)];
  if (right.axes.length === 1) {
    const { axes, content } = times(call, call.signal(0), { ...right, axes: [...right.axes, 1] }, false, 1);
    return [{ axes: axes.slice(0, -1), content }];
  }
  return [times(call, call.signal(0), right, false, 1)];
}

/** [..., M, time] times [..., time, N]: the sum over all steps of each product, as an attention that weighs steps has it. */
function sumOfSteps(call: Call): Value<Signal> {
  const { wiring, layerName } = call;
  const [left, right] = [call.signal(0), call.signal(1)];
  const rank = left.axes.length;
  const [rows, time, ofRight, columns] = [...left.axes.slice(-2), ...right.axes.slice(-2)] as [Axis, Axis, Axis, Axis];
  const isOverTime = rank === right.axes.length && rank >= 2 && typeof time !== "number" && typeof ofRight !== "number";
  demand(isOverTime, "it multiplies features with features, and not along time");
  joinAxes(time, ofRight);
  const outer = left.axes.slice(0, -2).map((axis, i) => joinAxes(axis, right.axes[i]!));
  const isMatrix = typeof rows === "number" && typeof columns === "number" && numFeatures(outer) === 1;
  demand(isMatrix, "it multiplies several matrices of features");
  wiring.checkWidth(rows * columns);
  wiring.spend(rows * columns);
  const [a, b] = [left, right].map(({ content }) => columnsFor(content, wiring, layerName)) as [Int32Array, Int32Array];
  const repeated = (one: Value<Signal>, from: (i: number) => number) => {
    const all = Int32Array.from({ length: rows * columns }, (_, i) => from(i));
    return columnsSignal(all, one.content.step, one.content.isReversed);
  };
  const weights = repeated(left, (i) => a[Math.floor(i / columns)]!);
  const values = repeated(right, (i) => b[i % columns]!);
  const content = overTime(call, ofBoth(call, "multiply", weights, values), time, "sum");
  return { axes: [...outer, rows, columns], content };
}

/** The order of axes that swaps the last two. */
const turn = (rank: number) => [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];

/**
 * Features of the last axis times a constant matrix, or each of several matrices times the features of an axis before.
 *
 * @param isTransposed whether the matrix is [O, I] instead of [I, O]
 */
export function times(
  call: Call,
  value: Value<Signal>,
  matrix: Value,
  isTransposed: boolean,
  alpha: number,
): Value<Signal> {
  const { axes, content } = value;
  const features = axes.at(-1);
  demand(typeof features === "number", "it multiplies an axis that is not all features");
  demand(matrix.content.kind === "constant", "it multiplies features with a matrix that is not constant");
  const shape = matrix.axes.filter((axis) => typeof axis === "number");
  demand(
    shape.length === matrix.axes.length && shape.length >= 2,
    "it multiplies features with a tensor that is no matrix",
  );
  const [rows, columns] = shape.slice(-2) as [number, number];
  const [inputSize, outputSize] = isTransposed ? [columns, rows] : [rows, columns];
  demand(inputSize === features, `it multiplies ${String(features)} features with a matrix for ${inputSize}`);
  const outer = shape.slice(0, -2).filter((size) => size !== 1);
  const weights = { axes: [...outer, rows, columns], content: matrix.content } as Value<Constant>;
  const weightRows = (isTransposed ? weights : permuted(call, weights, turn(outer.length + 2))) as Value<Constant>;
  const { values, isFloat16 } = weightRows.content;
  const weight = alpha === 1 ? values : Float64Array.from(values, (number) => alpha * number);
  const others = axes.slice(0, -1);
  if (outer.length === 0 && numFeatures(others) === 1) {
    const product = multiplied(content, weight, isFloat16 && alpha === 1, call.wiring, call.layerName);
    return { axes: [...others, outputSize], content: product };
  }
  return outer.length === 0
    ? convolved(call, value, weight, outputSize)
    : grouped(call, value, { outer, weight, outputSize, matrixAxes: matrix.axes.length });
}

/** Each row of an inner axis times the matrix: a convolution of one element. @param weight [O, I] */
function convolved(
  call: Call,
  value: Value<Signal>,
  weight: Float32Array | Float64Array,
  outputSize: number,
): Value<Signal> {
  const rank = value.axes.length;
  const channelsFirst = [rank - 1, ...Array.from({ length: rank - 1 }, (_, i) => i)];
  const { axes, content } = permuted(call, value, channelsFirst) as Value<Signal>;
  const positions = numFeatures(axes.slice(1));
  const signal = conv(call, content, { channels: axes[0] as number, positions, groups: 1, weight, outputSize });
  const product: Value<Signal> = { axes: [outputSize, ...axes.slice(1)], content: signal };
  return permuted(call, product, [...Array.from({ length: rank - 1 }, (_, i) => i + 1), 0]) as Value<Signal>;
}

interface Pointwise {
  readonly channels: number;
  readonly positions: number;
  readonly groups: number;
  /** [O, channels / groups] */
  readonly weight: Float32Array | Float64Array;
  readonly outputSize: number;
}

function conv({ wiring, layerName }: Call, signal: Signal, of: Pointwise): Signal {
  const { channels, positions, groups, weight, outputSize } = of;
  wiring.spend(weight.length);
  const own = { groups, weight: weight instanceof Float32Array ? weight : new Float32Array(weight) };
  const spec =
    positions === 1
      ? ({ type: "dense", inputSize: channels, outputSize, ...own } as const)
      : ({ type: "conv", inputShape: [channels, positions], outputChannels: outputSize, ...own } as const);
  const source = wiring.addLayer(layerName, columnsFor(signal, wiring, layerName), outputSize * positions, spec);
  return sourceSignal(source, signal.step, signal.isReversed);
}

/** A matrix for each element of axes before: groups of a convolution. @param weight [...outer, O, I] */
function grouped(
  call: Call,
  value: Value<Signal>,
  of: { outer: readonly number[]; weight: Float32Array | Float64Array; outputSize: number; matrixAxes: number },
): Value<Signal> {
  const { outer, weight, outputSize, matrixAxes } = of;
  const { axes } = value;
  const rank = axes.length;
  const groups = outer.reduce((product, size) => product * size, 1);
  const own = axes.slice(0, -2).filter((axis) => axis !== 1 && typeof axis === "number");
  const isAlike = rank >= matrixAxes && own.join() === outer.join();
  demand(isAlike, "it multiplies features with several matrices, and not one for each of an axis");
  // [...outer, M, I] becomes [...outer, I, M]: groups of channels, and positions.
  const { axes: turned, content } = permuted(call, value, turn(rank)) as Value<Signal>;
  const channels = groups * (turned.at(-2) as number);
  const positions = numFeatures(turned.slice(-1));
  const signal = conv(call, content, { channels, positions, groups, weight, outputSize: groups * outputSize });
  const product = { axes: [...turned.slice(0, -2), outputSize, turned.at(-1)!], content: signal };
  return permuted(call, product, turn(rank)) as Value<Signal>;
}

function gemm(call: Call): Value[] {
  const value = call.signal(0);
  const input = call.int("transA", 0) === 0 ? value : (permuted(call, value, [1, 0]) as Value<Signal>);
  const product = times(call, input, call.input(1), call.int("transB", 0) !== 0, call.float("alpha", 1));
  if (call.optional(2) === null) return [product];
  const { shape, content } = call.constant(2, "bias");
  const size = widthOf(product.content);
  const isRow =
    shape.slice(0, -1).every((one) => one === 1) && (content.values.length === size || content.values.length === 1);
  demand(isRow, "it adds a tensor that is not one number for each feature");
  const beta = call.float("beta", 1);
  const bias = Float64Array.from(
    { length: size },
    (_, i) => beta * content.values[content.values.length === 1 ? 0 : i]!,
  );
  return [{ ...product, content: shifted(product.content, bias) }];
}

/** Functions that a FusedGemm may apply, by ONNX's names. */
const FUSED: Readonly<Record<string, (call: Call) => ActivationSpec>> = {
  Relu: () => "relu",
  Sigmoid: () => "sigmoid",
  Tanh: () => "tanh",
  LeakyRelu: (call) => ({ name: "leakyRelu", alpha: call.float("activation_alpha", 0.01) }),
};

/** A Gemm and the function after it, as onnxruntime's optimizer writes it. */
function fusedGemm(call: Call): Value[] {
  const name = call.string("activation", "");
  const activation = Object.hasOwn(FUSED, name) ? FUSED[name]! : null;
  if (activation === null) throw new Refusal(`its activation is ${quote(name)}`);
  const [{ axes, content }] = gemm(call) as [Value<Signal>];
  return [{ axes, content: activated(content, activation(call), call.wiring, call.layerName) }];
}
