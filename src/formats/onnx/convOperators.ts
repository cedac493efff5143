// Convolutions: https://onnx.ai/onnx/operators/onnx__Conv.html

import { numFeatures } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { alongInner, fillOf, isTrivial, listsOf, readWindows } from "./frameWindows.js";
import { demand } from "./refusal.js";
import { multiplied, shifted } from "./signals.js";
import { withTimeFirst, withTimeTurned } from "./timeWindows.js";
import type { Value } from "./value.js";

export const convOperators: Readonly<Record<string, Operator>> = {
  Conv: (call) => [convolution(call, false)],
  ConvTranspose: (call) => [convolution(call, true)],
};

function convolution(call: Call, transposed: boolean): Value {
  const { shape, content: kernel } = call.constant(1, "W");
  const { axes } = call.signal(0);
  const rank = axes.length;
  demand(rank >= 3 && shape.length === rank, `it needs a W of ${rank} axes, and gets [${shape.join(", ")}]`);
  const groups = call.int("group", 1);
  const channels = axes[1]!;
  demand(typeof channels === "number", "it reads time or batch as channels");
  const perGroup = shape[1]!;
  const outputChannels = transposed ? perGroup * groups : shape[0]!;
  const isShape = transposed ? shape[0] === channels : perGroup * groups === channels && shape[0]! % groups === 0;
  demand(groups > 0 && isShape, `it has a W of [${shape.join(", ")}] for ${channels} channels in ${groups} groups`);
  const numbers = call.optional(2) === null ? null : call.constant(2, "B").content.values;
  demand(
    numbers === null || numbers.length === outputChannels,
    `it has ${numbers?.length} biases for ${outputChannels} channels`,
  );
  const { windows, time } = readWindows(call, shape.slice(2), transposed);
  call.wiring.spend(kernel.values.length);
  const byOutput = transposed ? turned(kernel.values, channels, perGroup, groups) : kernel.values;
  const timeFirst = time === null ? byOutput : withTimeFirst(byOutput, shape.slice(2), time.place);
  // Along time, a transposed convolution without a stride is one with its kernel turned round.
  const isTurned = transposed && time !== null;
  const weight = isTurned ? withTimeTurned(timeFirst, shape[0]! * perGroup, time.kernel) : timeFirst;
  const isPointwise = groups === 1 && time === null && windows.every(isTrivial) && numFeatures(axes) === channels;
  if (isPointwise) {
    const product = multiplied(call.signal(0).content, weight, kernel.isFloat16, call.wiring, call.layerName);
    const content = numbers === null ? product : shifted(product, Float64Array.from(numbers));
    return { axes: axes.map((axis, i) => (i === 1 ? outputChannels : axis)), content };
  }
  return alongInner(call, { windows, time, outputChannels }, (inputShape, inner, along) => ({
    type: "conv",
    inputShape,
    outputChannels,
    groups,
    ...listsOf(inner),
    ...along?.fields,
    transposed: transposed && inner.length > 0,
    outputPadding: inner.map(({ more }) => more),
    weight: weight instanceof Float32Array ? weight : new Float32Array(weight),
    bias: biasOf(numbers, weight, outputChannels, along === null ? 0 : fillOf(along, inner, time!)),
    storage: kernel.isFloat16 ? "f16" : "f32",
  }));
}

/** The bias, and what a number that the sequence is without gives. */
function biasOf(
  numbers: Float32Array | Float64Array | null,
  weight: Float32Array | Float64Array,
  outputChannels: number,
  fill: number,
): Float32Array | null {
  if (fill === 0) return numbers && Float32Array.from(numbers);
  const width = weight.length / outputChannels;
  return Float32Array.from({ length: outputChannels }, (_, o) => {
    let sum = 0;
    for (let i = o * width; i < (o + 1) * width; i++) sum += weight[i]!;
    return (numbers?.[o] ?? 0) + fill * sum;
  });
}

/** [C, O / groups, ...kernel] becomes [O, C / groups, ...kernel]. */
function turned(values: Float32Array | Float64Array, channels: number, perGroup: number, groups: number): Float32Array {
  const kernel = values.length / channels / perGroup;
  const own = channels / groups;
  const weight = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    const group = Math.floor(c / own);
    for (let o = 0; o < perGroup; o++) {
      const from = (c * perGroup + o) * kernel;
      weight.set(values.subarray(from, from + kernel), ((group * perGroup + o) * own + (c % own)) * kernel);
    }
  }
  return weight;
}
