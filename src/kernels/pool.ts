import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import source from "../../shaders/pool.wgsl?raw";
import { axesOf } from "../layers/axis.js";
import { pool, type PoolLayer } from "../layers/pool.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { kernelWords, WINDOW_WORKGROUP_SIZE, windowConstants, windowSource } from "./window.js";

/** The largest element, or the mean, of each row's windows. Bindings: params, input, output. */
export function poolKernel(layer: PoolLayer): KernelSpec {
  const { inputShape, operation, countPadding } = layer;
  const axes = axesOf(layer);
  const outputSize = pool.outputSize(layer);
  const [rows, columns] = axes;
  return {
    label: `pool ${operation} C=${inputShape[0]} K=${kernelWords(axes)}`,
    source: source + rowSource + windowSource(false) + keepNan,
    entryPoint: "pool",
    constants: {
      WORKGROUP_SIZE: WINDOW_WORKGROUP_SIZE,
      ...windowConstants(axes),
      CHANNELS: inputShape[0]!,
      IS_MEAN: Number(operation === "average"),
      COUNTS_PADDING: Number(countPadding),
    },
    bindings: ["uniform", "read-only-storage", "storage"],
    workgroups: (numRows) => [Math.ceil(outputSize / WINDOW_WORKGROUP_SIZE), numRows, 1],
    flopPerRow: 2 * outputSize * rows.kernelSize * columns.kernelSize,
  };
}
