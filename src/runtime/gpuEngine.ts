import type { Engine } from "../engine.js";
import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { chunkStepsFor, maxChunkSteps } from "../plan/budget.js";
import { describePlan } from "../plan/describePlan.js";
import type { Plan } from "../plan/plan.js";
import { planSequence } from "../plan/planSequence.js";
import { packedWeights } from "../plan/weights.js";
import type { GpuChoice } from "./adapter.js";
import { Buffers, watchMemory } from "./buffers.js";
import { GpuSession } from "./gpuSession.js";
import { Pipelines } from "./pipelines.js";

/** Runs a network on a GPUDevice: holds the weights and the pipelines that its sessions share. */
export class GpuEngine implements Engine {
  readonly device = "webgpu";
  readonly deviceName: string;
  readonly reason: string;
  readonly gpu: GPUDevice;
  readonly pipelines: Pipelines;
  readonly network: Network;
  readonly #choice: GpuChoice;
  readonly #weights: Buffers;
  #lostMessage: string | null = null;

  private constructor(network: Network, choice: GpuChoice, reason: string, pipelines: Pipelines, weights: Buffers) {
    this.network = network;
    this.deviceName = choice.name;
    this.reason = reason;
    this.gpu = choice.device;
    this.pipelines = pipelines;
    this.#choice = choice;
    this.#weights = weights;
    void choice.device.lost.then(({ reason: why, message }) => {
      this.#lostMessage = `${why}: ${message}`;
    });
  }

  /**
   * Uploads the weights and compiles every kernel that any batch or sequence of this network takes.
   *
   * @throws GruError `limit-exceeded` when the weights do not fit, `unsupported` when a kernel does not compile
   */
  static async create(network: Network, choice: GpuChoice, reason: string): Promise<GpuEngine> {
    const { device, facts } = choice;
    maxChunkSteps(network, 1, facts); // throws when the weights do not fit
    // Kernels are fixed by the network, but for the projection: a lone row takes another one than a tile of rows.
    const plans = [planSequence(network, 1, 1), planSequence(network, 4, 1)];
    const weights = new Buffers(device);
    const isInMemory = watchMemory(device, "weights", () => {
      weights.allocate(plans[0]!.buffers.filter(({ lifetime }) => lifetime === "weights"));
    });
    for (const { label, pack } of packedWeights(network)) {
      device.queue.writeBuffer(weights.get(label)!, 0, pack() as Float32Array<ArrayBuffer>);
    }
    const [pipelines] = await Promise.all([Pipelines.compile(device, plans.flatMap(kernelsOf)), isInMemory]);
    return new GpuEngine(network, choice, reason, pipelines, weights);
  }

  createSession(batchSize: number, sequenceLength: number): GpuSession {
    return new GpuSession(this, batchSize, sequenceLength);
  }

  /** The buffer of a weight, by its label in the plan. */
  weight(label: string): GPUBuffer | undefined {
    return this.#weights.get(label);
  }

  /** @throws GruError `limit-exceeded` when not even one step of `batchSize` rows fits the device */
  maxChunkSteps(batchSize: number): number {
    return maxChunkSteps(this.network, batchSize, this.#choice.facts);
  }

  describe(batchSize: number, sequenceLength: number): string {
    const chunkSteps = chunkStepsFor(sequenceLength, this.maxChunkSteps(batchSize));
    return describePlan(planSequence(this.network, batchSize, chunkSteps), sequenceLength);
  }

  /** @throws GruError `device-lost` once the device is gone */
  checkAlive(): void {
    if (this.#lostMessage !== null) throw this.lostError();
  }

  lostError(cause?: unknown): GruError {
    const message = this.#lostMessage ?? "the GPU dropped its work";
    return new GruError("device-lost", `GPU device: expected to be there, got "${message}"; load the model again`, {
      cause,
    });
  }

  dispose(): void {
    this.#weights.dispose();
    if (this.#choice.isOwned) this.gpu.destroy();
  }
}

function kernelsOf(plan: Plan) {
  return plan.stages.flatMap((stage) =>
    stage.type === "rows" ? [stage.dispatch.kernel] : stage.even.map(({ kernel }) => kernel),
  );
}
