// QuantizeLinear and DequantizeLinear: of weights, which become the numbers that they stand for, and of features, which are kept as
// they are between the two, within the range that the whole numbers have.

import { axisIndex, strides } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { demand } from "./refusal.js";
import { activated, bareColumns, scaled, shifted } from "./signals.js";
import { type Quantised, reindex, type Signal, sourceSignal, type Value, widthOf } from "./value.js";
import { type EmbeddingSource, runStart } from "./wiring.js";

export const quantiseLinear: Readonly<Record<string, Operator>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
};

/** The type of whole numbers where a node has no zero point: UINT8. */
const USUAL_RANGE = [0, 255] as const;

/** One scale and one zero point, and the range of the whole numbers. */
function scaleOf(call: Call): {
  readonly scale: number;
  readonly zero: number;
  readonly range: readonly [number, number];
} {
  const scales = call.constant(1, "scale").content.values;
  const zeros = call.optional(2) === null ? null : call.constant(2, "zero point").content;
  const isOne = scales.length === 1 && (zeros === null || zeros.values.length === 1);
  demand(isOne, "it has several scales for features");
  demand(zeros === null || zeros.range !== undefined, "it needs a zero point of 8 or 16 bits");
  const [scale] = scales as unknown as [number];
  demand(Number.isFinite(scale) && scale > 0, `its scale is ${scale}`);
  return { scale, zero: zeros?.values[0] ?? 0, range: zeros?.range ?? USUAL_RANGE };
}

function quantize(call: Call): Value[] {
  const { axes, content } = call.signal(0);
  demand(call.int("output_dtype", 0) === 0, "it states the type of its output");
  const { scale, zero, range } = scaleOf(call);
  const [low, high] = range.map((limit) => (limit - zero) * scale) as [number, number];
  call.reading.notes.add(
    `${call.subject} rounds features to whole numbers where ONNX Runtime runs it, which is not done here: results differ by as much.`,
  );
  // Converters leave out a function whose effect the range has, such as relu.
  const signal = activated(content, { name: "clip", alpha: low, beta: high }, call.wiring, call.layerName);
  return [{ axes, content: { kind: "quantised", signal, scale, zero } }];
}

/** The features that whole numbers stand for. */
function dequantisedFeatures(call: Call): Value<Signal> {
  const { axes, content } = call.input(0) as Value<Quantised>;
  const { scale, zero } = scaleOf(call);
  const { signal } = content;
  if (scale === content.scale && zero === content.zero) return { axes, content: signal };
  const factor = scale / content.scale;
  const folded = foldedTable(call, signal, factor, content.zero - zero, scale);
  if (folded !== null) return { axes, content: folded };
  const { wiring, layerName } = call;
  const fill = (number: number) => new Float64Array(widthOf(signal)).fill(number);
  return {
    axes,
    content: shifted(scaled(signal, fill(factor), wiring, layerName), fill((content.zero - zero) * scale)),
  };
}

/** An embedding's rows are dequantised in its table. */
function foldedTable({ wiring }: Call, signal: Signal, factor: number, more: number, scale: number): Signal | null {
  const columns = bareColumns(signal);
  const source = columns === null || columns.length === 0 ? null : wiring.sourceOf(columns[0]!);
  const isWhole = source?.type === "embedding" && columns!.length === source.size && runStart(columns!, source) === 0;
  if (!isWhole) return null;
  const { weight } = source;
  wiring.spend(weight.length);
  const table = weight.map((value) => value * factor + more * scale);
  return sourceSignal(wiring.add<EmbeddingSource>({ ...source, weight: table, isFloat16: false }), signal.step);
}

/** (x - zeroPoint) * scale, for constants: quantized weights. */
function dequantize(call: Call): Value[] {
  if (call.input(0).content.kind === "quantised") return [dequantisedFeatures(call)];
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
