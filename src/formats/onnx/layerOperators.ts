// Operators that become dense layers.

import type { ActivationSpec, ElementFunction, RowFunction } from "../../layers/activation.js";
import { type Axis, axisIndex, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { activated, multiplied, scaled, shifted } from "./signals.js";
import { type Constant, reindex, type Signal, type Value, widthOf } from "./value.js";

export const layerOperators: Readonly<Record<string, Operator>> = {
  MatMul: matMul,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
  PRelu: parametricRelu,
  Selu: selu,
  Clip: clip,
  Softmax: row("softmax"),
  LogSoftmax: row("logSoftmax"),
  DequantizeLinear: dequantize,
};

function activate(
  call: Call,
  { axes, content }: Value<Signal>,
  activation: ActivationSpec<ElementFunction | RowFunction>,
): Value<Signal> {
  return { axes, content: activated(content, activation, call.wiring, call.layerName) };
}

/** An activation of the whole row, whose axis must be all features. */
function row(activation: RowFunction): Operator {
  return (call) => {
    const value = call.signal(0);
    const { axes } = value;
    const isFlattening = call.reading.opset < 13;
    const axis = axisIndex(call.int("axis", isFlattening ? 1 : -1), axes.length);
    const over = isFlattening ? axes.slice(axis) : [axes[axis]!];
    const isRow = over.every((one) => typeof one === "number" || one.every(({ root }) => root.size === 1));
    const rest = axes.filter((one) => !over.includes(one) && typeof one === "number" && one !== 1);
    demand(isRow && rest.length === 0, "it runs over an axis that is not all features of a step");
    return [activate(call, value, activation)];
  };
}

function matMul(call: Call): Value[] {
  if (call.input(0).content.kind === "constant" && call.input(1).content.kind === "signal") {
    // W x with features as columns: (x^T W^T)^T.
    const { shape } = call.constant(0);
    demand(shape.length === 2 && call.input(1).axes.length === 2, "it multiplies features from the left");
    const product = times(call, permuted(call, call.signal(1), [1, 0]) as Value<Signal>, call.input(0), true, 1);
    return [permuted(call, product, [1, 0])];
  }
  return [times(call, call.signal(0), call.input(1), false, 1)];
}

/**
 * Features, which must be the last axis, times a constant matrix.
 *
 * @param isTransposed whether the matrix is [O, I] instead of [I, O]
 */
function times(
  call: Call,
  { axes, content }: Value<Signal>,
  matrix: Value,
  isTransposed: boolean,
  alpha: number,
): Value<Signal> {
  const features = axes.at(-1);
  const others = axes.slice(0, -1);
  const isRow = typeof features === "number" && others.every((axis) => typeof axis !== "number" || axis === 1);
  demand(isRow, "it multiplies an axis that is not all features");
  demand(matrix.content.kind === "constant", "it multiplies features with a matrix that is not constant");
  const shape = matrix.axes.filter((axis) => typeof axis === "number");
  const isMatrix =
    shape.length === matrix.axes.length && shape.length >= 2 && shape.slice(0, -2).every((size) => size === 1);
  demand(isMatrix, "it multiplies features with a tensor that is no matrix");
  const [rows, columns] = shape.slice(-2) as [number, number];
  const [inputSize, outputSize] = isTransposed ? [columns, rows] : [rows, columns];
  demand(inputSize === features, `it multiplies ${String(features)} features with a matrix for ${inputSize}`);
  const square = { axes: [rows, columns], content: matrix.content } as Value<Constant>;
  const weightRows = (isTransposed ? square : permuted(call, square, [1, 0])) as Value<Constant>;
  const { values, isFloat16 } = weightRows.content;
  const weight = alpha === 1 ? values : Float64Array.from(values, (value) => alpha * value);
  const product = multiplied(content, weight, isFloat16 && alpha === 1, call.wiring, call.layerName);
  return { axes: [...others, outputSize], content: product };
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

/** Repeats the numbers of channels for all features. */
function perChannel(axes: readonly Axis[], channelAxis: number, numbers: Float64Array, width: number): Float64Array {
  const channels = axes[channelAxis]!;
  demand(channels === numbers.length, `it has ${numbers.length} channels where there are ${String(channels)} features`);
  const step = strides(axes)[channelAxis]!;
  return Float64Array.from({ length: width }, (_, i) => numbers[Math.floor(i / step) % numbers.length]!);
}

function batchNormalization(call: Call): Value[] {
  const value = call.signal(0);
  demand(call.int("training_mode", 0) === 0, "it is in training mode");
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => call.constant(i).content.values);
  const epsilon = call.float("epsilon", 1e-5);
  const factors = Float64Array.from(scale!, (factor, i) => factor / Math.sqrt(variance![i]! + epsilon));
  const addends = Float64Array.from(bias!, (addend, i) => addend - mean![i]! * factors[i]!);
  const { axes, content } = value;
  demand(axes.length >= 2, "it needs its channels as axis 1");
  const width = widthOf(content);
  const normal = scaled(content, perChannel(axes, 1, factors, width), call.wiring, call.layerName);
  return [{ axes, content: shifted(normal, perChannel(axes, 1, addends, width)) }];
}

function parametricRelu(call: Call): Value[] {
  const { values } = call.constant(1, "slope").content;
  demand(
    values.every((value) => value === values[0]),
    "it has another slope for each feature",
  );
  return [activate(call, call.signal(0), { name: "leakyRelu", alpha: values[0]! })];
}

/** gamma * elu(x); the factor goes into the next layer. */
function selu(call: Call): Value[] {
  const { axes, content } = activate(call, call.signal(0), { name: "elu", alpha: call.float("alpha", 1.6732632) });
  const gamma = new Float64Array(widthOf(content)).fill(call.float("gamma", 1.050701));
  return [{ axes, content: scaled(content, gamma, call.wiring, call.layerName) }];
}

/** low + (high - low) * hardSigmoid(x), with a slope that gives x between the bounds. */
function clip(call: Call): Value[] {
  const bound = (i: number, attribute: string) =>
    call.optional(i) === null ? call.float(attribute, NaN) : call.constant(i, attribute).content.values[0]!;
  const [low, high] = [bound(1, "min"), bound(2, "max")];
  const value = call.signal(0);
  if (low === 0 && !(high < 3e38)) return [activate(call, value, "relu")];
  const range = high - low;
  if (!(range > 0 && range < 1e6)) throw new Refusal("it has no bounds on both sides");
  const width = widthOf(value.content);
  const bent = activate(call, value, { name: "hardSigmoid", alpha: 1 / range, beta: (0 - low) / range });
  const content = scaled(bent.content, new Float64Array(width).fill(range), call.wiring, call.layerName);
  return [{ ...bent, content: low === 0 ? content : shifted(content, new Float64Array(width).fill(low)) }];
}

/** (x - zeroPoint) * scale, for constants: quantized weights. */
function dequantize(call: Call): Value[] {
  const { shape, content } = call.constant(0, "weights");
  demand(call.int("block_size", 0) === 0, "it has a scale for each block");
  const scale = call.constant(1, "scale").content.values;
  const zeroPoint = call.optional(2) === null ? null : call.constant(2, "zero point").content.values;
  const axis = shape.length === 0 ? 0 : axisIndex(call.int("axis", 1), Math.max(shape.length, 2)) % shape.length;
  const step = strides(shape)[axis] ?? 1;
  demand(scale.length === 1 || scale.length === shape[axis], `it has ${scale.length} scales for [${shape.join(", ")}]`);
  const channel = (i: number) => (scale.length === 1 ? 0 : Math.floor(i / step) % scale.length);
  const values = Float32Array.from(
    content.values,
    (value, i) => (value - (zeroPoint?.[channel(i)] ?? 0)) * scale[channel(i)]!,
  );
  return [reindex({ axes: shape, content: { ...content, values, isFloat: true } }, shape, null, call.wiring)];
}
