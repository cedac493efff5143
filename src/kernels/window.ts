import own from "../../shaders/lib/frame_own.wgsl?raw";
import past from "../../shaders/lib/frame_past.wgsl?raw";
import whole from "../../shaders/lib/frame_whole.wgsl?raw";
import lengths3 from "../../shaders/lib/lengths_binding_3.wgsl?raw";
import lengths5 from "../../shaders/lib/lengths_binding_5.wgsl?raw";
import past3 from "../../shaders/lib/past_bindings_3.wgsl?raw";
import past5 from "../../shaders/lib/past_bindings_5.wgsl?raw";
import over from "../../shaders/lib/window_over.wgsl?raw";
import under from "../../shaders/lib/window_under.wgsl?raw";
import window from "../../shaders/lib/window.wgsl?raw";
import type { Axes } from "../layers/axis.js";
import { framesBefore, pastFrames, timeOfWindows, type WithTimeWindows } from "../layers/timeWindow.js";
import type { KernelSpec } from "./kernelSpec.js";

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

/** A kernel size as people write it: 3, or 3x5, with that along time before it. */
export function kernelWords([rows, columns]: Axes, { timeKernelSize }: WithTimeWindows): string {
  const sizes = [timeKernelSize, rows.kernelSize, columns.kernelSize];
  return sizes.slice(timeKernelSize > 1 ? 0 : rows.inputSize > 1 ? 1 : 2).join("x");
}

/** WGSL of the bindings after those of a kernel, by the number of the first one. */
const BINDINGS = {
  3: { lengths: lengths3, past: past3 },
  5: { lengths: lengths5, past: past5 },
};

/**
 * A kernel whose outputs are made of the frames of windows along time: its source, overrides and bindings beside the kernel's
 * own. A layer without such windows has neither lengths nor a state.
 *
 * @param stateSize elements of one state of all layers
 * @param firstBinding after the kernel's own
 */
export function frameSpec(
  layer: WithTimeWindows,
  stateSize: number,
  firstBinding: keyof typeof BINDINGS,
): Pick<KernelSpec, "source" | "constants" | "bindings"> {
  if (timeOfWindows(layer) === "frame") return { source: own, constants: {}, bindings: [] };
  const { timeKernelSize, timeDilation = 1, timeStride, timePadding } = layer;
  const constants = { TIME_KERNEL: timeKernelSize, TIME_DILATION: timeDilation, TIME_STRIDE: timeStride };
  const numPast = pastFrames(layer);
  if (numPast > 0) {
    return {
      source: past + BINDINGS[firstBinding].past,
      constants: { ...constants, PAST: numPast, STATE_SIZE: stateSize },
      bindings: ["read-only-storage", "read-only-storage", "storage"],
    };
  }
  const isSame = timePadding === "same";
  return {
    source: whole + BINDINGS[firstBinding].lengths,
    constants: { ...constants, FRAMES_BEFORE: isSame ? 0 : framesBefore(layer, 0), IS_SAME: Number(isSame) },
    bindings: ["read-only-storage"],
  };
}
