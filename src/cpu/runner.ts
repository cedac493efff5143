import { type Layer, layerOutputSize, layerType } from "../layers/index.js";
import { type Network, NETWORK_INPUT, nextOf, sequenceNames, sizeOfValue, stateOf } from "../model/network.js";
import type { Chunk, CpuLayer, Frames } from "./cpuLayer.js";
import { CpuMemory, PlainBuffer, roundUp } from "./cpuMemory.js";
import { createCpuLayer } from "./layers.js";
import { OUTPUTS_TOGETHER } from "./matrix.js";
import type { WasmFunctions } from "./wasmModule.js";

/** Rows of all steps of a chunk: a layer's work space and output stay in the L2 cache. */
const CHUNK_ROWS = 256;
const MAX_CHUNK_STEPS = 64;

const NO_CHUNK: Chunk = { input: new Float32Array(), numSteps: 0, states: [], lengths: null };

/** A layer and its output. Addresses are bytes, strides elements. */
interface Stage {
  readonly layer: Layer;
  readonly cpu: CpuLayer;
  /** Whether its input, and its output, have a frame for each step. */
  readonly readsSequence: boolean;
  readonly isSequence: boolean;
  readonly size: number;
  /** Elements from row to row of its output. */
  readonly stride: number;
  /** Name of the layer whose output is its next state; null where it makes its own. */
  readonly next: string | null;
  /** Elements of a frame of its input where that is several outputs side by side, else 0. */
  readonly joinedSize: number;
  /** An address. */
  output: number;
}

/**
 * Runs chunks of steps through a network, layer by layer. The outputs stay until the next chunk. The work space is laid out
 * for the first chunk, and again for a larger one.
 */
export class Runner {
  readonly #network: Network;
  readonly #memory: CpuMemory;
  readonly #stages: readonly Stage[];
  readonly #byName: ReadonlyMap<string, Stage>;
  /** Stages whose next state is another layer's output. */
  readonly #carried: readonly Stage[];
  /** The end of the weights, where work space begins. */
  readonly #start: number;
  #maxRows = 0;
  #maxTimeRows = 0;
  // Work space: addresses.
  #input = 0;
  #joined = 0;
  /** One for all layers: a push allocates none. */
  readonly #frames: { -readonly [Key in keyof Frames]: Frames[Key] } = {
    x: 0,
    xStride: 0,
    output: 0,
    outputStride: 0,
    numRows: 0,
    chunk: NO_CHUNK,
    order: 0,
    lengths: 0,
    work: 0,
  };

  /** @param wasm an instance of its own; null for plain JavaScript */
  constructor(network: Network, wasm: WasmFunctions | null) {
    this.#network = network;
    this.#memory =
      wasm === null ? new CpuMemory(new PlainBuffer(), 0) : new CpuMemory(wasm.memory, wasm.memory.buffer.byteLength);
    const blocks = stateOf(network);
    const sequences = sequenceNames(network.layers);
    this.#stages = network.layers.map((layer) => {
      const { name, inputs } = layer;
      const size = layerOutputSize(layer);
      const own = blocks.filter((block) => block.layer === layer);
      const stateStarts = Object.fromEntries(own.map((block) => [block.name, block.start]));
      return {
        layer,
        cpu: createCpuLayer(layer, { memory: this.#memory, wasm, stateStarts }),
        readsSequence: inputs.every((input) => sequences.has(input)),
        isSequence: sequences.has(name),
        size,
        stride: roundUp(size, OUTPUTS_TOGETHER),
        next: nextOf(layer),
        joinedSize: inputs.length === 1 ? 0 : layerType(layer).inputSize(layer),
        output: 0,
      };
    });
    this.#byName = new Map(this.#stages.map((stage) => [stage.layer.name, stage]));
    this.#carried = this.#stages.filter(({ next }) => next !== null);
    this.#start = this.#memory.end;
  }

  /** Steps of a chunk of so many rows. */
  chunkSteps(numRows: number): number {
    if (this.#carried.length > 0) return 1;
    const rowsPerFrame = largest(this.#stages.map(({ cpu }) => cpu.rowsPerFrame ?? 1));
    return Math.min(MAX_CHUNK_STEPS, Math.ceil(CHUNK_ROWS / (numRows * rowsPerFrame)));
  }

  /**
   * Runs a chunk through the first layers, and advances its states.
   *
   * @param numLayers layers that are needed, from the first on
   * @throws GruError `limit-exceeded` when there is no memory for it, with the states as they were
   */
  run(chunk: Chunk, numLayers: number): void {
    const { numSteps, states } = chunk;
    this.#reserve(states.length, numSteps);
    this.#memory.f32.set(chunk.input, this.#input / 4);
    this.#orderRows(chunk);
    const frames = this.#frames;
    frames.chunk = chunk;
    for (let i = 0; i < numLayers; i++) {
      const stage = this.#stages[i]!;
      const numRows = (stage.readsSequence ? numSteps : 1) * states.length;
      const [x, xStride] = this.#gather(stage, numRows);
      frames.x = x;
      frames.xStride = xStride;
      frames.output = stage.output;
      frames.outputStride = stage.stride;
      frames.numRows = numRows;
      stage.cpu.run(frames);
    }
    for (const { cpu, next } of this.#carried) cpu.keep!(...this.#outputOf(next!), chunk);
  }

  /**
   * Copies rows of a layer's output: [T, B, O], or [B, O] where it has one step only.
   *
   * @param from the first row of the output
   * @param to the row of `target` that it goes to
   */
  copy(layerName: string, from: number, numRows: number, target: Float32Array, to: number): void {
    const { size, stride, output } = this.#byName.get(layerName)!;
    const { f32 } = this.#memory;
    if (numRows === 1 || size === stride) {
      const start = output / 4 + from * stride;
      target.set(f32.subarray(start, start + numRows * size), to * size);
      return;
    }
    for (let row = 0; row < numRows; row++) {
      const start = output / 4 + (from + row) * stride;
      target.set(f32.subarray(start, start + size), (to + row) * size);
    }
  }

  /** Lays the work space out again where it is too small. */
  #reserve(numRows: number, numSteps: number): void {
    const numTimeRows = numRows * numSteps;
    if (numRows <= this.#maxRows && numTimeRows <= this.#maxTimeRows) return;
    const maxRows = Math.max(numRows, this.#maxRows);
    const maxTimeRows = Math.max(numTimeRows, this.#maxTimeRows);
    this.#maxRows = this.#maxTimeRows = 0; // an allocation may throw
    const memory = this.#memory;
    memory.release(this.#start);
    const floats = (length: number) => memory.allocate(4 * length);
    this.#input = floats(maxTimeRows * this.#network.inputSize);
    this.#joined = floats(maxTimeRows * largest(this.#stages.map(({ joinedSize }) => joinedSize)));
    this.#frames.order = floats(maxRows);
    this.#frames.lengths = floats(maxRows);
    this.#frames.work = floats(largest(this.#stages.map(({ cpu }) => cpu.workFloats?.(maxRows, maxTimeRows) ?? 0)));
    for (const stage of this.#stages) {
      stage.output = floats((stage.isSequence ? maxTimeRows : maxRows) * stage.stride);
    }
    this.#maxRows = maxRows;
    this.#maxTimeRows = maxTimeRows;
  }

  /** Writes the order of the rows, the longest first, and their lengths. */
  #orderRows({ numSteps, states, lengths }: Chunk): void {
    const { i32 } = this.#memory;
    const [orderAt, lengthsAt] = [this.#frames.order / 4, this.#frames.lengths / 4];
    if (lengths === null) {
      for (let row = 0; row < states.length; row++) i32[orderAt + row] = row;
      i32.fill(numSteps, lengthsAt, lengthsAt + states.length);
    } else {
      const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!);
      i32.set(order, orderAt);
      i32.set(
        order.map((row) => lengths[row]!),
        lengthsAt,
      );
    }
  }

  /** Address and stride of a layer's input: another layer's output, or several outputs side by side. */
  #gather({ layer, joinedSize }: Stage, numRows: number): [x: number, stride: number] {
    const { inputs } = layer;
    if (inputs.length === 1) return this.#outputOf(inputs[0]!);
    const { f32 } = this.#memory;
    let column = this.#joined / 4;
    for (const name of inputs) {
      const [from, stride] = this.#outputOf(name);
      const size = sizeOfValue(this.#network, name);
      for (let row = 0; row < numRows; row++) {
        const start = from / 4 + row * stride;
        f32.copyWithin(column + row * joinedSize, start, start + size);
      }
      column += size;
    }
    return [this.#joined, joinedSize];
  }

  #outputOf(name: string): [x: number, stride: number] {
    if (name === NETWORK_INPUT) return [this.#input, this.#network.inputSize];
    const { output, stride } = this.#byName.get(name)!;
    return [output, stride];
  }
}

function largest(sizes: readonly number[]): number {
  return sizes.reduce((most, size) => Math.max(most, size), 0);
}
