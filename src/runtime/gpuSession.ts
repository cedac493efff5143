import type { Advance, Session } from "../engine.js";
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

  async advance({ input, lengths, lastOnly }: Advance): Promise<Float32Array[]> {
    const { network } = this.#resources;
    const numSteps = input.length / (this.#batchSize * network.inputSize);
    const compiled = this.#planFor(numSteps, lastOnly);
    await this.#allocation;
    this.#resources.checkAlive();

    const outputs = compiled.plan.outputs.map(
      ({ size, isSequence }) => new Float32Array((isSequence ? numSteps : 1) * this.#batchSize * size),
    );
    const reads: Promise<void>[] = [];
    for (let start = 0; start < numSteps; start += compiled.plan.chunkSteps) {
      const chunkSteps = Math.min(compiled.plan.chunkSteps, numSteps - start);
      const isLast = start + chunkSteps === numSteps;
      if (reads.length >= MAX_CHUNKS_IN_FLIGHT) await reads.shift();
      this.#upload(compiled, { input, lengths, lastOnly }, start, chunkSteps);
      const read = this.#runChunk(compiled, start, chunkSteps, isLast, outputs);
      read.catch(() => {}); // awaited below; without this, two failures at once would leave one unhandled
      reads.push(read);
    }
    await Promise.all(reads);
    if (lengths !== null)
      compiled.plan.outputs.forEach((plan, i) => this.#clearPastEnd(outputs[i]!, plan, lengths, numSteps));
    return outputs;
  }

  async readState(): Promise<Float32Array> {
    const { gpu, network } = this.#resources;
    this.#resources.checkAlive();
    const encoder = gpu.createCommandEncoder({ label: "webgru.readState" });
    const layers = gruLayers(network);
    const readings = layers.map(({ name }) => {
      const buffer = this.#stateBuffer(name);
      return this.#readback.copy(encoder, buffer, buffer.size);
    });
    gpu.queue.submit([encoder.finish()]);
    const state = new Float32Array(stateLength(network, this.#batchSize));
    const parts = await this.#orLost(Promise.all(readings.map((reading) => reading.read())));
    let start = 0;
    layers.forEach((layer, i) => {
      unpadRows(parts[i]!, layer.hiddenSize, state, start);
      start += numDirections(layer) * this.#batchSize * layer.hiddenSize;
    });
    return state;
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

  #upload(compiled: CompiledPlan, { input, lengths }: Advance, start: number, numSteps: number): void {
    const { gpu, network } = this.#resources;
    const rows = packInput(network, input, start * this.#batchSize, numSteps * this.#batchSize);
    gpu.queue.writeBuffer(compiled.buffer(compiled.plan.input), 0, rows);
    const chunkLengths = Uint32Array.from({ length: this.#batchSize }, (_, row) =>
      lengths === null ? numSteps : Math.min(numSteps, Math.max(0, lengths[row]! - start)),
    );
    const key = lengths === null ? String(numSteps) : chunkLengths.join();
    if (this.#lengths.get(compiled) === key) return;
    gpu.queue.writeBuffer(compiled.buffer(LENGTHS_BUFFER), 0, chunkLengths);
    this.#lengths.set(compiled, key);
  }

  /** Computes `numSteps` steps and copies back what they give; resolves when `outputs` hold it. */
  async #runChunk(
    compiled: CompiledPlan,
    start: number,
    numSteps: number,
    isLast: boolean,
    outputs: readonly Float32Array[],
  ): Promise<void> {
    compiled.encode(this.#recorder, { numSteps, isLast, isOdd: this.#isOdd });
    if (numSteps % 2 === 1) this.#isOdd = !this.#isOdd;
    const encoder = this.#recorder.encoderForCopies();
    const readings: { reading: Reading; output: Float32Array; plan: OutputPlan }[] = [];
    compiled.plan.outputs.forEach((plan, i) => {
      if (!plan.isSequence && !isLast) return;
      const numElements = (plan.isSequence ? numSteps : 1) * this.#batchSize * paddedSize(plan.size);
      const sizeBytes = numElements * Float32Array.BYTES_PER_ELEMENT;
      const reading = this.#readback.copy(encoder, compiled.buffer(plan.buffer), sizeBytes);
      readings.push({ reading, output: outputs[i]!, plan });
    });
    this.#recorder.submit();

    const parts = await this.#orLost(Promise.all(readings.map(({ reading }) => reading.read())));
    readings.forEach(({ output, plan: { size, isSequence } }, i) => {
      unpadRows(parts[i]!, size, output, isSequence ? start * this.#batchSize * size : 0);
    });
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
