import type { KernelSpec } from "../kernels/kernelSpec.js";
import { type Cadence, EVERY_STEP, stepsAt } from "../layers/cadence.js";

/**
 * How to advance up to `maxRows` rows by up to `chunkSteps` steps: every buffer and every dispatch. Plain data.
 *
 * The stages of a chunk run in order. Any fewer rows and steps use the same plan. A network without reverse layers takes
 * a long sequence chunk by chunk, one with them needs it in one.
 *
 * States are in slots, and a row of a chunk may work on any slot: rows come and go, states stay where they are.
 */
export interface Plan {
  readonly maxRows: number;
  readonly chunkSteps: number;
  readonly buffers: readonly BufferPlan[];
  readonly stages: readonly Stage[];
  /**
   * Each step goes through all stages before the next one begins, since it reads what they give; stages of type `chunk` and
   * `end` follow after all steps.
   */
  readonly isStepMajor: boolean;
  /** Each step's Params { first_row, step, end, batch_size }, one entry every PARAMS_STRIDE_BYTES. */
  readonly params: BufferPlan;
  /** Of the plan's sequences, that of the input first. */
  readonly cadences: readonly Cadence[];
  /** Steps that each row has in this chunk, u32 [B], of each cadence. */
  readonly lengths: readonly BufferPlan[];
  /** Where each row's states are, u32 [B]: 2 * slot + which of the slot's two states the chunk begins with; of each beat. */
  readonly slots: readonly BufferPlan[];
  /** f32 [T, B, I], rows padded, or u32 [T, B]. */
  readonly input: BufferPlan;
  /** How a chunk's tokens are drawn, as shaders/sample.wgsl declares it; null where none are. */
  readonly sampling: BufferPlan | null;
  /**
   * Rows whose cooperative kernels gave up in a chunk, u32 [1 + D B]: their number first; the rest is that of
   * shaders/lib/start_resumed.wgsl. Null where there is no such kernel.
   */
  readonly status: BufferPlan | null;
  /** Read back: the network's outputs, then pairs of the highest of the main one, as far as they are asked for. */
  readonly outputs: readonly OutputPlan[];
  /** Buffers that must hold zeros when a chunk begins. */
  readonly cleared: readonly BufferPlan[];
}

/** A buffer. Dispatches name it by the object; the label is for people. */
export interface BufferPlan {
  /** Owner dot thing. */
  readonly label: string;
  readonly sizeBytes: number;
  /** Bytes for each further step of a chunk; none when absent. */
  readonly stepBytes?: number;
  /** Of the sequence that it holds; absent for anything else. */
  readonly cadence?: Cadence;
  /**
   * `weights`: written once at load, shared by all plans of a network. `state`: owned by a session, kept from chunk to
   * chunk and shared by the session's plans; the size is that of one slot. `scratch`: valid until the sequence ends.
   * `params`: written when the number of rows changes.
   */
  readonly lifetime: "weights" | "state" | "scratch" | "params";
}

/** One of the network's outputs, or its K pairs of index and number, and where it is. */
export interface OutputPlan {
  readonly name: string;
  readonly buffer: BufferPlan;
  /** O, or 2 K; rows are padded. */
  readonly size: number;
  /** [T, B, O] after each chunk, or [B, O] after the last one. */
  readonly isSequence: boolean;
  /** Of the sequence that it is, or comes from. */
  readonly cadence: Cadence;
}

export interface DispatchPlan {
  readonly kernel: KernelSpec;
  /** Buffers bound to binding 0, 1, 2... */
  readonly buffers: readonly BufferPlan[];
}

/**
 * `rows` runs over the steps x B rows of a chunk; `steps` once per step over B rows; `persistent` once over B rows, all
 * steps in them; `wavefronts` once per wavefront over B rows, numLayers - 1 more than there are steps; `chunk` once per
 * chunk over B rows; `end` once over B rows, after the last chunk of a sequence. Steps are those of its cadence, the input's
 * when absent.
 */
export type Stage = { readonly cadence?: Cadence } & (
  | { readonly type: "rows" | "chunk" | "end"; readonly dispatch: DispatchPlan }
  | { readonly type: "steps" | "persistent"; readonly dispatches: readonly DispatchPlan[] }
  | { readonly type: "wavefronts"; readonly dispatches: readonly DispatchPlan[]; readonly numLayers: number }
);

export const PARAMS_BYTES = 16;

/** WebGPU's default minUniformBufferOffsetAlignment; a device may allow less, none may ask for more. */
export const PARAMS_STRIDE_BYTES = 256;

/** The dispatches of a stage: one, or those of every step. */
export function dispatchesOf(stage: Stage): readonly DispatchPlan[] {
  return "dispatches" in stage ? stage.dispatches : [stage.dispatch];
}

/** The kernels of a plan, each as often as it is in a stage. */
export function kernelsOf({ stages }: Plan): KernelSpec[] {
  return stages.flatMap(dispatchesOf).map(({ kernel }) => kernel);
}

/** Dispatches of the last chunk of a sequence, when it has `numSteps` steps and no stage is split. */
export function numDispatches(plan: Plan, numSteps: number): number {
  return plan.stages.reduce((sum, stage) => sum + numTimes(stage, numSteps) * dispatchesOf(stage).length, 0);
}

/** Steps that a stage makes of `numSteps` of the input. Rows have at least one: with it, a window's past is kept. */
export function stageSteps({ type, cadence = EVERY_STEP }: Stage, numSteps: number): number {
  return Math.max(type === "rows" ? 1 : 0, stepsAt(cadence, numSteps));
}

/** How often the dispatches of a stage are made for `numSteps` steps of the input, when it is not split. */
export function numTimes(stage: Stage, numSteps: number): number {
  const ownSteps = stageSteps(stage, numSteps);
  if (stage.type === "wavefronts") return ownSteps === 0 ? 0 : ownSteps + stage.numLayers - 1;
  return stage.type === "steps" ? ownSteps : 1;
}

/** Multiplications and additions of the last chunk of a sequence of all rows, when it has `numSteps` steps. */
export function chunkFlop(plan: Plan, numSteps: number): number {
  let flop = 0;
  for (const stage of plan.stages) {
    const numRows = plan.maxRows * (stage.type === "chunk" || stage.type === "end" ? 1 : stageSteps(stage, numSteps));
    for (const { kernel } of dispatchesOf(stage)) flop += numRows * kernel.flopPerRow;
  }
  return flop;
}
