import type { Activation, ActivationSpec } from "./activation.js";
import {
  axesOf,
  inputOver,
  inputUnder,
  transposedFields,
  type WindowDefaults,
  windowFault,
  windowFields,
  type Windows,
} from "./axis.js";
import { activation, count, frameShape, size } from "./field.js";
import { activate } from "./float64.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";
import {
  cadenceOfWindows,
  endOfWindows,
  overWindows,
  pastBlocks,
  type TimeWindowDefaults,
  timeOfWindows,
  timeWindowFault,
  timeWindowFields,
  type TimeWindows,
} from "./timeWindow.js";

/**
 * A convolution along time and the inner axes of frames, in fact a cross-correlation, as PyTorch's `nn.Conv1d` and
 * `nn.Conv2d`. x_i are the frames of the output's window along time (timeWindow.ts).
 *
 *   y[o, p] = f(b[o] + sum over c, i, k of W[o, c, i, k] x_i[c, p stride + k dilation - before])
 *
 * Transposed along the inner axes, as PyTorch's `nn.ConvTranspose1d` and `nn.ConvTranspose2d`:
 *
 *   y[o, p] = f(b[o] + sum over c, i, k, q of W[o, c, i, k] x_i[c, q]), where q stride + k dilation - before = p
 *
 * Channels and their outputs are in `groups` equal parts, each by itself: c is a channel of the output's group.
 */
export interface ConvLayer extends LayerBase, Windows, TimeWindows {
  readonly type: "conv";
  readonly outputChannels: number;
  readonly transposed: boolean;
  /** Elements more after the end of each axis of a transposed layer's output. */
  readonly outputPadding: readonly number[];
  readonly groups: number;
  /** f */
  readonly activation: Activation;
  /** W [outputChannels, C / groups, timeKernelSize, ...kernelSize]; a row of the matrix is an output channel's */
  readonly weight: Float32Array;
  /** b [outputChannels]; null means none */
  readonly bias: Float32Array | null;
  /** int8 only: the value of one unit of each output channel's weights, [outputChannels] */
  readonly weightScale: Float32Array | null;
}

/** Stride and dilation 1, no padding, one group, linear, no bias, float32, unless it says otherwise. */
export type ConvSpec = Optional<
  Omit<ConvLayer, "activation"> & { readonly activation?: ActivationSpec },
  | WindowDefaults
  | TimeWindowDefaults
  | "inputs"
  | "storage"
  | "transposed"
  | "outputPadding"
  | "groups"
  | "bias"
  | "weightScale"
>;

export const conv: LayerType<ConvLayer, ConvSpec> = {
  type: "conv",
  time: timeOfWindows,
  readsIndex: false,
  fields: {
    inputShape: frameShape,
    outputChannels: size,
    ...windowFields,
    ...timeWindowFields,
    ...transposedFields,
    groups: count("groups"),
    activation: activation("linear"),
  },
  fault(layer) {
    const { inputShape, outputChannels, groups } = layer;
    const channels = inputShape[0] ?? 0;
    if (channels % groups !== 0 || outputChannels % groups !== 0) {
      return `expected groups to divide ${channels} channels and ${outputChannels} output channels, got ${groups}`;
    }
    if (!layer.transposed && layer.outputPadding.some((more) => more > 0)) {
      return `expected outputPadding of a transposed convolution alone, got [${layer.outputPadding.join(", ")}]`;
    }
    return timeWindowFault(layer) ?? windowFault(layer, outputChannels);
  },
  tensors: (layer) => [
    {
      name: "weight",
      shape: [layer.outputChannels, windowLength(layer)],
      kind: "matrix",
      timesPerFrame: numWindows(layer),
    },
    { name: "bias", shape: [layer.outputChannels], kind: "vector" },
  ],
  inputSize: ({ inputShape }) => inputShape.reduce((product, each) => product * each, 1),
  outputSize(layer) {
    const [rows, columns] = axesOf(layer);
    return layer.outputChannels * rows.outputSize * columns.outputSize;
  },
  cadence: cadenceOfWindows,
  state: (layer) => pastBlocks(layer, conv.inputSize(layer)),
  needsEnd: endOfWindows,
};

/** Weights of an output channel: a row of the matrix. */
export function windowLength({ inputShape, groups, timeKernelSize, kernelSize }: ConvLayer): number {
  return kernelSize.reduce((product, each) => product * each, (inputShape[0]! / groups) * timeKernelSize);
}

/** How often each output channel's weights are multiplied for a frame. */
function numWindows(layer: ConvLayer): number {
  const [rows, columns] = axesOf(layer);
  return layer.transposed ? rows.inputSize * columns.inputSize : rows.outputSize * columns.outputSize;
}

/**
 * All frames of one row, in float64.
 *
 * @param steps each [C, ...inner]
 * @param state past [frames, C, ...inner], replaced
 * @returns each [outputChannels, ...outer]
 */
export function convEquation(
  layer: ConvLayer,
  steps: readonly Float64Array[],
  { past }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  return overWindows(layer, steps, past?.[0], (window) => convolve(layer, window));
}

/** @param window frames, each [C, ...inner], null for zeros @returns [outputChannels, ...outer] */
function convolve(layer: ConvLayer, window: readonly (Float64Array | null)[]): Float64Array {
  const { outputChannels, inputShape, groups, activation: f, weight, bias, transposed } = layer;
  const [rows, columns] = axesOf(layer);
  const channels = inputShape[0]! / groups;
  const under = transposed ? inputOver : inputUnder;
  const element = (o: number, row: number, column: number): number => {
    let sum = bias?.[o] ?? 0;
    let k = o * windowLength(layer);
    for (let c = 0; c < channels; c++) {
      const channel = Math.floor((o * groups) / outputChannels) * channels + c;
      for (const x of window) {
        for (let i = 0; i < rows.kernelSize; i++) {
          for (let j = 0; j < columns.kernelSize; j++, k++) {
            const [r, s] = [under(rows, row, i), under(columns, column, j)];
            if (x !== null && r >= 0 && s >= 0)
              sum += weight[k]! * x[(channel * rows.inputSize + r) * columns.inputSize + s]!;
          }
        }
      }
    }
    return activate(f, sum);
  };
  const numPositions = rows.outputSize * columns.outputSize;
  return Float64Array.from({ length: outputChannels * numPositions }, (_, i) => {
    const position = i % numPositions;
    const [row, column] = [Math.floor(position / columns.outputSize), position % columns.outputSize];
    return element(Math.floor(i / numPositions), row, column);
  });
}
