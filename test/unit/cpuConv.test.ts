// Convolutions on the CPU beside the float64 equation, at the sizes where its loops end: blocks of four channels by four
// elements and what is left of them, windows that are neighbours or apart, zeros and left out results on any side.

import { beforeAll, describe, expect, it } from "vitest";
import { createModel } from "webgru";
import { type CpuForm, useCpuForm } from "../cases/cpuForms.js";
import { type ConvShape, randomConv } from "../cases/convCases.js";
import { uniform } from "../cases/random.js";
import { countEven } from "../../src/cpu/conv/mirrored.js";
import { axesOf } from "../../src/layers/axis.js";
import type { ConvLayer, ConvSpec } from "../../src/layers/conv.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { expectIsClose } from "../harness/close.js";
import { compareTwinOn, prepareTwin } from "../harness/twin.js";

const forms: CpuForm[] = ["WebAssembly SIMD", "WebAssembly SIMD, relaxed"];

const shapes: Record<string, ConvShape> = {
  "one channel, windows that overlap": { inputShape: [1, 23], outputChannels: 18, kernelSize: [7], stride: [3] },
  "one channel of two rows and three frames": {
    inputShape: [1, 3, 10],
    outputChannels: 5,
    kernelSize: [2, 3],
    padding: [1, 0, 2, 1],
    timeKernelSize: 3,
    activation: "relu",
  },
  "channels and elements past blocks of four": {
    inputShape: [6, 11],
    outputChannels: 7,
    kernelSize: [3],
    stride: [2],
    padding: [1, 3],
    activation: "tanh",
  },
  "an input of whose end no window sees": { inputShape: [5, 17], outputChannels: 3, kernelSize: [2], stride: [7] },
  "dilated windows of two frames": {
    inputShape: [9, 14],
    outputChannels: 21,
    kernelSize: [3],
    dilation: [4],
    stride: [2],
    padding: [5, 2],
    timeKernelSize: 2,
    groups: 3,
  },
  "zeros after the end alone": { inputShape: [5, 6], outputChannels: 2, kernelSize: [3], padding: [0, 4] },
  "more zeros than input": { inputShape: [2, 2, 1], outputChannels: 4, kernelSize: [3, 4], padding: [4, 3, 6, 5] },
  "one output of each group of two frames": {
    inputShape: [10, 3],
    outputChannels: 4,
    kernelSize: [3],
    groups: 2,
    timeKernelSize: 2,
    activation: { name: "leakyRelu", alpha: 0.3 },
  },
  "one dilated output": { inputShape: [3, 9], outputChannels: 5, kernelSize: [3], dilation: [4], activation: "relu" },
  "features alone, in groups": { inputShape: [12], outputChannels: 8, groups: 4, timeKernelSize: 3, timeDilation: 2 },
  "a transposed one without a stride": {
    inputShape: [5, 3, 6],
    outputChannels: 7,
    kernelSize: [2, 4],
    dilation: [2, 1],
    padding: [1, 0, 2, 1],
    transposed: true,
    timeKernelSize: 2,
    activation: "tanh",
  },
  "a transposed one that leaves out more than its kernel": {
    inputShape: [4, 9],
    outputChannels: 3,
    kernelSize: [2],
    padding: [3, 2],
    transposed: true,
  },
  "a transposed one with a stride, of two frames": {
    inputShape: [6, 5],
    outputChannels: 4,
    kernelSize: [3],
    stride: [2],
    padding: [1, 0],
    outputPadding: [1],
    groups: 2,
    transposed: true,
    timeKernelSize: 2,
    activation: "relu",
  },
  "channels by themselves, five windows": {
    inputShape: [6, 9],
    outputChannels: 6,
    groups: 6,
    kernelSize: [5],
    stride: [2],
    padding: [2, 2],
    activation: "relu",
  },
  "channels by themselves, apart": {
    inputShape: [3, 4, 5],
    outputChannels: 3,
    groups: 3,
    kernelSize: [2, 3],
    stride: [2, 3],
    padding: [0, 1, 2, 0],
    transposed: true,
    timeKernelSize: 2,
  },
  "channels by themselves, far apart": {
    inputShape: [2, 3],
    outputChannels: 2,
    groups: 2,
    kernelSize: [2],
    stride: [2 ** 23],
    dilation: [2 ** 23],
    padding: [0, 2 ** 24],
  },
  "channels by themselves, of which two windows have elements": {
    inputShape: [2, 3],
    outputChannels: 2,
    groups: 2,
    kernelSize: [2],
    stride: [2 ** 22],
    padding: [0, 2 ** 22],
  },
};

/** A layer of the same frames before one of a shape: it leaves numbers in the work space, where zeros belong. */
function eachElement({ inputShape }: ConvShape): ConvShape {
  return { inputShape, outputChannels: inputShape[0]!, kernelSize: inputShape.slice(1).map(() => 1) };
}

/** Kernels that mirror themselves, `numEven` even ones before the odd ones. */
function mirroredConv(shape: ConvShape, numEven: number): ConvSpec {
  const conv = randomConv("conv", ["input"], shape, uniform(1201));
  const length = shape.kernelSize![0]!;
  const weight = Float32Array.from(conv.weight, (value, i) => {
    const [o, k] = [Math.floor(i / length), i % length];
    if (o >= numEven && k % (length / 2) === 0) return 0;
    if (k <= length / 2) return value;
    return (o < numEven ? 1 : -1) * conv.weight[o * length + length - k]!;
  });
  return { ...conv, weight };
}

const mirrored: Record<string, [shape: ConvShape, numEven: number]> = {
  "even and odd kernels, with zeros on both sides": [
    { inputShape: [1, 61], outputChannels: 21, kernelSize: [32], stride: [5], padding: [3, 9], activation: "relu" },
    17,
  ],
  "even kernels alone, an end that no window sees": [
    { inputShape: [1, 97], outputChannels: 3, kernelSize: [38], stride: [29] },
    3,
  ],
  "odd kernels alone, one window": [{ inputShape: [1, 34], outputChannels: 18, kernelSize: [34], bias: null }, 0],
};

describe.each(forms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  it.each(Object.entries(shapes))("convolves %s", async (name, shape) => {
    const next = uniform(1200);
    const layers = [
      randomConv("before", ["input"], eachElement(shape), next),
      randomConv("conv", ["before"], shape, next),
    ];
    const network = () => defineNetwork({ layers });
    // Frames of a batch of 70 rows go through the weights in two parts.
    for (const [batchSize, sequenceLength] of [[2, 3], ...(name.startsWith("one ") ? [[35, 2]] : [])]) {
      const twin = { id: name, name, network, batchSize: batchSize!, sequenceLength: sequenceLength! };
      const prepared = prepareTwin(twin);
      const model = await createModel(prepared.network, { device: "cpu" });
      for (const comparison of Object.values(await compareTwinOn(prepared, model))) expectIsClose(comparison);
    }
  });

  it.each(Object.entries(mirrored))("convolves by %s", async (name, [shape, numEven]) => {
    const network = () => defineNetwork({ layers: [mirroredConv(shape, numEven)] });
    const layer = network().layers[0] as ConvLayer;
    expect(countEven(layer, axesOf(layer))).toBe(numEven);
    const prepared = prepareTwin({ id: name, name, network, batchSize: 2, sequenceLength: 3 });
    const model = await createModel(prepared.network, { device: "cpu" });
    for (const comparison of Object.values(await compareTwinOn(prepared, model))) expectIsClose(comparison);
  });
});

/** Two even kernels and two odd ones. */
const even = (change: Partial<ConvShape> = {}) =>
  mirroredConv({ inputShape: [1, 70], outputChannels: 4, kernelSize: [36], ...change }, 2);

const count = (spec: ConvSpec) => {
  const layer = defineNetwork({ layers: [spec] }).layers[0] as ConvLayer;
  return countEven(layer, axesOf(layer));
};

describe("a kernel that mirrors itself", () => {
  it("is told from one with a weight that differs", () => {
    expect(count(even())).toBe(2);
    for (const at of [1, 18 + 1, 2 * 36, 2 * 36 + 18, 3 * 36 + 35]) {
      const spec = even();
      spec.weight[at]! += 0.25;
      expect(count(spec), `weight ${at}`).toBeNull();
    }
  });

  it("is of one channel and one frame, with neighbours side by side", () => {
    expect(count(even({ dilation: [1] }))).toBe(2);
    expect(count(even({ dilation: [2], inputShape: [1, 80] }))).toBeNull();
    expect(count(even({ transposed: true }))).toBeNull();
  });
});
