// Operators of dynamic quantisation, as onnxruntime.quantization.quantize_dynamic writes them: weights of whole numbers, and features
// that are rounded to 8 bits when the graph runs. Here the features are as they are.

import { Call, type Operator } from "./call.js";
import { times } from "./matrixOperators.js";
import { recurrentOperators } from "./recurrentOperators.js";
import { demand } from "./refusal.js";
import { shifted } from "./signals.js";
import { type Constant, constantValue, type Value, widthOf } from "./value.js";

export const quantisedOperators: Readonly<Record<string, Operator>> = {
  DynamicQuantizeLinear: round,
  MatMulInteger: (call) => {
    const zero = call.optional(2);
    demand(zero === null || isRounded(zero), "its features are no DynamicQuantizeLinear's");
    return [times(call, call.signal(0), dequantised(call, 1, null, 3), false, 1)];
  },
  "com.microsoft.DynamicQuantizeMatMul": (call) => {
    tell(call);
    const product = times(call, call.signal(0), dequantised(call, 1, 2, 3), false, 1);
    if (call.optional(4) === null) return [product];
    const { values } = call.constant(4, "bias").content;
    demand(values.length === widthOf(product.content), `it has ${values.length} biases for other features`);
    return [{ ...product, content: shifted(product.content, Float64Array.from(values)) }];
  },
  "com.microsoft.DynamicQuantizeLSTM": (call) => {
    tell(call);
    const weights = [8, 10].map((scale, i) => turned(dequantised(call, 1 + i, scale, scale + 1)));
    const others = [3, 4, 5, 6, 7].map((i) => call.optional(i));
    return recurrentOperators.LSTM!(new Call(call.node, [call.input(0), ...weights, ...others], call.reading));
  },
};

/** Zero points of features that are not rounded here. */
const zeroPoints = new WeakSet<Constant["values"]>();

const isRounded = ({ content }: Value) => content.kind === "constant" && zeroPoints.has(content.values);

/** The features, and a scale and a zero point that leave them as they are. */
function round(call: Call): Value[] {
  tell(call);
  const zero = constantValue([], [0], false);
  zeroPoints.add(zero.content.values);
  return [call.signal(0), constantValue([], [1], true), zero];
}

function tell({ reading, subject }: Call): void {
  reading.notes.add(
    `${subject} rounds features to 8 bits where ONNX Runtime runs it, which is not done here: results differ by as much.`,
  );
}

/**
 * Weights of whole numbers, [..., rows, columns], as the numbers that they stand for.
 *
 * @param scale the input with their scales; null where a later node has them
 */
function dequantised(call: Call, weight: number, scale: number | null, zero: number): Value<Constant> {
  const { shape, content } = call.constant(weight, "weights");
  const columns = shape.at(-1) ?? 1;
  const matrix = columns * (shape.at(-2) ?? 1);
  const numbers = (i: number | null, absent: number) => {
    const values = i === null || call.optional(i) === null ? [absent] : call.constant(i, `input ${i}`).content.values;
    const { length } = values;
    const numMatrices = content.values.length / matrix;
    const isEach = length === 1 || length === columns || length === numMatrices || length === numMatrices * columns;
    demand(isEach, `it has ${length} scales or zero points for [${shape.join(", ")}]`);
    // One for all, for each matrix, or for each column.
    return (at: number) => {
      const [d, column] = [Math.floor(at / matrix), at % columns];
      if (length === 1) return values[0]!;
      return values[length === numMatrices * columns ? d * columns + column : length === columns ? column : d]!;
    };
  };
  const [scales, zeros] = [numbers(scale, 1), numbers(zero, 0)];
  call.wiring.spend(content.values.length);
  const values = Float32Array.from(content.values, (value, i) => (value - zeros(i)) * scales(i));
  return { axes: shape, content: { kind: "constant", values, isFloat: true, isFloat16: false } };
}

/** [D, I, 4H] becomes [D, 4H, I]. */
function turned({ axes, content }: Value<Constant>): Value<Constant> {
  demand(axes.length === 3, `it needs weights of 3 axes, and gets [${axes.join(", ")}]`);
  const [d, rows, columns] = axes as [number, number, number];
  const values = new Float32Array(content.values.length);
  for (let i = 0; i < values.length; i++) {
    const [matrix, at] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
    values[matrix * rows * columns + (at % columns) * rows + Math.floor(at / columns)] = content.values[i]!;
  }
  return { axes: [d, columns, rows], content: { ...content, values } };
}
