import { type Layer, layerOutputSize, layerType } from "../layers/index.js";
import { type Network, NETWORK_INPUT, sequenceNames, sizeOfValue, stateOf } from "../model/network.js";
import type { CpuLayer, Frames, Piece } from "./cpuLayer.js";
import { CpuMemory, PlainBuffer } from "./cpuMemory.js";
import { placeLayer } from "./layers.js";
import type { WasmFunctions } from "./wasmModule.js";
import { ROWS_TOGETHER, roundUp } from "./wasmWeights.js";

/** Rows of one layer before the next begins: their projections stay in the second cache. */
const PIECE_ROWS = 256;
const MAX_PIECE_STEPS = 64;

const NO_PIECE: Piece = { input: new Float32Array(), numSteps: 0, states: [], lengths: null };

/** A layer in the memory. Addresses in bytes, strides in elements. */
interface Placed {
  readonly layer: Layer;
  readonly cpu: CpuLayer;
  /** Whether what it reads, and gives, has a frame for each step. */
  readonly readsSequence: boolean;
  readonly isSequence: boolean;
  readonly size: number;
  /** Elements from row to row of its output. */
  readonly stride: number;
  /** Elements of its input that are not a layer's output: several outputs, side by side. */
  readonly joinedSize: number;
  /** Where its output is. */
  output: number;
}

/**
 * Runs pieces of sequences through a network, layer by layer; what a piece gave is there until the next one. All that a piece
 * needs is laid out once, and again for a larger one.
 */
export class Runner {
  readonly #network: Network;
  readonly #memory: CpuMemory;
  readonly #placed: readonly Placed[];
  readonly #byName: ReadonlyMap<string, Placed>;
  /** Where work space begins. */
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
    piece: NO_PIECE,
    order: 0,
    lengths: 0,
    work: 0,
  };

  /** @param wasm an instance of its own; null for plain JavaScript */
  constructor(network: Network, wasm: WasmFunctions | null) {
    this.#network = network;
    this.#memory =
      wasm === null ? new CpuMemory(new PlainBuffer(), 0) : new CpuMemory(wasm.memory, wasm.memory.buffer.byteLength);
    const starts = new Map<Layer, number>();
    for (const { layer, start } of stateOf(network)) if (!starts.has(layer)) starts.set(layer, start);
    const sequences = sequenceNames(network.layers);
    this.#placed = network.layers.map((layer) => {
      const { name, inputs } = layer;
      const size = layerOutputSize(layer);
      return {
        layer,
        cpu: placeLayer(layer, { memory: this.#memory, wasm, stateStart: starts.get(layer) ?? 0 }),
        readsSequence: inputs.every((input) => sequences.has(input)),
        isSequence: sequences.has(name),
        size,
        stride: roundUp(size, ROWS_TOGETHER),
        joinedSize: inputs.length === 1 ? 0 : layerType(layer).inputSize(layer),
        output: 0,
      };
    });
    this.#byName = new Map(this.#placed.map((placed) => [placed.layer.name, placed]));
    this.#start = this.#memory.end;
  }

  /** Steps that go through one layer before the next: as many as are quick and small. */
  pieceSteps(numRows: number): number {
    return Math.min(MAX_PIECE_STEPS, Math.ceil(PIECE_ROWS / numRows));
  }

  /**
   * Runs a piece through the first layers, and advances its states.
   *
   * @param numLayers all, or as many as what is wanted takes
   * @throws GruError `limit-exceeded` when there is no memory for it, with the states as they were
   */
  run(piece: Piece, numLayers: number): void {
    const { numSteps, states } = piece;
    this.#reserve(states.length, numSteps);
    this.#memory.f32.set(piece.input, this.#input / 4);
    this.#orderRows(piece);
    const frames = this.#frames;
    frames.piece = piece;
    for (let i = 0; i < numLayers; i++) {
      const placed = this.#placed[i]!;
      const numRows = (placed.readsSequence ? numSteps : 1) * states.length;
      const [x, xStride] = this.#gather(placed, numRows);
      frames.x = x;
      frames.xStride = xStride;
      frames.output = placed.output;
      frames.outputStride = placed.stride;
      frames.numRows = numRows;
      placed.cpu.run(frames);
    }
  }

  /**
   * Copies rows of what a layer gave: [T, B, O], or [B, O] where it gives one step only.
   *
   * @param from the first row, and `to` where it goes in `target`
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

  /** Lays the work space out anew where it is too small for so many rows and steps. */
  #reserve(numRows: number, numSteps: number): void {
    const numTimeRows = numRows * numSteps;
    if (numRows <= this.#maxRows && numTimeRows <= this.#maxTimeRows) return;
    const maxRows = Math.max(numRows, this.#maxRows);
    const maxTimeRows = Math.max(numTimeRows, this.#maxTimeRows);
    this.#maxRows = this.#maxTimeRows = 0; // until all is there
    const memory = this.#memory;
    memory.release(this.#start);
    const floats = (length: number) => memory.allocate(4 * length);
    this.#input = floats(maxTimeRows * this.#network.inputSize);
    this.#joined = floats(maxTimeRows * largest(this.#placed.map(({ joinedSize }) => joinedSize)));
    this.#frames.order = floats(maxRows);
    this.#frames.lengths = floats(maxRows);
    this.#frames.work = floats(largest(this.#placed.map(({ cpu }) => cpu.workFloats(maxRows, maxTimeRows))));
    for (const placed of this.#placed) {
      placed.output = floats((placed.isSequence ? maxTimeRows : maxRows) * placed.stride);
    }
    this.#maxRows = maxRows;
    this.#maxTimeRows = maxTimeRows;
  }

  /** Writes which row is which, the longest first, and their lengths. */
  #orderRows({ numSteps, states, lengths }: Piece): void {
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
  #gather({ layer, joinedSize }: Placed, numRows: number): [x: number, stride: number] {
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
