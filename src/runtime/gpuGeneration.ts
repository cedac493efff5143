import { sampleKernel } from "../kernels/sample.js";
import type { Generation, Scores } from "../model/generative.js";
import { generatedStepsFor } from "../plan/budget.js";
import { chunkFlop, kernelsOf, type Plan } from "../plan/plan.js";
import { planSequence } from "../plan/planSequence.js";
import type { CompiledPlan } from "./compiledPlan.js";
import type { GpuResources } from "./gpuResources.js";
import { MAX_CHUNKS_IN_FLIGHT, type Readback } from "./readback.js";
import type { Recorder } from "./recorder.js";
import type { StateSlots } from "./stateSlots.js";

/** The session in which tokens are drawn. */
export interface GenerationHost {
  readonly resources: GpuResources;
  /** Nobody else advances them meanwhile. */
  readonly states: StateSlots;
  /** Of its own: it is disposed at the end. */
  readonly readback: Readback;
  readonly recorder: Recorder;
  /** The output that tokens are drawn from. */
  readonly scores: Scores;
  /** Compiles a plan on the states, and waits until it is known to be in memory. */
  allocate(key: string, plan: Plan): Promise<CompiledPlan>;
}

/** Draws tokens on the GPU, where each is the next step's input, for the rows of all slots. */
export class GpuGeneration {
  readonly #host: GenerationHost;
  readonly #resources: GpuResources;
  readonly #states: StateSlots;
  readonly #readback: Readback;
  readonly #recorder: Recorder;

  constructor(host: GenerationHost) {
    this.#host = host;
    this.#resources = host.resources;
    this.#states = host.states;
    this.#readback = host.readback;
    this.#recorder = host.recorder;
  }

  /** Runs once. @see Session.generate */
  async *run(token: number, generation: Generation): AsyncGenerator<Uint32Array, void> {
    const { length } = generation;
    const { numSlots } = this.#states;
    const { queue } = this.#resources.gpu;
    const compiled = await this.#compile(generation);
    const numSteps = compiled.plan.chunkSteps;
    queue.writeBuffer(compiled.buffer(compiled.plan.input), 0, new Uint32Array(numSlots).fill(token));
    const lengths = new Uint32Array(numSlots).fill(numSteps); // every sequence has a step for each token
    for (const plan of compiled.plan.lengths) queue.writeBuffer(compiled.buffer(plan), 0, lengths);
    const chunks: Promise<Uint32Array>[] = [];
    try {
      for (let read = 0, start = 0; read < length; read += numSteps) {
        for (; start < length && chunks.length < MAX_CHUNKS_IN_FLIGHT; start += numSteps) {
          const chunk = this.#generateChunk(compiled, generation, start);
          chunk.catch(() => {}); // awaited below; without this, two failures at once would leave one unhandled
          chunks.push(chunk);
        }
        const tokens = await chunks.shift()!;
        yield tokens.subarray(0, (length - read) * numSlots);
      }
    } finally {
      await Promise.allSettled(chunks); // the caller has had enough; buffers may go when nothing reads them any more
      this.#readback.dispose();
    }
  }

  async #compile({ length, tokensPerSubmit }: Generation): Promise<CompiledPlan> {
    const { layout, tuning, pipelines, flopPerSubmit } = this.#resources;
    const { numTokens, areProbabilities } = this.#host.scores;
    const maxRows = this.#states.numSlots;
    const sample = sampleKernel(numTokens, areProbabilities);
    const planOf = (chunkSteps: number) =>
      planSequence(layout, { maxRows, chunkSteps, lastOnly: false, sample, tuning });
    const wanted = tokensPerSubmit ?? generatedStepsFor(chunkFlop(planOf(1), 1), length, flopPerSubmit);
    const plan = planOf(Math.min(wanted, this.#resources.maxChunkSteps(maxRows)));
    await pipelines.addAll(kernelsOf(plan));
    return this.#host.allocate(`generate ${plan.chunkSteps}`, plan);
  }

  /** Submits a chunk; its tokens are drawn and fed on the GPU, so the next one may follow at once. @returns [steps, B], of a whole chunk */
  async #generateChunk(compiled: CompiledPlan, generation: Generation, start: number): Promise<Uint32Array> {
    this.#resources.loss.check();
    const { queue } = this.#resources.gpu;
    const { numSlots } = this.#states;
    const { chunkSteps, input, sampling, slots: slotsPlans } = compiled.plan;
    const slots = Array.from({ length: numSlots }, (_, slot) => slot);
    const numTokens = chunkSteps * numSlots;
    const numSteps = Math.min(chunkSteps, generation.length - start);
    queue.writeBuffer(compiled.buffer(sampling!), 0, packSampling(generation, start, numTokens));
    slotsPlans.forEach((plan, beat) => {
      const rowSlots = Uint32Array.from(slots, (slot) => this.#states.stateIndex(slot, beat));
      queue.writeBuffer(compiled.buffer(plan), 0, rowSlots);
    });
    compiled.encode(this.#recorder, { numRows: numSlots, numSteps, isLast: false });
    for (const slot of slots) this.#states.advance(slot, numSteps);
    const encoder = this.#recorder.encoderForCopies();
    const reading = this.#readback.copy(encoder, compiled.buffer(input), numTokens * Uint32Array.BYTES_PER_ELEMENT);
    this.#recorder.submit();
    const tokens = new Uint32Array(numTokens);
    const put = (read: Float32Array) => {
      // A step's tokens are in the row of the next step, those of a chunk's last step in its first row.
      const indices = new Uint32Array(read.buffer);
      tokens.set(indices.subarray(numSlots));
      tokens.set(indices.subarray(0, numSlots), numTokens - numSlots);
    };
    await this.#readback.read([{ reading, put }]);
    return tokens;
  }
}

/** The Sampling of shaders/sample.wgsl, of the chunk that begins at step `start`. */
function packSampling(
  { seed, topK, topP, temperature }: Generation,
  start: number,
  numTokens: number,
): Uint32Array<ArrayBuffer> {
  const sampling = Uint32Array.of(seed, start, topK, numTokens, 0, 0);
  new Float32Array(sampling.buffer).set([temperature, topP], 4);
  return sampling;
}
