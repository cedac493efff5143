import type { KernelSpec } from "../kernels/kernelSpec.js";
import { type DispatchPlan, type Plan, PARAMS_BUFFER, PARAMS_BYTES, PARAMS_STRIDE_BYTES } from "../plan/plan.js";
import { Buffers } from "./buffers.js";
import type { Pipelines } from "./pipelines.js";
import type { Recorder } from "./recorder.js";

interface CompiledDispatch {
  readonly kernel: KernelSpec;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly hasParams: boolean;
  /** Workgroups for a batch, as every step of the time loop dispatches them. */
  readonly batchWorkgroups: readonly [x: number, y: number, z: number];
}

type CompiledStage =
  | { readonly type: "rows" | "chunk" | "end"; readonly dispatch: CompiledDispatch }
  | { readonly type: "steps"; readonly even: CompiledDispatch[]; readonly odd: CompiledDispatch[] };

/** What may differ from chunk to chunk. */
export interface Chunk {
  readonly numSteps: number;
  /** Whether the sequence ends with this chunk. */
  readonly isLast: boolean;
  /** Whether the state is in the second of its two buffers. */
  readonly isOdd: boolean;
}

/** A plan with its scratch buffers and bind groups, made once: all that is left per chunk is to record it. */
export class CompiledPlan {
  readonly plan: Plan;
  readonly #scratch: Buffers;
  readonly #stages: CompiledStage[];
  /** Dynamic offset of each step's params, ready for `setBindGroup`. */
  readonly #offsets: Uint32Array;
  /** Rows that one dispatch may have. */
  readonly #maxRows: number;
  readonly #flopPerSubmit: number;

  /** @param shared buffers of lifetime `weights` and `state`, by label */
  constructor(
    device: GPUDevice,
    plan: Plan,
    pipelines: Pipelines,
    shared: (label: string) => GPUBuffer | undefined,
    flopPerSubmit: number,
  ) {
    this.plan = plan;
    this.#maxRows = device.limits.maxComputeWorkgroupsPerDimension;
    this.#flopPerSubmit = flopPerSubmit;
    this.#scratch = new Buffers(device);
    this.#scratch.allocate(plan.buffers.filter(({ lifetime }) => lifetime === "scratch" || lifetime === "params"));
    this.#offsets = Uint32Array.from({ length: plan.chunkSteps }, (_, step) => step * PARAMS_STRIDE_BYTES);
    device.queue.writeBuffer(this.#scratch.get(PARAMS_BUFFER)!, 0, paramsOf(plan));

    const bind = ({ kernel, buffers }: DispatchPlan): CompiledDispatch => {
      const { pipeline, layout } = pipelines.get(kernel);
      const entries = buffers.map((label, binding) => {
        const buffer = (this.#scratch.get(label) ?? shared(label))!;
        // The uniform is one step's entry, moved by the dynamic offset.
        const resource = label === PARAMS_BUFFER ? { buffer, size: PARAMS_BYTES } : { buffer };
        return { binding, resource };
      });
      const bindGroup = device.createBindGroup({ label: kernel.label, layout, entries });
      const batchWorkgroups = kernel.workgroups(plan.batchSize);
      return { kernel, pipeline, bindGroup, hasParams: buffers[0] === PARAMS_BUFFER, batchWorkgroups };
    };
    this.#stages = plan.stages.map((stage) =>
      stage.type === "steps"
        ? { type: "steps", even: stage.even.map(bind), odd: stage.odd.map(bind) }
        : { type: stage.type, dispatch: bind(stage.dispatch) },
    );
  }

  /** A scratch buffer, by its label in the plan. */
  buffer(label: string): GPUBuffer {
    return this.#scratch.get(label)!;
  }

  /** Records a chunk. */
  encode(recorder: Recorder, { numSteps, isLast, isOdd }: Chunk): void {
    for (const stage of this.#stages) {
      if (stage.type === "steps") {
        const [first, second] = isOdd ? [stage.odd, stage.even] : [stage.even, stage.odd];
        for (let step = 0; step < numSteps; step++) {
          for (const dispatch of step % 2 === 0 ? first : second) this.#encode(recorder, dispatch, step, 1);
        }
      } else if (stage.type === "rows") {
        this.#encodeRows(recorder, stage.dispatch, numSteps);
      } else if (stage.type === "chunk" || isLast) {
        this.#encode(recorder, stage.dispatch, 0, 1);
      }
    }
  }

  dispose(): void {
    this.#scratch.dispose();
  }

  /** All rows of a chunk, in as many dispatches as a submit's work and the device's limits ask for. */
  #encodeRows(recorder: Recorder, dispatch: CompiledDispatch, numSteps: number): void {
    const { batchSize } = this.plan;
    const rowsOfWork = this.#flopPerSubmit / dispatch.kernel.flopPerRow;
    const stepsAtOnce = Math.max(1, Math.floor(Math.min(rowsOfWork, this.#maxRows) / batchSize));
    for (let step = 0; step < numSteps; step += stepsAtOnce) {
      this.#encode(recorder, dispatch, step, Math.min(stepsAtOnce, numSteps - step));
    }
  }

  #encode(recorder: Recorder, dispatch: CompiledDispatch, firstStep: number, numSteps: number): void {
    const { kernel, pipeline, bindGroup, hasParams, batchWorkgroups } = dispatch;
    const numRows = numSteps * this.plan.batchSize;
    const pass = recorder.passFor(numRows * kernel.flopPerRow);
    pass.setPipeline(pipeline);
    if (hasParams) pass.setBindGroup(0, bindGroup, this.#offsets, firstStep, 1);
    else pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...(numSteps === 1 ? batchWorkgroups : kernel.workgroups(numRows)));
  }
}

/** Params { first_row, step } of each step, as the kernels declare them. */
function paramsOf({ batchSize, chunkSteps }: Plan): Uint32Array<ArrayBuffer> {
  const stride = PARAMS_STRIDE_BYTES / Uint32Array.BYTES_PER_ELEMENT;
  const params = new Uint32Array(chunkSteps * stride);
  for (let step = 0; step < chunkSteps; step++) params.set([step * batchSize, step], step * stride);
  return params;
}
