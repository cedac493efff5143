import type { Session } from "../engine.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { gruLayers, type Network, stateLength } from "../model/network.js";
import { chunkStepsFor } from "../plan/budget.js";
import { planSequence } from "../plan/planSequence.js";
import { Buffers, watchMemory } from "./buffers.js";
import { CompiledPlan } from "./compiledPlan.js";
import type { GpuEngine } from "./gpuEngine.js";
import { Readback } from "./readback.js";

/** Chunks submitted and not read back yet: one computing, one being copied, one being read. */
const MAX_CHUNKS_IN_FLIGHT = 3;

/** A batch of hidden states that live on the GPU. Inputs go up and outputs come down; the state does neither. */
export class GpuSession implements Session {
  readonly #engine: GpuEngine;
  readonly #batchSize: number;
  readonly #states: Buffers;
  readonly #readback: Readback;
  readonly #maxChunkSteps: number;
  /** By chunk length: a streamed step and a long sequence have each their own, on the same state. */
  readonly #plans = new Map<number, CompiledPlan>();
  /** Rejects when an allocation ran out of memory. */
  #allocation: Promise<void> = Promise.resolve();
  /** Whether the state is in the second of its two buffers. */
  #isOdd = false;

  constructor(engine: GpuEngine, batchSize: number, sequenceLength: number) {
    this.#engine = engine;
    this.#batchSize = batchSize;
    this.#states = new Buffers(engine.gpu);
    this.#readback = new Readback(engine.gpu);
    this.#maxChunkSteps = engine.maxChunkSteps(batchSize);
    this.#planFor(sequenceLength);
  }

  async advance(input: Float32Array): Promise<Float32Array> {
    const { inputSize, outputSize } = this.#engine.network;
    const stepElements = this.#batchSize * inputSize;
    const numSteps = input.length / stepElements;
    const compiled = this.#planFor(numSteps);
    await this.#allocation;
    this.#engine.checkAlive();

    const output = new Float32Array(numSteps * this.#batchSize * outputSize);
    const reads: Promise<void>[] = [];
    for (let start = 0; start < numSteps; start += compiled.plan.chunkSteps) {
      const chunkSteps = Math.min(compiled.plan.chunkSteps, numSteps - start);
      if (reads.length >= MAX_CHUNKS_IN_FLIGHT) await reads.shift();
      const read = this.#runChunk(compiled, input, start, chunkSteps, output);
      read.catch(() => {}); // awaited below; without this, two failures at once would leave one unhandled
      reads.push(read);
    }
    await Promise.all(reads);
    return output;
  }

  async readState(): Promise<Float32Array> {
    const { gpu, network } = this.#engine;
    const encoder = gpu.createCommandEncoder({ label: "webgru.readState" });
    const readings = gruLayers(network).map(({ name, hiddenSize }) => {
      const buffer = this.#stateBuffer(name);
      return { hiddenSize, reading: this.#readback.copy(encoder, buffer, buffer.size) };
    });
    gpu.queue.submit([encoder.finish()]);
    const state = new Float32Array(stateLength(network, this.#batchSize));
    const parts = await this.#orLost(
      Promise.all(readings.map(({ hiddenSize, reading }) => reading.read(this.#batchSize * paddedSize(hiddenSize)))),
    );
    let start = 0;
    parts.forEach((padded, i) => {
      const { hiddenSize } = readings[i]!;
      unpadRows(padded, hiddenSize, state, start);
      start += this.#batchSize * hiddenSize;
    });
    return state;
  }

  writeState(state: ArrayLike<number> | null): void {
    let start = 0;
    for (const { name, hiddenSize } of gruLayers(this.#engine.network)) {
      const padded = new Float32Array(this.#batchSize * paddedSize(hiddenSize));
      if (state !== null) padRows(state, start, hiddenSize, padded, this.#batchSize);
      this.#engine.gpu.queue.writeBuffer(this.#stateBuffer(name), 0, padded);
      start += this.#batchSize * hiddenSize;
    }
  }

  dispose(): void {
    for (const compiled of this.#plans.values()) compiled.dispose();
    this.#plans.clear();
    this.#states.dispose();
    this.#readback.dispose();
  }

  /** Uploads, computes and copies back `numSteps` steps in one submit; resolves when `output` holds them. */
  async #runChunk(
    compiled: CompiledPlan,
    input: Float32Array,
    start: number,
    numSteps: number,
    output: Float32Array,
  ): Promise<void> {
    const { gpu, network } = this.#engine;
    const numRows = numSteps * this.#batchSize;
    const firstRow = start * this.#batchSize;
    gpu.queue.writeBuffer(compiled.input, 0, packInput(network, input, firstRow, numRows));

    const encoder = gpu.createCommandEncoder({ label: "webgru.chunk" });
    const pass = encoder.beginComputePass({ label: "webgru.chunk" });
    compiled.encode(pass, numSteps, this.#isOdd);
    pass.end();
    const numElements = numRows * paddedSize(network.outputSize);
    const reading = this.#readback.copy(encoder, compiled.output, numElements * Float32Array.BYTES_PER_ELEMENT);
    gpu.queue.submit([encoder.finish()]);
    if (numSteps % 2 === 1) this.#isOdd = !this.#isOdd;

    const padded = await this.#orLost(reading.read(numElements));
    unpadRows(padded, network.outputSize, output, firstRow * network.outputSize);
  }

  /** A failed map means that the device is going or gone, whatever else the browser calls it. */
  async #orLost<T>(result: Promise<T>): Promise<T> {
    const value = await result.catch((cause: unknown) => {
      throw this.#engine.lostError(cause);
    });
    this.#engine.checkAlive();
    return value;
  }

  #planFor(sequenceLength: number): CompiledPlan {
    const chunkSteps = chunkStepsFor(sequenceLength, this.#maxChunkSteps);
    return this.#plans.get(chunkSteps) ?? this.#compile(chunkSteps);
  }

  #compile(chunkSteps: number): CompiledPlan {
    const { gpu, network, pipelines } = this.#engine;
    const plan = planSequence(network, this.#batchSize, chunkSteps);
    const allocation = watchMemory(gpu, `batchSize ${this.#batchSize}, ${chunkSteps} steps`, () => {
      this.#states.allocate(plan.buffers.filter(({ lifetime }) => lifetime === "state"));
      const shared = (label: string) => this.#states.get(label) ?? this.#engine.weight(label);
      this.#plans.set(chunkSteps, new CompiledPlan(gpu, plan, pipelines, shared));
    });
    allocation.catch(() => {}); // `advance` reports it
    this.#allocation = allocation;
    return this.#plans.get(chunkSteps)!;
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
  if (inputType === "indices") return Uint32Array.from({ length: numRows }, (_, row) => input[firstRow + row]!);
  const packed = new Float32Array(numRows * paddedSize(inputSize));
  padRows(input, firstRow * inputSize, inputSize, packed, numRows);
  return packed;
}

function padRows(source: ArrayLike<number>, start: number, size: number, padded: Float32Array, numRows: number): void {
  const stride = paddedSize(size);
  for (let row = 0; row < numRows; row++) {
    for (let i = 0; i < size; i++) padded[row * stride + i] = source[start + row * size + i]!;
  }
}

function unpadRows(padded: Float32Array, size: number, target: Float32Array, start: number): void {
  const stride = paddedSize(size);
  const numRows = padded.length / stride;
  for (let row = 0; row < numRows; row++) {
    target.set(padded.subarray(row * stride, row * stride + size), start + row * size);
  }
}
