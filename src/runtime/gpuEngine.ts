import type { Engine } from "../engine/engine.js";
import { PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import type { Network } from "../model/network.js";
import { checkSize, chunkStepsFor, flopPerSubmit, maxChunkSteps } from "../plan/budget.js";
import { describePlan } from "../plan/describePlan.js";
import { BIASES_BUFFER, kernelsOf, WEIGHTS_BUFFER } from "../plan/plan.js";
import type { PlanRequest } from "../plan/planner.js";
import { planSequence } from "../plan/planSequence.js";
import type { KernelChoice } from "../plan/kernelChoice.js";
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
  readonly kernels: KernelChoice | null;
  readonly pipelines: Pipelines;
  readonly network: Network;
  readonly flopPerSubmit: number;
  readonly nudge: Nudge;
  readonly #choice: GpuChoice;
  readonly #weights: WeightBuffers;
  readonly #kernelNote: string;

  private constructor(
    network: Network,
    choice: GpuChoice,
    reason: string,
    kernels: KernelChoice | null,
    kernelNote: string,
    pipelines: Pipelines,
    weights: WeightBuffers,
  ) {
    this.network = network;
    this.deviceName = choice.name;
    this.reason = reason;
    this.gpu = choice.device;
    this.loss = choice.loss;
    this.kernels = kernels;
    this.#kernelNote = kernelNote;
    this.pipelines = pipelines;
    this.flopPerSubmit = flopPerSubmit(choice.facts);
    this.nudge = new Nudge(choice.device);
    this.#choice = choice;
    this.#weights = weights;
    if (!choice.isOwned) return;
    // An error that nobody caught means that a submit was dropped: the states are no longer what we count on.
    choice.device.addEventListener("uncapturederror", ({ error }) => this.loss.note(error.message));
  }

  /**
   * Uploads the weights and compiles every kernel that any batch or sequence of this network takes. A software adapter
   * compiles on the cores that are to compute: there it is what a streamed step takes, and a session that first takes another
   * compiles it.
   *
   * @param kernelNote how `kernels` came to be chosen, for `explain()`
   * @throws GruError `limit-exceeded` when the weights do not fit, `unsupported` when a kernel does not compile,
   *   `device-lost`
   */
  static async create(
    network: Network,
    choice: GpuChoice,
    reason: string,
    kernels: KernelChoice | null = null,
    kernelNote = "",
  ): Promise<GpuEngine> {
    const { device, loss } = choice;
    const requests = everyRequest(kernels).slice(0, choice.facts.isFallback ? 1 : undefined);
    const early = requests.map((request) => planSequence(network, request));
    // Asked for first: the device compiles while weights are laid out here.
    const compiling = Pipelines.compile(device, loss, early.flatMap(kernelsOf));
    compiling.catch(() => {}); // it is awaited below, or of no use
    maxChunkSteps(network, 1, choice.facts); // throws when the weights do not fit
    const { maxBufferSize, maxStorageBufferBindingSize } = choice.facts;
    const maxBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const allocate = () => new WeightBuffers(device, network, maxBytes, kernels?.program(network) ?? null);
    const { value: weights, isInMemory } = watchMemory(device, loss, "weights", allocate);
    try {
      device.queue.submit([]); // sends the weights on their way
      const [pipelines] = await Promise.all([compiling, isInMemory]);
      return new GpuEngine(network, choice, reason, kernels, kernelNote, pipelines, weights);
    } catch (error) {
      weights.dispose();
      throw error;
    }
  }

  createSession(numSlots: number, sequenceLength: number): GpuSession {
    return new GpuSession(this, numSlots, sequenceLength);
  }

  describeChoices(): string[] {
    return [this.#kernelNote, this.kernels?.note].filter((note) => note).map((note) => `kernels: ${note}`);
  }

  weight(label: string): GPUBufferBinding | undefined {
    return this.#weights.binding(label === BIASES_BUFFER ? WEIGHTS_BUFFER : label);
  }

  maxChunkSteps(batchSize: number): number {
    return maxChunkSteps(this.network, batchSize, this.#choice.facts);
  }

  describe(batchSize: number, sequenceLength: number): string {
    const chunkSteps = chunkStepsFor(this.network, sequenceLength, this.maxChunkSteps(batchSize));
    const plan = planSequence(this.network, { maxRows: batchSize, chunkSteps, lastOnly: false, kernels: this.kernels });
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

/**
 * What to plan for to have every kernel of a network, first a streamed step. Kernels are fixed by the network, but
 * for the projection, which takes a lone row otherwise than a tile of rows, for what picks the last step, and for what
 * `kernels` chooses.
 */
function everyRequest(kernels: KernelChoice | null): PlanRequest[] {
  const one = { maxRows: 1, chunkSteps: 1, lastOnly: false, kernels };
  const sizes = (choice: KernelChoice) =>
    choice.sizes.map(([maxRows, chunkSteps]) => ({ ...one, maxRows, chunkSteps, kernels: choice }));
  const chosen = [kernels, kernels?.fallback].flatMap((choice) => (choice ? sizes(choice) : []));
  const requests = [one, { ...one, maxRows: PROJECT_TILE_ROWS }, ...chosen];
  return requests.flatMap((request) => [request, { ...request, lastOnly: true }]);
}
