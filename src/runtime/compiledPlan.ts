import type { KernelSpec } from "../kernels/kernelSpec.js";
import {
  type BufferPlan,
  type DispatchPlan,
  dispatchesOf,
  numTimes,
  type Plan,
  type Stage,
  stageSteps,
} from "../plan/plan.js";
import { PARAMS_BYTES, PARAMS_STRIDE_BYTES } from "../plan/plan.js";
import { Buffers } from "./buffers.js";
import type { Pipelines } from "./pipelines.js";
import type { Recorder } from "./recorder.js";

interface CompiledDispatch {
  readonly kernel: KernelSpec;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly hasParams: boolean;
}

interface CompiledStage {
  readonly stage: Stage;
  readonly dispatches: readonly CompiledDispatch[];
}

/** Facts of one chunk. */
export interface Chunk {
  readonly numRows: number;
  readonly numSteps: number;
  /** Whether the sequence ends with this chunk. */
  readonly isLast: boolean;
}

/** A plan with its scratch buffers and bind groups, made once: a chunk only needs to be recorded. */
export class CompiledPlan {
  readonly plan: Plan;
  readonly #scratch: Buffers;
  readonly #stages: CompiledStage[];
  /** Dynamic offset of each step's params, ready for `setBindGroup`. */
  readonly #offsets: Uint32Array;
  /** Rows that one dispatch may have. */
  readonly #maxRows: number;
  readonly #flopPerSubmit: number;
  readonly #queue: GPUQueue;
  /** Rows that the params are written for, and the steps that a persistent kernel then makes in one dispatch. */
  #numRows = 0;
  #stepsAtOnce = 1;

  /** @param shared gives the buffers of lifetime `weights` and `state` */
  constructor(
    device: GPUDevice,
    plan: Plan,
    pipelines: Pipelines,
    shared: (plan: BufferPlan) => GPUBufferBinding | undefined,
    flopPerSubmit: number,
  ) {
    this.plan = plan;
    this.#maxRows = device.limits.maxComputeWorkgroupsPerDimension;
    this.#flopPerSubmit = flopPerSubmit;
    this.#scratch = new Buffers(device);
    this.#scratch.allocate(plan.buffers.filter(({ lifetime }) => lifetime === "scratch" || lifetime === "params"));
    const { params } = plan;
    const numParams = params.sizeBytes / PARAMS_STRIDE_BYTES;
    this.#offsets = Uint32Array.from({ length: numParams }, (_, step) => step * PARAMS_STRIDE_BYTES);
    this.#queue = device.queue;

    const bind = ({ kernel, buffers }: DispatchPlan): CompiledDispatch => {
      const { pipeline, layout } = pipelines.get(kernel);
      const entries = buffers.map((each, binding) => {
        const buffer = this.#scratch.get(each);
        if (buffer === undefined) return { binding, resource: shared(each)! };
        // The uniform is one step's entry, moved by the dynamic offset.
        return { binding, resource: each === params ? { buffer, size: PARAMS_BYTES } : { buffer } };
      });
      const bindGroup = device.createBindGroup({ label: kernel.label, layout, entries });
      return { kernel, pipeline, bindGroup, hasParams: buffers[0] === params };
    };
    this.#stages = plan.stages.map((stage) => ({ stage, dispatches: dispatchesOf(stage).map(bind) }));
  }

  /** A scratch buffer of the plan. */
  buffer(plan: BufferPlan): GPUBuffer {
    return this.#scratch.get(plan)!;
  }

  /** Records a chunk. */
  encode(recorder: Recorder, chunk: Chunk): void {
    this.#writeParams(chunk.numRows);
    for (const each of this.plan.cleared) recorder.encoderForCopies().clearBuffer(this.buffer(each));
    if (!this.plan.isStepMajor) {
      for (const stage of this.#stages) this.#encodeStage(recorder, stage, chunk);
      return;
    }
    this.#encodeSteps(
      recorder,
      this.#stages.filter((stage) => !isAfter(stage)),
      chunk,
    );
    for (const stage of this.#stages.filter(isAfter)) this.#encodeStage(recorder, stage, chunk);
  }

  #encodeStage(recorder: Recorder, { stage, dispatches }: CompiledStage, { numRows, numSteps, isLast }: Chunk): void {
    const { type } = stage;
    if (type === "end" && !isLast) return;
    const ownSteps = stageSteps(stage, numSteps);
    if (type === "rows") return this.#encodeRows(recorder, dispatches[0]!, numRows, ownSteps);
    if (type === "persistent") return this.#encodePersistent(recorder, dispatches, numRows, ownSteps);
    const workgroups = dispatches.map(({ kernel }) => kernel.workgroups(numRows));
    for (let step = 0; step < numTimes(stage, numSteps); step++) {
      dispatches.forEach((dispatch, i) => this.#encode(recorder, dispatch, numRows, step, workgroups[i]!));
    }
  }

  /** Step by step, each through all stages: what a step gives, the next one takes. */
  #encodeSteps(recorder: Recorder, stages: readonly CompiledStage[], { numRows, numSteps }: Chunk): void {
    const dispatches = stages.flatMap((stage) => stage.dispatches);
    const workgroups = dispatches.map(({ kernel }) => kernel.workgroups(numRows));
    for (let step = 0; step < numSteps; step++) {
      dispatches.forEach((dispatch, i) => this.#encode(recorder, dispatch, numRows, step, workgroups[i]!));
    }
  }

  dispose(): void {
    this.#scratch.dispose();
  }

  /** All rows of a chunk, in as many dispatches as a submit's work and the device's limits ask for. */
  #encodeRows(recorder: Recorder, dispatch: CompiledDispatch, numRows: number, numSteps: number): void {
    const rowsOfWork = this.#flopPerSubmit / dispatch.kernel.flopPerRow;
    const stepsAtOnce = Math.max(1, Math.floor(Math.min(rowsOfWork, this.#maxRows) / numRows));
    for (let step = 0; step < numSteps; step += stepsAtOnce) {
      const rows = numRows * Math.min(stepsAtOnce, numSteps - step);
      this.#encode(recorder, dispatch, rows, step, dispatch.kernel.workgroups(rows));
    }
  }

  /** All steps of a chunk, in as many dispatches as a submit's work asks for. */
  #encodePersistent(
    recorder: Recorder,
    dispatches: readonly CompiledDispatch[],
    numRows: number,
    numSteps: number,
  ): void {
    for (let step = 0; step < numSteps; step += this.#stepsAtOnce) {
      const rows = numRows * Math.min(this.#stepsAtOnce, numSteps - step);
      for (const each of dispatches) this.#encode(recorder, each, rows, step, each.kernel.workgroups(numRows));
    }
  }

  /** @param numRows of all steps that the dispatch makes */
  #encode(
    recorder: Recorder,
    dispatch: CompiledDispatch,
    numRows: number,
    step: number,
    workgroups: ReturnType<KernelSpec["workgroups"]>,
  ): void {
    const { kernel, pipeline, bindGroup, hasParams } = dispatch;
    const pass = recorder.passFor(numRows * kernel.flopPerRow);
    pass.setPipeline(pipeline);
    if (hasParams) pass.setBindGroup(0, bindGroup, this.#offsets, step, 1);
    else pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }

  /** Params { first_row, step, end, batch_size } of each step, as the kernels declare them: they depend on how many rows a step has. */
  #writeParams(numRows: number): void {
    if (this.#numRows === numRows) return;
    this.#numRows = numRows;
    this.#stepsAtOnce = this.#stepsInside(numRows);
    const stride = PARAMS_STRIDE_BYTES / Uint32Array.BYTES_PER_ELEMENT;
    const params = new Uint32Array(this.#offsets.length * stride);
    for (let step = 0; step < this.#offsets.length; step++) {
      params.set([step * numRows, step, step + this.#stepsAtOnce, numRows], step * stride);
    }
    this.#queue.writeBuffer(this.buffer(this.plan.params), 0, params);
  }

  /** Steps that persistent kernels may make in one dispatch: the same for all layers, since they read the same params. */
  #stepsInside(numRows: number): number {
    if (this.plan.isStepMajor) return 1;
    const limits = this.#stages
      .filter(({ stage }) => stage.type === "persistent")
      .flatMap(({ dispatches }) => dispatches)
      .map(({ kernel: { flopPerRow, maxStepsAtOnce = 1 } }) =>
        Math.min(maxStepsAtOnce, Math.floor(this.#flopPerSubmit / (flopPerRow * numRows))),
      );
    return Math.max(1, Math.min(this.plan.chunkSteps, ...limits));
  }
}

/** Whether a stage of a plan that goes step by step comes after all steps of a chunk. */
function isAfter({ stage: { type } }: CompiledStage): boolean {
  return type === "chunk" || type === "end";
}
