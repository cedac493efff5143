// Convolutions on the CPU beside the float64 equation, at the sizes where its loops end: blocks of four channels by four
// elements and what is left of them, windows that are neighbours or apart, zeros and left out results on any side.

import { beforeAll, describe, it } from "vitest";
import { createModel } from "webgru";
import { type CpuForm, useCpuForm } from "../cases/cpuForms.js";
import { type ConvShape, randomConv } from "../cases/convCases.js";
import { uniform } from "../cases/random.js";
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
};

describe.each(forms)("the CPU in %s", (form) => {
  beforeAll(() => useCpuForm(form));

  it.each(Object.entries(shapes))("convolves %s", async (name, shape) => {
    const layers = [randomConv("conv", ["input"], shape, uniform(1200))];
    const network = () => defineNetwork({ layers });
    // Frames of a batch of 70 rows go through the weights in two parts.
    for (const [batchSize, sequenceLength] of [[2, 3], ...(name.startsWith("one ") ? [[35, 2]] : [])]) {
      const twin = { id: name, name, network, batchSize: batchSize!, sequenceLength: sequenceLength! };
      const prepared = prepareTwin(twin);
      const model = await createModel(prepared.network, { device: "cpu" });
      for (const comparison of Object.values(await compareTwinOn(prepared, model))) expectIsClose(comparison);
    }
  });
});
