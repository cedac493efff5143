import type { KernelSpec } from "../kernels/kernelSpec.js";
import { type DispatchPlan, type Plan, STEP_STRIDE_BYTES, STEPS_BUFFER } from "../plan/plan.js";
import { Buffers } from "./buffers.js";
import type { Pipelines } from "./pipelines.js";

interface CompiledDispatch {
  readonly kernel: KernelSpec;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

type CompiledStage =
  | { readonly type: "rows"; readonly dispatch: CompiledDispatch }
  | { readonly type: "steps"; readonly even: CompiledDispatch[]; readonly odd: CompiledDispatch[] };

/** A plan with its scratch buffers and bind groups, made once: all that is left per chunk is to record it. */
export class CompiledPlan {
  readonly plan: Plan;
  readonly #scratch: Buffers;
  readonly #stages: CompiledStage[];
  /** Dynamic offset of each step's parameters, ready for `setBindGroup`. */
  readonly #stepOffsets: Uint32Array;

  /** @param shared buffers of lifetime `weights` and `state`, by label */
  constructor(device: GPUDevice, plan: Plan, pipelines: Pipelines, shared: (label: string) => GPUBuffer | undefined) {
    this.plan = plan;
    this.#scratch = new Buffers(device);
    this.#scratch.allocate(plan.buffers.filter(({ lifetime }) => lifetime === "scratch" || lifetime === "steps"));
    this.#stepOffsets = Uint32Array.from({ length: plan.chunkSteps }, (_, step) => step * STEP_STRIDE_BYTES);
    device.queue.writeBuffer(this.#scratch.get(STEPS_BUFFER)!, 0, stepParams(plan));

    const bind = ({ kernel, buffers }: DispatchPlan): CompiledDispatch => {
      const { pipeline, layout } = pipelines.get(kernel);
      const entries = buffers.map((label, binding) => {
        const buffer = (this.#scratch.get(label) ?? shared(label))!;
        // The uniform is one step's entry, moved by the dynamic offset.
        const resource = label === STEPS_BUFFER ? { buffer, size: 4 } : { buffer };
        return { binding, resource };
      });
      return { kernel, pipeline, bindGroup: device.createBindGroup({ label: kernel.label, layout, entries }) };
    };
    this.#stages = plan.stages.map((stage) =>
      stage.type === "rows"
        ? { type: "rows", dispatch: bind(stage.dispatch) }
        : { type: "steps", even: stage.even.map(bind), odd: stage.odd.map(bind) },
    );
  }

  get input(): GPUBuffer {
    return this.#scratch.get(this.plan.input)!;
  }

  get output(): GPUBuffer {
    return this.#scratch.get(this.plan.output)!;
  }

  /** Records a chunk of `numSteps` steps. @param isOdd whether the state is in the second of the two buffers */
  encode(pass: GPUComputePassEncoder, numSteps: number, isOdd: boolean): void {
    const { batchSize } = this.plan;
    for (const stage of this.#stages) {
      if (stage.type === "rows") {
        const { kernel, pipeline, bindGroup } = stage.dispatch;
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...kernel.workgroups(numSteps * batchSize));
      } else {
        const [first, second] = isOdd ? [stage.odd, stage.even] : [stage.even, stage.odd];
        for (let step = 0; step < numSteps; step++) {
          this.#encodeStep(pass, step % 2 === 0 ? first : second, step);
        }
      }
    }
  }

  dispose(): void {
    this.#scratch.dispose();
  }

  #encodeStep(pass: GPUComputePassEncoder, dispatches: readonly CompiledDispatch[], step: number): void {
    for (const { kernel, pipeline, bindGroup } of dispatches) {
      if (step === 0 || dispatches.length > 1) pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup, this.#stepOffsets, step, 1);
      pass.dispatchWorkgroups(...kernel.workgroups(this.plan.batchSize));
    }
  }
}

/** Params of each step, as the step kernels declare them: the first of the step's rows. */
function stepParams({ batchSize, chunkSteps }: Plan): Uint32Array<ArrayBuffer> {
  const stride = STEP_STRIDE_BYTES / Uint32Array.BYTES_PER_ELEMENT;
  const params = new Uint32Array(chunkSteps * stride);
  for (let step = 0; step < chunkSteps; step++) params[step * stride] = step * batchSize;
  return params;
}
