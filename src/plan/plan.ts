import type { KernelSpec } from "../kernels/kernelSpec.js";

/**
 * How to advance a batch of rows by up to `chunkSteps` steps: every buffer and every dispatch. Plain data.
 *
 * The stages of a chunk run in order. Chunks of any length up to `chunkSteps` use the same plan; a network without
 * reverse layers takes a long sequence chunk by chunk, one with them needs it in one.
 */
export interface Plan {
  readonly batchSize: number;
  readonly chunkSteps: number;
  readonly buffers: readonly BufferPlan[];
  readonly stages: readonly Stage[];
  /** Label of the buffer that takes the input: f32 [T, B, I], rows padded, or u32 [T, B]. */
  readonly input: string;
  readonly outputs: readonly OutputPlan[];
}

export interface BufferPlan {
  /** Owner dot thing; unique in the plan. */
  readonly label: string;
  readonly sizeBytes: number;
  /**
   * `weights`: written once at load, shared by all plans of a network. `state`: owned by a session, kept from chunk to
   * chunk and shared by the session's plans. `scratch`: valid until the sequence ends. `params`: written once.
   */
  readonly lifetime: "weights" | "state" | "scratch" | "params";
}

/** One of the network's outputs, and where it is. */
export interface OutputPlan {
  readonly name: string;
  readonly buffer: string;
  /** O; rows are padded. */
  readonly size: number;
  /** [T, B, O] after each chunk, or [B, O] after the last one. */
  readonly isSequence: boolean;
}

export interface DispatchPlan {
  readonly kernel: KernelSpec;
  /** Labels of the buffers bound to binding 0, 1, 2... */
  readonly buffers: readonly string[];
}

/**
 * `rows` runs over the steps x B rows of a chunk; `steps` once per step over B rows, even and odd steps in turn;
 * `chunk` once per chunk over B rows; `end` once over B rows, after the last chunk of a sequence.
 */
export type Stage =
  | { readonly type: "rows" | "chunk" | "end"; readonly dispatch: DispatchPlan }
  | { readonly type: "steps"; readonly even: readonly DispatchPlan[]; readonly odd: readonly DispatchPlan[] };

/** Buffer of each step's Params { first_row, step }, one entry every PARAMS_STRIDE_BYTES. */
export const PARAMS_BUFFER = "params";
export const PARAMS_BYTES = 8;

/** WebGPU's default minUniformBufferOffsetAlignment; a device may allow less, none may ask for more. */
export const PARAMS_STRIDE_BYTES = 256;

/** Buffer of the steps that each batch row has in this chunk, u32 [B]. */
export const LENGTHS_BUFFER = "lengths";

/** Dispatches of the last chunk of a sequence, when it has `numSteps` steps and no stage is split. */
export function numDispatches(plan: Plan, numSteps: number): number {
  return plan.stages.reduce((sum, stage) => sum + (stage.type === "steps" ? numSteps * stage.even.length : 1), 0);
}

/** Multiplications and additions of the last chunk of a sequence, when it has `numSteps` steps. */
export function chunkFlop(plan: Plan, numSteps: number): number {
  let flop = 0;
  for (const stage of plan.stages) {
    const dispatches = stage.type === "steps" ? stage.even : [stage.dispatch];
    const numRows = plan.batchSize * (stage.type === "steps" || stage.type === "rows" ? numSteps : 1);
    for (const { kernel } of dispatches) flop += numRows * kernel.flopPerRow;
  }
  return flop;
}
