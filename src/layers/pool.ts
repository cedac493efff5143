import { axesOf, inputUnder, type WindowDefaults, windowFault, windowFields, type Windows } from "./axis.js";
import { choice, frameShape } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The largest element of each window along a frame's inner axes, or their mean, as PyTorch's `nn.MaxPool1d` to
 * `nn.AvgPool2d`. Padding is never the largest.
 *
 *   y[c, p] = max over k of x[c, p stride + k - before]
 */
export interface PoolLayer extends LayerBase, Omit<Windows, "dilation"> {
  readonly type: "pool";
  readonly operation: "max" | "average";
  /** Whether an average counts the padding, as zeros; else it is of the frame's own elements. */
  readonly countPadding: boolean;
}

/** Windows of one element, stride 1, no padding, which does not count, unless it says otherwise. */
export type PoolSpec = Optional<PoolLayer, Exclude<WindowDefaults, "dilation"> | "inputs" | "storage" | "countPadding">;

const { kernelSize, stride, padding } = windowFields;

export const pool: LayerType<PoolLayer, PoolSpec> = {
  type: "pool",
  time: () => "frame",
  readsIndex: false,
  fields: {
    inputShape: frameShape,
    operation: { ...choice(["max", "average"]), default: undefined },
    kernelSize,
    stride,
    padding,
    countPadding: choice([false, true], (isCounted) => (isCounted ? "padding counts" : "")),
  },
  fault(layer) {
    const fault = windowFault(layer, layer.inputShape[0] ?? 0);
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
};

/** Each frame, in float64. @param steps each [C, ...inner] @returns each [C, ...outer] */
export function poolEquation(layer: PoolLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { operation, countPadding } = layer;
  const [rows, columns] = axesOf(layer);
  const numInputs = rows.inputSize * columns.inputSize;
  const numOutputs = rows.outputSize * columns.outputSize;
  const kernel = rows.kernelSize * columns.kernelSize;
  return steps.map((x) =>
    Float64Array.from({ length: pool.outputSize(layer) }, (_, at) => {
      const [row, column] = [Math.floor((at % numOutputs) / columns.outputSize), at % columns.outputSize];
      const window: number[] = [];
      for (let k = 0; k < kernel; k++) {
        const r = inputUnder(rows, row, Math.floor(k / columns.kernelSize));
        const s = inputUnder(columns, column, k % columns.kernelSize);
        if (r >= 0 && s >= 0) window.push(x[Math.floor(at / numOutputs) * numInputs + r * columns.inputSize + s]!);
      }
      if (operation === "max") return Math.max(...window);
      return window.reduce((sum, each) => sum + each, 0) / (countPadding ? kernel : window.length);
    }),
  );
}
