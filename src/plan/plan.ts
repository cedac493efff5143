import type { KernelSpec } from "../kernels/kernelSpec.js";

/**
 * How to advance a batch of rows by up to `chunkSteps` steps: every buffer and every dispatch. Plain data.
 *
 * The stages of a chunk run in order, in one compute pass. Chunks of any length up to `chunkSteps` use the same plan.
 */
export interface Plan {
  readonly batchSize: number;
  readonly chunkSteps: number;
  readonly buffers: readonly BufferPlan[];
  readonly stages: readonly Stage[];
  /** Label of the buffer that takes the input: f32 [T, B, I], rows padded, or u32 [T, B]. */
  readonly input: string;
  /** Label of the buffer that holds the result: f32 [T, B, O], rows padded. */
  readonly output: string;
}

export interface BufferPlan {
  /** Owner dot thing; unique in the plan. */
  readonly label: string;
  readonly sizeBytes: number;
  /**
   * `weights`: written once at load, shared by all plans of a network. `state`: owned by a session, kept from chunk to
   * chunk and shared by the session's plans. `scratch`: valid within one chunk. `steps`: the parameters of each step,
   * written once.
   */
  readonly lifetime: "weights" | "state" | "scratch" | "steps";
}

export interface DispatchPlan {
  readonly kernel: KernelSpec;
  /** Labels of the buffers bound to binding 0, 1, 2... */
  readonly buffers: readonly string[];
}

/** `rows` runs once over the T·B rows of a chunk; `steps` runs once per step over B rows, even and odd steps in turn. */
export type Stage =
  | { readonly type: "rows"; readonly dispatch: DispatchPlan }
  | { readonly type: "steps"; readonly even: readonly DispatchPlan[]; readonly odd: readonly DispatchPlan[] };

/** Buffer that holds the parameters of each step, one entry every STEP_STRIDE_BYTES. */
export const STEPS_BUFFER = "steps";

/** WebGPU's default minUniformBufferOffsetAlignment; a device may allow less, none may ask for more. */
export const STEP_STRIDE_BYTES = 256;

/** Dispatches that a chunk of `numSteps` takes. */
export function numDispatches(plan: Plan, numSteps: number): number {
  return plan.stages.reduce((sum, stage) => sum + (stage.type === "rows" ? 1 : numSteps * stage.even.length), 0);
}
