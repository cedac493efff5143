// The functions of a network over the whole range of float32: how far from right, whether they keep to their ends, and
// whether they rise. What is right is said by JavaScript's functions in float64.

import type * as webgru from "webgru";
import type { ElementFunction } from "../../src/layers/activation.js";

type Device = "cpu" | "webgpu";

/** The values that a function must have, and where it ends. */
interface FunctionRange {
  readonly right: (x: number) => number;
  readonly ends: readonly [low: number, high: number];
  /** Beyond so large numbers it is at its ends exactly. */
  readonly saturation?: number;
  /** Whether the CPU's error is small beside the number itself, however small that is. */
  readonly isNearZero?: boolean;
  /** The least number that it is a function of. A GPU may take smaller ones than 2^-126 for 0. */
  readonly from?: Readonly<Record<Device, number>>;
  /** The largest error, where an argument's own rounding makes it larger than that of the others. */
  readonly most?: number;
  /** The largest error on the CPU, where a smaller one is needed. */
  readonly mostOnCpu?: number;
  /** Whether it falls somewhere. */
  readonly falls?: boolean;
}

/** erf by Simpson's rule, from 0 on. */
function erf(x: number): number {
  const end = Math.abs(x);
  if (end > 6) return Math.sign(x);
  const numSteps = 2000;
  const step = end / numSteps;
  let sum = 0;
  for (let i = 0; i <= numSteps; i++) {
    sum += (i === 0 || i === numSteps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-((i * step) ** 2));
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * ((sum * step) / 3);
}

const normal = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Those that are approximated; of the others, one multiplication and one addition. */
export const functionRanges: Readonly<Partial<Record<ElementFunction | "gate", FunctionRange>>> = {
  sigmoid: { right: sigmoid, ends: [0, 1], saturation: 105, isNearZero: true },
  tanh: { right: Math.tanh, ends: [-1, 1], saturation: 9.02, isNearZero: true },
  elu: { right: (x) => (x < 0 ? Math.expm1(x) : x), ends: [-1, Infinity], isNearZero: true },
  softplus: { right: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ends: [0, Infinity] },
  softsign: { right: (x) => x / (1 + Math.abs(x)), ends: [-1, 1] },
  hardSigmoid: { right: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)), ends: [0, 1], saturation: 2.51 },
  exp: { right: (x) => Math.fround(Math.exp(x)), ends: [0, Infinity], saturation: 105 },
  log: { right: Math.log, ends: [-Infinity, Infinity], from: { cpu: 0, webgpu: 2 ** -126 }, isNearZero: true },
  erf: { right: erf, ends: [-1, 1], saturation: 4.01, isNearZero: true },
  gelu: { right: (x) => x * normal(x), ends: [-0.17005, Infinity], falls: true },
  geluTanh: {
    right: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ends: [-0.1701, Infinity],
    most: 6e-7,
    falls: true,
  },
  silu: { right: (x) => x * sigmoid(x), ends: [-0.2785, Infinity], falls: true },
  mish: { right: (x) => x * Math.tanh(Math.log1p(Math.exp(x))), ends: [-0.3089, Infinity], falls: true },
  /** z of a usual layer. An LSTM's f near 1 multiplies its cell at each step: the cell has the sum of f's errors. */
  gate: { right: sigmoid, ends: [0, 1], saturation: 105, mostOnCpu: 1.2e-7, isNearZero: true },
};

export type FunctionName = keyof typeof functionRanges;

/** The result for one function. */
export interface Extent {
  /** The largest error, beside 1 for numbers up to 1 and else beside the number, and where it is. */
  readonly error: number;
  readonly at: number;
  /** The largest error beside the number itself, of numbers from 1e-30 on. */
  readonly relativeError: number;
  /** How far it falls where it should rise. */
  readonly fall: number;
  /** Numbers beyond its ends, and those that are not at them but should be. */
  readonly wrongEnds: readonly number[];
}

/** Runs a function for float32 numbers of all sizes, about `count` of them. */
export async function measureFunction(
  name: FunctionName,
  device: Device,
  count: number,
  library: typeof webgru,
): Promise<Extent> {
  const { right, ends, saturation = Infinity, from, falls = false } = functionRanges[name]!;
  const xs = numbersOfAllSizes(count).filter((x) => x >= (from?.[device] ?? -Infinity));
  const ys = await (name === "gate" ? runGate(xs, device, library) : runDense(name, xs, device, library));
  let [error, at, relativeError, highest, fall] = [0, 0, 0, -Infinity, 0];
  const wrongEnds: number[] = [];
  xs.forEach((x, i) => {
    const [y, truth] = [ys[i]!, right(x)];
    const difference = Number.isNaN(y) ? Infinity : y === truth ? 0 : Math.abs(y - truth);
    if (difference / Math.max(1, Math.abs(truth)) > error) [error, at] = [difference / Math.max(1, Math.abs(truth)), x];
    if (Math.abs(truth) > 1e-30) relativeError = Math.max(relativeError, difference / Math.abs(truth));
    if (!falls && highest > y) fall = Math.max(fall, (highest - y) / Math.max(1, Math.abs(y)));
    highest = Math.max(highest, y);
    const isEnd = Math.abs(x) >= saturation;
    if (y < ends[0] || y > ends[1] || (isEnd && y !== ends[x < 0 ? 0 : 1])) wrongEnds.push(x);
  });
  return { error, at, relativeError, fall, wrongEnds: wrongEnds.slice(0, 5) };
}

/** Rising: negative, zero and positive numbers with bits that are equally far from each other, more of them where functions bend. */
function numbersOfAllSizes(count: number): Float32Array<ArrayBuffer> {
  const positive = new Float32Array(count / 2);
  const bits = new Uint32Array(positive.buffer);
  const [from, to] = [0x3a000000, 0x42f00000]; // 0.0005 to 120
  for (let i = 0; i < bits.length; i++) {
    const part = i / bits.length;
    if (part < 0.1) bits[i] = from * 10 * part;
    else if (part < 0.9) bits[i] = from + ((to - from) * (part - 0.1)) / 0.8;
    else bits[i] = to + (0x7f7fffff - to) * 10 * (part - 0.9);
  }
  const numbers = new Float32Array(count);
  numbers.set(positive.map((x) => -x).reverse());
  numbers.set(positive, count / 2);
  return numbers;
}

/** A dense layer whose biases are the numbers. */
async function runDense(
  name: ElementFunction,
  bias: Float32Array<ArrayBuffer>,
  device: Device,
  { createModel, defineNetwork }: typeof webgru,
): Promise<Float32Array> {
  const dense = { type: "dense", name: "dense", inputSize: 1, outputSize: bias.length, activation: name } as const;
  const network = defineNetwork({ layers: [{ ...dense, weight: new Float32Array(bias.length), bias }] });
  const model = await createModel(network, { device });
  const { output } = await model.run([0]);
  model.dispose();
  return output;
}

/** A layer of one unit, in many rows: n is 0 and h is 1, so that what comes next is z. */
async function runGate(
  xs: Float32Array,
  device: Device,
  { createModel, defineNetwork }: typeof webgru,
): Promise<Float32Array> {
  const gru = { type: "gru", name: "gru", inputSize: 1, hiddenSize: 1, recurrentWeight: new Float32Array(3) } as const;
  const model = await createModel(defineNetwork({ layers: [{ ...gru, weight: Float32Array.of(0, 1, 0) }] }), {
    device,
  });
  const batchSize = 4096;
  const ys = new Float32Array(xs.length);
  for (let start = 0; start < xs.length; start += batchSize) {
    const input = xs.slice(start, start + batchSize);
    const initialState = new Float32Array(input.length).fill(1);
    ys.set((await model.run(input, { batchSize: input.length, initialState })).output, start);
  }
  model.dispose();
  return ys;
}
