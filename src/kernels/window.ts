import over from "../../shaders/lib/window_over.wgsl?raw";
import under from "../../shaders/lib/window_under.wgsl?raw";
import window from "../../shaders/lib/window.wgsl?raw";
import type { Axes } from "../layers/axis.js";

/** Outputs of a workgroup, side by side: they read the same weights, and neighbouring inputs. */
export const WINDOW_WORKGROUP_SIZE = 64;

/** WGSL of windows along two inner axes: the input's elements under each output's, or transposed. */
export function windowSource(isTransposed: boolean): string {
  return window + (isTransposed ? over : under);
}

/** The overrides of lib/window.wgsl. */
export function windowConstants([rows, columns]: Axes): Record<string, number> {
  return {
    INPUT_ROWS: rows.inputSize,
    INPUT_COLUMNS: columns.inputSize,
    OUTPUT_ROWS: rows.outputSize,
    OUTPUT_COLUMNS: columns.outputSize,
    KERNEL_ROWS: rows.kernelSize,
    KERNEL_COLUMNS: columns.kernelSize,
    ROW_STRIDE: rows.stride,
    COLUMN_STRIDE: columns.stride,
    ROW_DILATION: rows.dilation,
    COLUMN_DILATION: columns.dilation,
    ROWS_BEFORE: rows.before,
    COLUMNS_BEFORE: columns.before,
  };
}

/** A kernel size as people write it: 3, or 3x5. */
export function kernelWords([rows, columns]: Axes): string {
  return rows.inputSize === 1 ? String(columns.kernelSize) : `${rows.kernelSize}x${columns.kernelSize}`;
}
