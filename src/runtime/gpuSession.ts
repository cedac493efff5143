import type { Advance, Advanced, Session } from "../engine/engine.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { stepsAt } from "../layers/cadence.js";
import { checkGenerative, type Generation } from "../model/generative.js";
import { type Network, stateLength } from "../model/network.js";
import type { Selection } from "../model/outputRequest.js";
import { chunkStepsFor } from "../plan/budget.js";
import { type BufferPlan, kernelsOf, type OutputPlan, type Plan } from "../plan/plan.js";
import type { PlanRequest } from "../plan/planner.js";
import { planSequence } from "../plan/planSequence.js";
import { watchMemory } from "./buffers.js";
import { CompiledPlan } from "./compiledPlan.js";
import { GpuGeneration } from "./gpuGeneration.js";
import type { GpuResources } from "./gpuResources.js";
import { type Arrival, MAX_CHUNKS_IN_FLIGHT, Readback } from "./readback.js";
import { Recorder } from "./recorder.js";
import { padRows, unpadRows } from "./rows.js";
import { StateSlots } from "./stateSlots.js";

/** Steps of a sequence that are computed together. */
interface ChunkRange {
  readonly start: number;
  readonly numSteps: number;
  readonly isLast: boolean;
}

/** Hidden states that live on the GPU. Inputs go up and outputs come down; the states do neither. */
export class GpuSession implements Session {
  readonly #resources: GpuResources;
  readonly #states: StateSlots;
  readonly #readback: Readback;
  readonly #recorder: Recorder;
  #maxChunkSteps: number;
  /** A streamed step and a long sequence have each a plan of their own, on the same states. */
  readonly #plans = new Map<string, CompiledPlan>();
  /** Content of each plan's lengths buffer, where all rows are of one length. */
  readonly #lengths = new Map<CompiledPlan, string>();
  /** Resolve when what was submitted and is not read back is done, oldest first. */
  readonly #unread: Promise<unknown>[] = [];
  /** Rejects when an allocation ran out of memory; null when there is none to wait for. */
  #allocation: Promise<unknown> | null = null;
  /** Why the states are lost, if they are. */
  #failure: unknown = null;

  constructor(resources: GpuResources, numSlots: number, sequenceLength: number) {
    this.#resources = resources;
    this.#maxChunkSteps = resources.maxChunkSteps(numSlots);
    chunkStepsFor(resources.network, sequenceLength, this.#maxChunkSteps); // throws before anything is allocated
    this.#states = this.#watch(`${numSlots} states`, () => new StateSlots(resources, numSlots), this.#fail);
    this.#readback = new Readback(resources);
    this.#recorder = new Recorder(resources.gpu, resources.flopPerSubmit);
  }

  get numSlots(): number {
    return this.#states.numSlots;
  }

  get maxChunkSteps(): number {
    return this.#maxChunkSteps;
  }

  prepare(numRows: number, numSteps: number, lastOnly: boolean, output: Selection): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const { layout, pipelines } = this.#resources;
    const { key, request } = this.#requestFor(numRows, numSteps, lastOnly, output);
    if (!this.#plans.has(key)) {
      const plan = planSequence(layout, request);
      const missing = kernelsOf(plan).filter((kernel) => !pipelines.has(kernel));
      if (missing.length > 0) return pipelines.addAll(missing);
      // Pairs may take more than the outputs that `maxChunkSteps` counts with.
      for (const { label, sizeBytes } of plan.buffers)
        this.#resources.checkSize(label, sizeBytes, `topK ${output.topK}`);
      this.#compile(key, plan);
    }
    return this.#allocation === null ? null : this.#await(this.#allocation);
  }

  async advance(request: Advance): Promise<Advanced> {
    const { network } = this.#resources;
    const { input, slots, lengths, lastOnly, output, withState } = request;
    const numRows = slots.length;
    const numSteps = input.length / (numRows * network.inputSize);
    let preparation = this.prepare(numRows, numSteps, lastOnly, output);
    while (preparation !== null) {
      await preparation;
      preparation = this.prepare(numRows, numSteps, lastOnly, output);
    }
    this.#resources.loss.check();
    const compiled = this.#plans.get(this.#requestFor(numRows, numSteps, lastOnly, output).key)!;

    const { chunkSteps, outputs } = compiled.plan;
    const advanced = {
      outputs: outputs.map(({ size, isSequence, cadence }) => {
        return new Float32Array((isSequence ? stepsAt(cadence, numSteps) : 1) * numRows * size);
      }),
      state: new Float32Array(withState ? stateLength(network, numRows) : 0),
    };
    const reads: Promise<void>[] = [];
    for (let start = 0; start < numSteps; start += chunkSteps) {
      const chunk = {
        start,
        numSteps: Math.min(chunkSteps, numSteps - start),
        isLast: start + chunkSteps >= numSteps,
      };
      if (reads.length >= MAX_CHUNKS_IN_FLIGHT) await reads.shift();
      this.#upload(compiled, request, chunk);
      const arrivals = this.#compute(compiled, request, chunk, advanced);
      const read = arrivals.length === 0 ? this.#keepPace() : this.#readback.read(arrivals, !withState);
      read.catch(() => {}); // awaited below; without this, two failures at once would leave one unhandled
      reads.push(read);
    }
    await Promise.all(reads);
    if (lengths !== null) outputs.forEach((plan, i) => clearPastEnd(advanced.outputs[i]!, plan, lengths, numSteps));
    return advanced;
  }

  async *generate(token: number, generation: Generation): AsyncGenerator<Uint32Array, void> {
    const resources = this.#resources;
    const { network, gpu, flopPerSubmit } = resources;
    yield* new GpuGeneration({
      resources,
      states: this.#states,
      readback: new Readback(resources),
      recorder: new Recorder(gpu, flopPerSubmit),
      scores: checkGenerative(network),
      allocate: (key, plan) => this.#allocate(key, plan),
    }).run(token, generation);
  }

  writeState(slot: number, state: Float32Array | null): void {
    this.#states.write(slot, state);
  }

  writeStates(states: Float32Array | null): void {
    this.#states.writeAll(states);
  }

  async readState(slot: number): Promise<Float32Array> {
    this.#resources.loss.check();
    const { gpu, network } = this.#resources;
    const state = new Float32Array(stateLength(network, 1));
    const encoder = gpu.createCommandEncoder({ label: "webgru.readState" });
    const arrival = this.#states.read(encoder, this.#readback, slot, 1, state);
    gpu.queue.submit([encoder.finish()]);
    await this.#readback.read([arrival]);
    return state;
  }

  copyState(from: number, to: number): void {
    this.#states.copy(from, to);
  }

  grow(numSlots: number): void {
    const maxSteps = this.#resources.maxChunkSteps(numSlots);
    this.#watch(`${numSlots} states`, () => this.#states.grow(numSlots), this.#fail);
    this.#maxChunkSteps = maxSteps;
    // Their bind groups name the buffers that were there before.
    for (const compiled of this.#plans.values()) compiled.dispose();
    this.#plans.clear();
    this.#lengths.clear();
  }

  dispose(): void {
    for (const compiled of this.#plans.values()) compiled.dispose();
    this.#plans.clear();
    this.#states.dispose();
    this.#readback.dispose();
  }

  #upload(compiled: CompiledPlan, request: Advance, { start, numSteps }: ChunkRange): void {
    const { gpu, network } = this.#resources;
    const { input, slots, lengths } = request;
    const numRows = slots.length;
    const rows = packInput(network, input, start * numRows, numSteps * numRows);
    gpu.queue.writeBuffer(compiled.buffer(compiled.plan.input), 0, rows);
    compiled.plan.slots.forEach((plan, beat) => {
      const rowSlots = Uint32Array.from(slots, (slot) => this.#states.stateIndex(slot, beat));
      gpu.queue.writeBuffer(compiled.buffer(plan), 0, rowSlots);
    });
    const key = lengths === null ? `${numRows} ${numSteps}` : "";
    if (key !== "" && this.#lengths.get(compiled) === key) return;
    compiled.plan.cadences.forEach((cadence, i) => {
      const steps = (row: number) => stepsAt(cadence, stepsInChunk(lengths, row, start, numSteps));
      const chunkLengths = Uint32Array.from(slots, (_, row) => steps(row));
      gpu.queue.writeBuffer(compiled.buffer(compiled.plan.lengths[i]!), 0, chunkLengths);
    });
    this.#lengths.set(compiled, key);
  }

  /** Submits a chunk, and copies of what it gives; nothing has been read when it returns. */
  #compute(compiled: CompiledPlan, { slots, lengths }: Advance, chunk: ChunkRange, advanced: Advanced): Arrival[] {
    const { start, numSteps, isLast } = chunk;
    const numRows = slots.length;
    compiled.encode(this.#recorder, { numRows, numSteps, isLast });
    slots.forEach((slot, row) => this.#states.advance(slot, stepsInChunk(lengths, row, start, numSteps)));
    const encoder = this.#recorder.encoderForCopies();
    const arrivals: Arrival[] = [];
    compiled.plan.outputs.forEach(({ buffer, size, isSequence, cadence }, i) => {
      const numOutputRows = (isSequence ? stepsAt(cadence, numSteps) : 1) * numRows;
      if ((!isSequence && !isLast) || numOutputRows === 0) return;
      const sizeBytes = numOutputRows * paddedSize(size) * Float32Array.BYTES_PER_ELEMENT;
      const at = isSequence ? stepsAt(cadence, start) * numRows * size : 0;
      const put = (padded: Float32Array) => unpadRows(padded, size, advanced.outputs[i]!, at);
      arrivals.push({ reading: this.#readback.copy(encoder, compiled.buffer(buffer), sizeBytes), put });
    });
    if (isLast && advanced.state.length > 0) {
      arrivals.push(this.#states.read(encoder, this.#readback, 0, numRows, advanced.state));
    }
    const { status } = compiled.plan;
    if (status !== null) {
      const put = ([numFailures]: Float32Array) => numFailures !== 0 && this.#resources.tuning.noteFailure();
      arrivals.push({ reading: this.#readback.copy(encoder, compiled.buffer(status), 4), put });
    }
    this.#recorder.submit();
    return arrivals;
  }

  /** Limits unread submissions to the number of readbacks in flight. */
  async #keepPace(): Promise<void> {
    const { gpu, loss } = this.#resources;
    const done = loss.told(gpu.queue.onSubmittedWorkDone());
    done.catch(() => {}); // told to whoever waits for it, if anybody does
    this.#unread.push(done);
    if (this.#unread.length > MAX_CHUNKS_IN_FLIGHT) await this.#unread.shift();
    loss.check();
  }

  /** The plan for a call, and the key that it is kept under. */
  #requestFor(
    numRows: number,
    sequenceLength: number,
    lastOnly: boolean,
    output: Selection,
  ): { key: string; request: PlanRequest } {
    const { network, tuning } = this.#resources;
    const chunkSteps = chunkStepsFor(network, sequenceLength, this.#maxChunkSteps);
    // A lone row has a plan of its own, without the tiles that it would not fill.
    const maxRows = numRows === 1 ? 1 : this.numSlots;
    const key = `${maxRows} ${chunkSteps} ${lastOnly} ${output.all} ${output.topK} ${tuning.note}`;
    return { key, request: { maxRows, chunkSteps, lastOnly, output, tuning } };
  }

  #compile(key: string, plan: Plan): CompiledPlan {
    const { gpu, pipelines, flopPerSubmit } = this.#resources;
    const shared = (each: BufferPlan) => this.#resources.weight(each) ?? this.#states.binding(each);
    const compile = () => new CompiledPlan(gpu, plan, pipelines, shared, flopPerSubmit);
    const compiled = this.#watch(`${plan.maxRows} rows, ${plan.chunkSteps} steps`, compile, () => {
      compiled.dispose();
      this.#plans.delete(key);
    });
    this.#plans.set(key, compiled);
    return compiled;
  }

  /** Compiles a plan and waits until it is known to be in memory. */
  async #allocate(key: string, plan: Plan): Promise<CompiledPlan> {
    const compiled = this.#compile(key, plan);
    if (this.#allocation !== null) await this.#await(this.#allocation);
    if (this.#failure !== null) throw this.#failure;
    return compiled;
  }

  async #await(allocation: Promise<unknown>): Promise<void> {
    try {
      await allocation;
    } finally {
      if (this.#allocation === allocation) this.#allocation = null;
    }
  }

  /** States that did not fit are gone, and so is what they stood for. */
  readonly #fail = (error: unknown): void => {
    this.#failure = error;
  };

  /** Allocates; if that took more memory than there is, the next `advance` reports it, after `onFailure`. */
  #watch<T>(what: string, allocate: () => T, onFailure: (error: unknown) => void): T {
    const { gpu, loss } = this.#resources;
    const { value, isInMemory } = watchMemory(gpu, loss, what, allocate);
    const before = this.#allocation;
    const allocation = before === null ? isInMemory : Promise.all([before, isInMemory]);
    isInMemory.catch(onFailure);
    allocation.catch(() => {}); // `advance` reports it
    this.#allocation = allocation;
    return value;
  }
}

/** Steps that a row has in the chunk that begins at `start`. */
function stepsInChunk(lengths: readonly number[] | null, row: number, start: number, numSteps: number): number {
  return lengths === null ? numSteps : Math.min(numSteps, Math.max(0, lengths[row]! - start));
}

/** Rows of the input as the kernels read them: indices as u32, features with each row padded. */
function packInput(
  { inputType, inputSize }: Network,
  input: Float32Array,
  firstRow: number,
  numRows: number,
): Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  if (inputType === "features") return padRows(input, firstRow * inputSize, inputSize, numRows);
  return new Uint32Array(input.subarray(firstRow, firstRow + numRows));
}

/** Sets to zero what a row gives past its length: the kernels leave there what was there before. */
function clearPastEnd(
  output: Float32Array,
  { size, isSequence, cadence }: OutputPlan,
  lengths: readonly number[],
  numSteps: number,
): void {
  lengths.forEach((length, row) => {
    const end = isSequence ? stepsAt(cadence, numSteps) : 1;
    for (let step = Math.min(stepsAt(cadence, length), end); step < end; step++) {
      const at = (step * lengths.length + row) * size;
      output.fill(0, at, at + size);
    }
  });
}
