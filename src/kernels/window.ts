import own from "../../shaders/lib/frame_own.wgsl?raw";
import past from "../../shaders/lib/frame_past.wgsl?raw";
import over from "../../shaders/lib/window_over.wgsl?raw";
import under from "../../shaders/lib/window_under.wgsl?raw";
import window from "../../shaders/lib/window.wgsl?raw";
import type { Axes } from "../layers/axis.js";
import { pastFrames, type TimeWindows } from "../layers/timeWindow.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";

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

/**
 * A kernel whose outputs are made of the frames of a window along time: its source, overrides and bindings beside the
 * kernel's own. A layer without such windows has neither state nor lengths.
 *
 * @param stateSize elements of one state of all layers
 */
export function frameSpec(
  layer: TimeWindows,
  stateSize: number,
): Pick<KernelSpec, "source" | "constants" | "bindings"> {
  const { timeKernelSize, timeDilation } = layer;
  const numPast = pastFrames(layer);
  if (numPast === 0) return { source: own, constants: {}, bindings: [] };
  return {
    source: past,
    constants: { TIME_KERNEL: timeKernelSize, TIME_DILATION: timeDilation, PAST: numPast, STATE_SIZE: stateSize },
    bindings: ["read-only-storage", "read-only-storage", "storage"] satisfies KernelBinding[],
  };
}
