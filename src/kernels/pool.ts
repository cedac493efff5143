import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import source from "../../shaders/pool.wgsl?raw";
import { axesOf } from "../layers/axis.js";
import { pool, type PoolLayer } from "../layers/pool.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { frameSpec, kernelWords, WINDOW_WORKGROUP_SIZE, windowConstants, windowSource } from "./window.js";

/**
 * The largest element, or the mean, of each row's windows. Bindings: params, input, output; with windows along time lengths,
 * and with a past slots and state.
 *
 * @param stateSize elements of one state of all layers
 */
export function poolKernel(layer: PoolLayer, stateSize: number): KernelSpec {
  const { inputShape, operation, countPadding, timeKernelSize } = layer;
  const frames = frameSpec(layer, stateSize, 3);
  const axes = axesOf(layer);
  const outputSize = pool.outputSize(layer);
  const [rows, columns] = axes;
  return {
    label: `pool ${operation} C=${inputShape[0]} K=${kernelWords(axes, layer)}`,
    source: source + rowSource + frames.source + windowSource(false) + keepNan,
    entryPoint: "pool",
    constants: {
      WORKGROUP_SIZE: WINDOW_WORKGROUP_SIZE,
      ...windowConstants(axes),
      ...frames.constants,
      CHANNELS: inputShape[0]!,
      IS_MEAN: Number(operation === "average"),
      COUNTS_PADDING: Number(countPadding),
    },
    bindings: ["uniform", "read-only-storage", "storage", ...frames.bindings],
    workgroups: (numRows) => [Math.ceil(outputSize / WINDOW_WORKGROUP_SIZE), numRows, 1],
    flopPerRow: 2 * outputSize * timeKernelSize * rows.kernelSize * columns.kernelSize,
  };
}
