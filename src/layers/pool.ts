import { axesOf, inputUnder, type WindowDefaults, windowFault, windowFields, type Windows } from "./axis.js";
import { choice, frameShape } from "./field.js";
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
  type WithTimeWindows,
} from "./timeWindow.js";

/**
 * The largest element of each window along time and a frame's inner axes, or their mean, as PyTorch's `nn.MaxPool1d` to
 * `nn.AvgPool2d`. x_i are the frames of the output's window along time (timeWindow.ts). Padding is never the largest; the
 * zeros before the first frame of a `causal` window are frames like others.
 *
 *   y[c, p] = max over i, k of x_i[c, p stride + k - before]
 */
export interface PoolLayer extends LayerBase, Omit<Windows, "dilation">, WithTimeWindows {
  readonly type: "pool";
  readonly operation: "max" | "average";
  /** Whether an average counts the padding, as zeros; else it is of the frame's own elements. */
  readonly countPadding: boolean;
}

/** Windows of one element, stride 1, no padding, which does not count, unless it says otherwise. */
export type PoolSpec = Optional<
  PoolLayer,
  Exclude<WindowDefaults | TimeWindowDefaults, "dilation" | "timeDilation"> | "inputs" | "storage" | "countPadding"
>;

const { kernelSize, stride, padding } = windowFields;
const { timeKernelSize, timeStride, timePadding } = timeWindowFields;

export const pool: LayerType<PoolLayer, PoolSpec> = {
  type: "pool",
  time: timeOfWindows,
  readsIndex: false,
  fields: {
    inputShape: frameShape,
    operation: { ...choice(["max", "average"]), default: undefined },
    kernelSize,
    stride,
    padding,
    timeKernelSize,
    timeStride,
    timePadding,
    countPadding: choice([false, true], (isCounted) => (isCounted ? "padding counts" : "")),
  },
  fault(layer) {
    const fault = timeWindowFault(layer) ?? emptyWindow(layer) ?? windowFault(layer, layer.inputShape[0] ?? 0);
    const outside = layer.padding.findIndex((each, i) => each >= layer.kernelSize[i >> 1]!);
    if (fault !== null || outside < 0) return fault;
    const size = layer.kernelSize[outside >> 1]!;
    return `expected less padding than kernelSize ${size}, or a window has no element, got ${layer.padding[outside]}`;
  },
  tensors: () => [],
  inputSize: ({ inputShape }) => inputShape.reduce((product, each) => product * each, 1),
  outputSize(layer) {
    const [rows, columns] = axesOf(layer);
    return layer.inputShape[0]! * rows.outputSize * columns.outputSize;
  },
  cadence: cadenceOfWindows,
  state: (layer) => pastBlocks(layer, pool.inputSize(layer)),
  needsEnd: endOfWindows,
};

/** Why a window along time may have no frame; null where each has one. */
function emptyWindow({ timeKernelSize: size, timePadding: given }: PoolLayer): string | null {
  const most = typeof given === "object" ? Math.max(...given) : 0;
  if (most < size) return null;
  return `expected less timePadding than timeKernelSize ${size}, or a window has no frame, got ${JSON.stringify(given)}`;
}

/**
 * All frames of one row, in float64.
 *
 * @param steps each [C, ...inner]
 * @param state past [frames, C, ...inner], replaced
 * @returns each [C, ...outer]
 */
export function poolEquation(
  layer: PoolLayer,
  steps: readonly Float64Array[],
  { past }: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  return overWindows(layer, steps, past?.[0], (window) => poolWindow(layer, window));
}

/** @param frames each [C, ...inner], null for padding @returns [C, ...outer] */
function poolWindow(layer: PoolLayer, frames: readonly (Float64Array | null)[]): Float64Array {
  const { operation, countPadding } = layer;
  const [rows, columns] = axesOf(layer);
  const numInputs = rows.inputSize * columns.inputSize;
  const numOutputs = rows.outputSize * columns.outputSize;
  const kernel = rows.kernelSize * columns.kernelSize;
  return Float64Array.from({ length: pool.outputSize(layer) }, (_, at) => {
    const [row, column] = [Math.floor((at % numOutputs) / columns.outputSize), at % columns.outputSize];
    const window: number[] = [];
    for (const x of frames) {
      if (x === null) continue;
      for (let k = 0; k < kernel; k++) {
        const r = inputUnder(rows, row, Math.floor(k / columns.kernelSize));
        const s = inputUnder(columns, column, k % columns.kernelSize);
        if (r >= 0 && s >= 0) window.push(x[Math.floor(at / numOutputs) * numInputs + r * columns.inputSize + s]!);
      }
    }
    if (operation === "max") return Math.max(...window);
    return window.reduce((sum, each) => sum + each, 0) / (countPadding ? frames.length * kernel : window.length);
  });
}
