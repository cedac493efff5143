import type { Advance, Advanced, Session } from "../engine.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { gruLayers, type Network, numDirections, stateLength } from "../model/network.js";
import { chunkStepsFor } from "../plan/budget.js";
import { LENGTHS_BUFFER, type OutputPlan } from "../plan/plan.js";
import { planSequence } from "../plan/planSequence.js";
import { Buffers, watchMemory } from "./buffers.js";
import { CompiledPlan } from "./compiledPlan.js";
import type { GpuResources } from "./gpuResources.js";
import { type Reading, Readback } from "./readback.js";
import { Recorder } from "./recorder.js";
import { padRows, unpadRows } from "./rows.js";

/** Chunks submitted and not read back yet: one computing, one being copied, one being read. */
const MAX_CHUNKS_IN_FLIGHT = 3;

const BYTES_PER_ELEMENT = Float32Array.BYTES_PER_ELEMENT;

/** Steps of a sequence that are computed together. */
interface ChunkRange {
  readonly start: number;
  readonly numSteps: number;
}

/** A copy on its way to the CPU: rows of `size` numbers, to be put in `target` from element `at` on. */
interface Arrival {
  readonly reading: Reading;
  readonly size: number;
  readonly target: Float32Array;
  readonly at: number;
}

/** A batch of hidden states that live on the GPU. Inputs go up and outputs come down; the state does neither. */
export class GpuSession implements Session {
  readonly #resources: GpuResources;
  readonly #batchSize: number;
  readonly #states: Buffers;
  readonly #readback: Readback;
  readonly #recorder: Recorder;
  readonly #maxChunkSteps: number;
  /** A streamed step and a long sequence have each a plan of their own, on the same state. */
  readonly #plans = new Map<string, CompiledPlan>();
  /** What each plan's lengths buffer holds. */
  readonly #lengths = new Map<CompiledPlan, string>();
  /** Rejects when an allocation ran out of memory. */
  #allocation: Promise<void> = Promise.resolve();
  /** Whether the state is in the second of its two buffers. */
  #isOdd = false;

  constructor(resources: GpuResources, batchSize: number, sequenceLength: number) {
    this.#resources = resources;
    this.#batchSize = batchSize;
    this.#maxChunkSteps = resources.maxChunkSteps(batchSize);
    this.#states = new Buffers(resources.gpu);
    this.#readback = new Readback(resources.gpu);
    this.#recorder = new Recorder(resources.gpu, resources.flopPerSubmit);
    this.#planFor(sequenceLength, false);
  }

  async advance(request: Advance): Promise<Advanced> {
    const { network } = this.#resources;
    const { input, lengths, lastOnly, withState } = request;
    const numSteps = input.length / (this.#batchSize * network.inputSize);
    const compiled = this.#planFor(numSteps, lastOnly);
    await this.#allocation;
    this.#resources.checkAlive();

    const advanced = {
      outputs: compiled.plan.outputs.map(
        ({ size, isSequence }) => new Float32Array((isSequence ? numSteps : 1) * this.#batchSize * size),
      ),
      state: new Float32Array(withState ? stateLength(network, this.#batchSize) : 0),
    };
    const reads: Promise<void>[] = [];
    for (let start = 0; start < numSteps; start += compiled.plan.chunkSteps) {
      const chunk = { start, numSteps: Math.min(compiled.plan.chunkSteps, numSteps - start) };
      const isLast = start + chunk.numSteps === numSteps;
      if (reads.length >= MAX_CHUNKS_IN_FLIGHT) await reads.shift();
      this.#upload(compiled, request, chunk);
      const read = this.#read(this.#compute(compiled, chunk, isLast, advanced));
      read.catch(() => {}); // awaited below; without this, two failures at once would leave one unhandled
      reads.push(read);
    }
    await Promise.all(reads);
    if (lengths !== null) {
      compiled.plan.outputs.forEach((plan, i) => this.#clearPastEnd(advanced.outputs[i]!, plan, lengths, numSteps));
    }
    return advanced;
  }

  writeState(state: Float32Array | null): void {
    let start = 0;
    for (const layer of gruLayers(this.#resources.network)) {
      const { name, hiddenSize } = layer;
      const numRows = numDirections(layer) * this.#batchSize;
      const padded =
        state === null
          ? new Float32Array(numRows * paddedSize(hiddenSize))
          : padRows(state, start, hiddenSize, numRows);
      this.#resources.gpu.queue.writeBuffer(this.#stateBuffer(name), 0, padded);
      start += numRows * hiddenSize;
    }
  }

  dispose(): void {
    for (const compiled of this.#plans.values()) compiled.dispose();
    this.#plans.clear();
    this.#states.dispose();
    this.#readback.dispose();
  }

  #upload(compiled: CompiledPlan, { input, lengths }: Advance, { start, numSteps }: ChunkRange): void {
    const { gpu, network } = this.#resources;
    const rows = packInput(network, input, start * this.#batchSize, numSteps * this.#batchSize);
    gpu.queue.writeBuffer(compiled.buffer(compiled.plan.input), 0, rows);
    const key = lengths === null ? String(numSteps) : `${start} ${numSteps} ${lengths.join()}`;
    if (this.#lengths.get(compiled) === key) return;
    const chunkLengths = Uint32Array.from({ length: this.#batchSize }, (_, row) =>
      lengths === null ? numSteps : Math.min(numSteps, Math.max(0, lengths[row]! - start)),
    );
    gpu.queue.writeBuffer(compiled.buffer(LENGTHS_BUFFER), 0, chunkLengths);
    this.#lengths.set(compiled, key);
  }

  /** Submits a chunk, and copies of what it gives; nothing has been read when it returns. */
  #compute(compiled: CompiledPlan, chunk: ChunkRange, isLast: boolean, advanced: Advanced): Arrival[] {
    const { start, numSteps } = chunk;
    compiled.encode(this.#recorder, { numSteps, isLast, isOdd: this.#isOdd });
    if (numSteps % 2 === 1) this.#isOdd = !this.#isOdd;
    const encoder = this.#recorder.encoderForCopies();
    const arrivals: Arrival[] = [];
    compiled.plan.outputs.forEach(({ buffer, size, isSequence }, i) => {
      if (!isSequence && !isLast) return;
      const sizeBytes = (isSequence ? numSteps : 1) * this.#batchSize * paddedSize(size) * BYTES_PER_ELEMENT;
      const reading = this.#readback.copy(encoder, compiled.buffer(buffer), sizeBytes);
      const at = isSequence ? start * this.#batchSize * size : 0;
      arrivals.push({ reading, size, target: advanced.outputs[i]!, at });
    });
    if (isLast && advanced.state.length > 0) arrivals.push(...this.#copyState(encoder, advanced.state));
    this.#recorder.submit();
    return arrivals;
  }

  #copyState(encoder: GPUCommandEncoder, target: Float32Array): Arrival[] {
    let end = 0;
    return gruLayers(this.#resources.network).map((layer) => {
      const buffer = this.#stateBuffer(layer.name);
      const at = end;
      end += numDirections(layer) * this.#batchSize * layer.hiddenSize;
      return { reading: this.#readback.copy(encoder, buffer, buffer.size), size: layer.hiddenSize, target, at };
    });
  }

  async #read(arrivals: readonly Arrival[]): Promise<void> {
    const parts = await this.#orLost(Promise.all(arrivals.map(({ reading }) => reading.read())));
    arrivals.forEach(({ size, target, at }, i) => unpadRows(parts[i]!, size, target, at));
  }

  /** Sets to zero what a row gives past its length: the kernels leave there what was there before. */
  #clearPastEnd(
    output: Float32Array,
    { size, isSequence }: OutputPlan,
    lengths: readonly number[],
    numSteps: number,
  ): void {
    for (let row = 0; row < this.#batchSize; row++) {
      const firstStep = isSequence ? lengths[row]! : Math.min(lengths[row]!, 1);
      for (let step = firstStep; step < (isSequence ? numSteps : 1); step++) {
        const at = (step * this.#batchSize + row) * size;
        output.fill(0, at, at + size);
      }
    }
  }

  /** A failed map means that the device is going or gone, whatever else the browser calls it. */
  async #orLost<T>(result: Promise<T>): Promise<T> {
    const value = await result.catch((cause: unknown) => {
      throw this.#resources.lostError(cause);
    });
    this.#resources.checkAlive();
    return value;
  }

  #planFor(sequenceLength: number, lastOnly: boolean): CompiledPlan {
    const { network } = this.#resources;
    const chunkSteps = chunkStepsFor(network, sequenceLength, this.#maxChunkSteps);
    return this.#plans.get(`${chunkSteps} ${lastOnly}`) ?? this.#compile(chunkSteps, lastOnly);
  }

  #compile(chunkSteps: number, lastOnly: boolean): CompiledPlan {
    const { gpu, network, pipelines, flopPerSubmit } = this.#resources;
    const plan = planSequence(network, { batchSize: this.#batchSize, chunkSteps, lastOnly });
    const shared = (label: string) => this.#states.get(label) ?? this.#resources.weight(label);
    const { value, isInMemory } = watchMemory(gpu, `batchSize ${this.#batchSize}, ${chunkSteps} steps`, () => {
      this.#states.allocate(plan.buffers.filter(({ lifetime }) => lifetime === "state"));
      return new CompiledPlan(gpu, plan, pipelines, shared, flopPerSubmit);
    });
    isInMemory.catch(() => {}); // `advance` reports it
    this.#allocation = isInMemory;
    this.#plans.set(`${chunkSteps} ${lastOnly}`, value);
    return value;
  }

  #stateBuffer(layerName: string): GPUBuffer {
    return this.#states.get(`${layerName}.state${this.#isOdd ? 1 : 0}`)!;
  }
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
