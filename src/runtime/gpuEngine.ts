import type { Engine } from "../engine/engine.js";
import { framesPerStep, type Network } from "../model/network.js";
import { checkSize, chunkStepsFor, flopPerSubmit, maxBindingBytes, maxChunkSteps } from "../plan/budget.js";
import { describePlan } from "../plan/describePlan.js";
import { layOutNetwork } from "../plan/layOutNetwork.js";
import type { NetworkLayout } from "../plan/networkLayout.js";
import { type BufferPlan, kernelsOf } from "../plan/plan.js";
import { planSequence, surveySequence } from "../plan/planSequence.js";
import type { Tuning } from "../plan/tuning.js";
import type { GpuChoice } from "./openDevice.js";
import { watchMemory } from "./buffers.js";
import type { DeviceLoss } from "./deviceLoss.js";
import type { GpuResources } from "./gpuResources.js";
import { GpuSession } from "./gpuSession.js";
import { Nudge } from "./nudge.js";
import { Pipelines } from "./pipelines.js";
import { WeightBuffers } from "./weightBuffers.js";

/** Runs a network on a GPUDevice: holds the weights and the pipelines that its sessions share. */
export class GpuEngine implements Engine, GpuResources {
  readonly device = "webgpu";
  readonly isImmediate = false;
  readonly deviceName: string;
  readonly reason: string;
  readonly gpu: GPUDevice;
  readonly loss: DeviceLoss;
  readonly layout: NetworkLayout;
  readonly tuning: Tuning;
  readonly pipelines: Pipelines;
  readonly network: Network;
  readonly flopPerSubmit: number;
  readonly nudge: Nudge;
  readonly #choice: GpuChoice;
  readonly #weights: WeightBuffers;
  readonly #kernelNote: string;

  private constructor(
    layout: NetworkLayout,
    choice: GpuChoice,
    reason: string,
    tuning: Tuning,
    kernelNote: string,
    pipelines: Pipelines,
    weights: WeightBuffers,
  ) {
    this.network = layout.network;
    this.layout = layout;
    this.deviceName = choice.name;
    this.reason = reason;
    this.gpu = choice.device;
    this.loss = choice.loss;
    this.tuning = tuning;
    this.#kernelNote = kernelNote;
    this.pipelines = pipelines;
    this.flopPerSubmit = flopPerSubmit(choice.facts);
    this.nudge = new Nudge(choice.device);
    this.#choice = choice;
    this.#weights = weights;
    if (!choice.isOwned) return;
    // An error that nobody caught means that a submit was dropped: the states are no longer those that we count on.
    choice.device.addEventListener("uncapturederror", ({ error }) => this.loss.note(error.message));
  }

  /**
   * Uploads the weights and compiles every kernel that any batch or sequence of this network takes. A software adapter
   * compiles on the cores that are to compute: there a session compiles the kernels of its first step or sequence.
   *
   * @param kernelNote how `tuning` came to be chosen, for `explain()`
   * @throws GruError `limit-exceeded` when the weights do not fit, `unsupported` when a kernel does not compile,
   *   `device-lost`
   */
  static async create(
    network: Network,
    choice: GpuChoice,
    reason: string,
    tuning: Tuning,
    kernelNote = "",
  ): Promise<GpuEngine> {
    const { device, loss, facts } = choice;
    const layout = layOutNetwork(network, maxBindingBytes(facts));
    const oneStep = { maxRows: 1, chunkSteps: framesPerStep(network), tuning };
    const plans = (facts.isFallback ? [] : [false, true]).map((lastOnly) =>
      surveySequence(layout, { ...oneStep, lastOnly }, "all"),
    );
    // Asked for first: the device compiles while weights are packed here.
    const compiling = Pipelines.compile(device, loss, plans.flatMap(kernelsOf));
    compiling.catch(() => {}); // it is awaited below, or of no use
    maxChunkSteps(layout, 1, tuning); // throws when the weights do not fit
    const allocate = () => new WeightBuffers(device, layout);
    const { value: weights, isInMemory } = watchMemory(device, loss, "weights", allocate);
    try {
      device.queue.submit([]); // sends the weights on their way
      const [pipelines] = await Promise.all([compiling, isInMemory]);
      return new GpuEngine(layout, choice, reason, tuning, kernelNote, pipelines, weights);
    } catch (error) {
      weights.dispose();
      throw error;
    }
  }

  createSession(numSlots: number, sequenceLength: number): GpuSession {
    return new GpuSession(this, numSlots, sequenceLength);
  }

  describeChoices(): string[] {
    return [this.#kernelNote, this.tuning.note].filter((note) => note).map((note) => `kernels: ${note}`);
  }

  weight(plan: BufferPlan): GPUBufferBinding | undefined {
    return this.#weights.binding(plan);
  }

  maxChunkSteps(batchSize: number): number {
    return maxChunkSteps(this.layout, batchSize, this.tuning);
  }

  describe(batchSize: number, sequenceLength: number): string {
    const chunkSteps = chunkStepsFor(this.network, sequenceLength, this.maxChunkSteps(batchSize));
    const plan = planSequence(this.layout, { maxRows: batchSize, chunkSteps, lastOnly: false, tuning: this.tuning });
    return describePlan(plan, sequenceLength, this.flopPerSubmit);
  }

  checkSize(label: string, sizeBytes: number, what: string): void {
    checkSize(this.#choice.facts, label, sizeBytes, what);
  }

  dispose(): void {
    this.#weights.dispose();
    if (this.#choice.isOwned) this.gpu.destroy();
  }
}
