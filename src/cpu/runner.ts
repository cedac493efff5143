import { type Cadence, EVERY_STEP, rowsAt, stepsAt } from "../layers/cadence.js";
import { type Layer, layerOutputSize, layerType } from "../layers/index.js";
import {
  framesPerStep,
  type Network,
  NETWORK_INPUT,
  nextOf,
  sequencesOf,
  sizeOfValue,
  stateOf,
} from "../model/network.js";
import type { Chunk, CpuLayer, Frames } from "./cpuLayer.js";
import { CpuMemory, PlainBuffer, roundUp } from "./cpuMemory.js";
import { createCpuLayer } from "./layers.js";
import { OUTPUTS_TOGETHER } from "./matrix.js";
import type { WasmFunctions } from "./wasmModule.js";

/** Rows of all steps of a chunk: a layer's work space and output stay in the L2 cache. */
const CHUNK_ROWS = 256;
const MAX_CHUNK_STEPS = 64;

/** A chunk as the sequences of one cadence see it. */
interface Clock {
  readonly cadence: Cadence;
  chunk: Chunk;
  /** Address of the steps of each row, [B] i32, in the order of `Frames.order`. */
  lengths: number;
}

const NO_CHUNK: Chunk = { input: new Float32Array(), numSteps: 0, states: [], lengths: null };

/** A layer and its output. Addresses are bytes, strides elements. */
interface Stage {
  readonly layer: Layer;
  readonly cpu: CpuLayer;
  /** Of its input; that of the network's where it reads single frames. */
  readonly clock: Clock;
  readonly readsSequence: boolean;
  /** Of its output; null where it has a single frame. */
  readonly cadence: Cadence | null;
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
  /** That of the network's input first. */
  readonly #clocks: readonly Clock[];
  readonly #byName: ReadonlyMap<string, Stage>;
  /** Stages whose next state is another layer's output. */
  readonly #carried: readonly Stage[];
  /** The end of the weights, where work space begins. */
  readonly #start: number;
  readonly #framesPerStep: number;
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
    const sequences = sequencesOf(network.layers);
    this.#framesPerStep = framesPerStep(network);
    this.#clocks = [...new Set(sequences.values())].map((cadence) => ({ cadence, chunk: NO_CHUNK, lengths: 0 }));
    const clockOf = (name = NETWORK_INPUT) => this.#clocks.find(({ cadence }) => cadence === sequences.get(name));
    this.#stages = network.layers.map((layer) => {
      const { name, inputs } = layer;
      const size = layerOutputSize(layer);
      const own = blocks.filter((block) => block.layer === layer);
      const stateStarts = Object.fromEntries(own.map((block) => [block.name, block.start]));
      return {
        layer,
        cpu: createCpuLayer(layer, { memory: this.#memory, wasm, stateStarts }),
        clock: clockOf(inputs[0]) ?? this.#clocks[0]!,
        readsSequence: inputs.every((input) => sequences.has(input)),
        cadence: sequences.get(name) ?? null,
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
    const numSteps = Math.min(MAX_CHUNK_STEPS, Math.ceil(CHUNK_ROWS / (numRows * rowsPerFrame)));
    return roundUp(numSteps, this.#framesPerStep);
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
    for (let i = 0; i < numLayers; i++) {
      const stage = this.#stages[i]!;
      const { clock } = stage;
      const numRows = (stage.readsSequence ? clock.chunk.numSteps : 1) * states.length;
      frames.chunk = clock.chunk;
      frames.lengths = clock.lengths;
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
    for (const clock of this.#clocks) clock.lengths = floats(maxRows);
    const work = this.#stages.map(({ cpu, clock: { cadence } }) => {
      return cpu.workFloats?.(maxRows, rowsAt(cadence, maxRows, maxTimeRows)) ?? 0;
    });
    this.#frames.work = floats(largest(work));
    for (const stage of this.#stages) {
      const { cadence, stride } = stage;
      stage.output = floats((cadence === null ? maxRows : rowsAt(cadence, maxRows, maxTimeRows)) * stride);
    }
    this.#maxRows = maxRows;
    this.#maxTimeRows = maxTimeRows;
  }

  /** Writes the order of the rows, the longest first, and the chunk and the lengths of each clock. */
  #orderRows(chunk: Chunk): void {
    const { i32 } = this.#memory;
    const { lengths, states } = chunk;
    const orderAt = this.#frames.order / 4;
    const order = lengths === null ? null : [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!);
    if (order === null) for (let row = 0; row < states.length; row++) i32[orderAt + row] = row;
    else i32.set(order, orderAt);
    for (const clock of this.#clocks) {
      const own = chunkAt(clock.cadence, chunk);
      clock.chunk = own;
      const lengthsAt = clock.lengths / 4;
      if (order === null) i32.fill(own.numSteps, lengthsAt, lengthsAt + states.length);
      else {
        i32.set(
          order.map((row) => own.lengths![row]!),
          lengthsAt,
        );
      }
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

/** A chunk as sequences of a cadence see it. */
function chunkAt(cadence: Cadence, chunk: Chunk): Chunk {
  if (cadence === EVERY_STEP) return chunk;
  const { numSteps, lengths } = chunk;
  const at = (steps: number) => stepsAt(cadence, steps);
  return { ...chunk, numSteps: at(numSteps), lengths: lengths && lengths.map(at) };
}
