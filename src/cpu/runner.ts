import { type Cadence, EVERY_STEP, rowsAt, stepsAt } from "../layers/cadence.js";
import { type Layer, layerOutputSize, layerType } from "../layers/index.js";
import {
  framesPerStep,
  keeperOf,
  type Network,
  NETWORK_INPUT,
  nextOf,
  sequencesOf,
  stateOf,
} from "../model/network.js";
import type { Chunk, CpuLayer, CpuTarget, Frames } from "./cpuLayer.js";
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

/** Where frames lie that a layer reads. The address is bytes, the stride elements. */
interface Place {
  address: number;
  readonly stride: number;
  readonly size: number;
}

/** A layer and its output. */
interface Stage {
  readonly layer: Layer;
  readonly cpu: CpuLayer;
  /** Of its input; that of the network's where it reads single frames. */
  readonly clock: Clock;
  readonly readsSequence: boolean;
  /** Of its output; null where it has a single frame. */
  readonly cadence: Cadence | null;
  readonly weights: CpuTarget["weights"];
  /** Found once: with many small layers, to look their names up in each step takes longer than to compute them. */
  readonly inputs: readonly Place[];
  /** Elements of a frame of its input where that is several outputs side by side, else 0. */
  readonly joinedSize: number;
  readonly output: Place;
}

/** A layer whose next state is another layer's output. */
interface Carried {
  readonly cpu: CpuLayer;
  readonly next: Place;
}

/**
 * Runs chunks of steps through a network, layer by layer. The outputs stay until the next chunk. The work space is laid out
 * for the first chunk, and again for a larger one.
 */
export class Runner {
  readonly #memory: CpuMemory;
  readonly #stages: readonly Stage[];
  /** That of the network's input first. */
  readonly #clocks: readonly Clock[];
  readonly #places: ReadonlyMap<string, Place>;
  readonly #carried: readonly Carried[];
  /** The end of the weights, where work space begins. */
  readonly #start: number;
  readonly #framesPerStep: number;
  #maxRows = 0;
  #maxTimeRows = 0;
  readonly #input: Place;
  /** Address of work space. */
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
    this.#memory =
      wasm === null ? new CpuMemory(new PlainBuffer(), 0) : new CpuMemory(wasm.memory, wasm.memory.buffer.byteLength);
    const blocks = stateOf(network);
    const sequences = sequencesOf(network.layers);
    this.#framesPerStep = framesPerStep(network);
    this.#clocks = [...new Set(sequences.values())].map((cadence) => ({ cadence, chunk: NO_CHUNK, lengths: 0 }));
    this.#input = { address: 0, stride: network.inputSize, size: network.inputSize };
    const places = new Map([[NETWORK_INPUT, this.#input]]);
    const clockOf = (name = NETWORK_INPUT) => this.#clocks.find(({ cadence }) => cadence === sequences.get(name));
    this.#stages = network.layers.map((layer) => {
      const { name, inputs } = layer;
      const size = layerOutputSize(layer);
      const own = blocks.filter((block) => block.layer.name === keeperOf(layer));
      const stateStarts = Object.fromEntries(own.map((block) => [block.name, block.start]));
      const weights = { total: 0, skipped: 0 };
      const output = { address: 0, stride: roundUp(size, OUTPUTS_TOGETHER), size };
      places.set(name, output);
      return {
        layer,
        cpu: createCpuLayer(layer, { memory: this.#memory, wasm, stateStarts, weights }),
        clock: clockOf(inputs[0]) ?? this.#clocks[0]!,
        readsSequence: inputs.every((input) => sequences.has(input)),
        cadence: sequences.get(name) ?? null,
        weights,
        inputs: inputs.map((input) => places.get(input)!),
        joinedSize: inputs.length === 1 ? 0 : layerType(layer).inputSize(layer),
        output,
      };
    });
    this.#places = places;
    this.#carried = this.#stages.flatMap(({ layer, cpu }) => {
      const next = nextOf(layer);
      return next === null ? [] : [{ cpu, next: places.get(next)! }];
    });
    this.#start = this.#memory.end;
  }

  /** The share of each layer's weights that is left out as zero blocks, "gru 67 %", of those that have any. */
  get skipped(): readonly string[] {
    const stages = this.#stages.filter(({ weights }) => weights.skipped > 0);
    return stages.map(({ layer, weights: { total, skipped } }) => {
      return `${layer.name} ${Math.round((100 * skipped) / total)} %`;
    });
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
    this.#memory.f32.set(chunk.input, this.#input.address / 4);
    this.#orderRows(chunk);
    const frames = this.#frames;
    for (let i = 0; i < numLayers; i++) {
      const stage = this.#stages[i]!;
      const { clock } = stage;
      const numRows = (stage.readsSequence ? clock.chunk.numSteps : 1) * states.length;
      frames.chunk = clock.chunk;
      frames.lengths = clock.lengths;
      if (stage.inputs.length === 1) {
        frames.x = stage.inputs[0]!.address;
        frames.xStride = stage.inputs[0]!.stride;
      } else {
        this.#join(stage, numRows);
        frames.x = this.#joined;
        frames.xStride = stage.joinedSize;
      }
      frames.output = stage.output.address;
      frames.outputStride = stage.output.stride;
      frames.numRows = numRows;
      stage.cpu.run(frames);
    }
    for (const { cpu, next } of this.#carried) cpu.keep!(next.address, next.stride, chunk);
  }

  /**
   * Copies rows of a layer's output: [T, B, O], or [B, O] where it has one step only.
   *
   * @param from the first row of the output
   * @param to the row of `target` that it goes to
   */
  copy(layerName: string, from: number, numRows: number, target: Float32Array, to: number): void {
    const { size, stride, address } = this.#places.get(layerName)!;
    const { f32 } = this.#memory;
    if (numRows === 1 || size === stride) {
      const start = address / 4 + from * stride;
      target.set(f32.subarray(start, start + numRows * size), to * size);
      return;
    }
    for (let row = 0; row < numRows; row++) {
      const start = address / 4 + (from + row) * stride;
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
    this.#input.address = floats(maxTimeRows * this.#input.size);
    this.#joined = floats(maxTimeRows * largest(this.#stages.map(({ joinedSize }) => joinedSize)));
    this.#frames.order = floats(maxRows);
    for (const clock of this.#clocks) clock.lengths = floats(maxRows);
    const work = this.#stages.map(({ cpu, clock: { cadence } }) => {
      return cpu.workFloats?.(maxRows, rowsAt(cadence, maxRows, maxTimeRows)) ?? 0;
    });
    this.#frames.work = floats(largest(work));
    for (const { cadence, output } of this.#stages) {
      output.address = floats((cadence === null ? maxRows : rowsAt(cadence, maxRows, maxTimeRows)) * output.stride);
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

  /** Puts a layer's inputs side by side. */
  #join({ inputs, joinedSize }: Stage, numRows: number): void {
    const { f32 } = this.#memory;
    let column = this.#joined / 4;
    for (let i = 0; i < inputs.length; i++) {
      const { address, stride, size } = inputs[i]!;
      for (let row = 0; row < numRows; row++) {
        const start = address / 4 + row * stride;
        f32.copyWithin(column + row * joinedSize, start, start + size);
      }
      column += size;
    }
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
