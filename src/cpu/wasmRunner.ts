import {
  type DenseLayer,
  type EmbeddingLayer,
  type GruLayer,
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  numDirections,
  sequenceNames,
} from "../model/network.js";
import { type Activation, isRowFunction } from "../model/activation.js";
import { type Piece, type Runner, stateStarts } from "./runner.js";
import { WasmMemory } from "./wasmMemory.js";
import type { WasmFunctions } from "./wasmModule.js";
import { ROWS_TOGETHER, roundUp, writeActivation, writeCell, writeMatrix } from "./wasmWeights.js";

/** Rows of one layer before the next begins: their projections stay in the second cache. */
const PIECE_ROWS = 256;
const MAX_PIECE_STEPS = 64;

/** Rows of x that `product` makes whole numbers of at once. */
const PRODUCT_ROWS = 32;

/** What of a layer lies in the memory. Addresses in bytes, strides in elements. */
interface Placed {
  readonly layer: Layer;
  readonly isSequence: boolean;
  readonly size: number;
  /** Elements from row to row of its output. */
  readonly stride: number;
  /** Elements of its input that are not a layer's output: several outputs, side by side. */
  readonly joinedSize: number;
  readonly matrix: number;
  readonly activation: number;
  /** Of each direction. */
  readonly cells: readonly number[];
  /** Where its output is. */
  output: number;
}

/** The loop over layers, steps and rows in WebAssembly. All that a piece needs is laid out once, and again for a larger one. */
export class WasmRunner implements Runner {
  readonly #network: Network;
  readonly #functions: WasmFunctions;
  readonly #memory: WasmMemory;
  readonly #placed: readonly Placed[];
  readonly #byName: ReadonlyMap<string, Placed>;
  readonly #starts: ReadonlyMap<GruLayer, number>;
  /** Where work space begins. */
  readonly #start: number;
  #maxRows = 0;
  #maxTimeRows = 0;
  // Work space: addresses.
  #input = 0;
  #joined = 0;
  #projection = 0;
  #hidden = 0;
  #rows = 0;
  #lengths = 0;
  #scratch = 0;

  constructor(network: Network, functions: WasmFunctions) {
    this.#network = network;
    this.#functions = functions;
    this.#memory = new WasmMemory(functions.memory, functions.memory.buffer.byteLength);
    this.#starts = stateStarts(network);
    const sequences = sequenceNames(network.layers);
    this.#placed = network.layers.map((layer) => this.#place(layer, sequences.has(layer.name)));
    this.#byName = new Map(this.#placed.map((placed) => [placed.layer.name, placed]));
    this.#start = this.#memory.end;
  }

  pieceSteps(numRows: number): number {
    return Math.min(MAX_PIECE_STEPS, Math.ceil(PIECE_ROWS / numRows));
  }

  run(piece: Piece, numLayers: number): void {
    const numRows = piece.states.length;
    this.#reserve(numRows, piece.numSteps);
    this.#memory.f32.set(piece.input, this.#input / 4);
    this.#orderRows(piece);
    for (let i = 0; i < numLayers; i++) {
      const placed = this.#placed[i]!;
      const { layer } = placed;
      if (layer.type === "embedding") this.#lookUp(layer, placed, piece);
      else if (layer.type === "dense") this.#runDense(layer, placed, piece);
      else this.#runGru(layer, placed, piece);
    }
  }

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

  #place(layer: Layer, isSequence: boolean): Placed {
    const memory = this.#memory;
    const size = layerOutputSize(layer);
    const joinedSize = layer.inputs.length === 1 ? 0 : layer.inputs.reduce((sum, name) => sum + this.#sizeOf(name), 0);
    const base = {
      layer,
      isSequence,
      size,
      stride: roundUp(size, ROWS_TOGETHER),
      joinedSize,
      activation: 0,
      cells: [],
      output: 0,
    };
    if (layer.type === "embedding") return { ...base, matrix: 0 };
    const { storage, weight, bias, inputSize: numColumns, weightScale: scale } = layer;
    const numRows = weight.length / numColumns;
    const matrix = writeMatrix(memory, { storage, numRows, numColumns, weight, scale, bias });
    if (layer.type === "dense") {
      const activation = isRowFunction(layer.activation.name)
        ? 0
        : writeActivation(memory, layer.activation as Activation);
      return { ...base, matrix, activation };
    }
    const cells = Array.from({ length: numDirections(layer) }, (_, d) => writeCell(memory, layer, d));
    return { ...base, matrix, cells };
  }

  #sizeOf(name: string): number {
    return name === NETWORK_INPUT ? this.#network.inputSize : layerOutputSize(layerNamed(this.#network, name));
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
    const grus = [...this.#starts.keys()];
    const maxHidden = largest(grus.map(({ hiddenSize }) => hiddenSize));
    const maxColumns = largest(
      this.#placed.map(({ layer }) => (layer.type === "embedding" ? 0 : Math.max(layer.inputSize, maxHidden))),
    );
    this.#input = floats(maxTimeRows * this.#network.inputSize);
    this.#joined = floats(maxTimeRows * largest(this.#placed.map(({ joinedSize }) => joinedSize)));
    this.#projection = floats(maxTimeRows * largest(grus.map((layer) => projectionStride(layer))));
    this.#hidden = floats(maxRows * roundUp(maxHidden, 4));
    this.#rows = floats(maxRows);
    this.#lengths = floats(maxRows);
    this.#scratch = floats(maxRows * (4 * maxHidden + ROWS_TOGETHER + 4) + PRODUCT_ROWS * (4 + roundUp(maxColumns, 4)));
    for (const placed of this.#placed) {
      placed.output = floats((placed.isSequence ? maxTimeRows : maxRows) * placed.stride);
    }
    this.#maxRows = maxRows;
    this.#maxTimeRows = maxTimeRows;
  }

  /** Writes which row is which, the longest first, and their lengths. */
  #orderRows({ numSteps, states, lengths }: Piece): void {
    const { i32 } = this.#memory;
    const [rowsAt, lengthsAt] = [this.#rows / 4, this.#lengths / 4];
    if (lengths === null) {
      for (let row = 0; row < states.length; row++) i32[rowsAt + row] = row;
      i32.fill(numSteps, lengthsAt, lengthsAt + states.length);
    } else {
      const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!);
      i32.set(order, rowsAt);
      i32.set(
        order.map((row) => lengths[row]!),
        lengthsAt,
      );
    }
  }

  /** Rows that go through a layer. */
  #numRows({ isSequence, layer }: Placed, { numSteps, states }: Piece): number {
    return isSequence || layer.type === "gru" ? numSteps * states.length : states.length;
  }

  /** Address and stride of a layer's input: another layer's output, or several outputs side by side. */
  #gather(placed: Placed, piece: Piece): [x: number, stride: number] {
    const { inputs } = placed.layer;
    if (inputs.length === 1) return this.#outputOf(inputs[0]!);
    const { f32 } = this.#memory;
    const numRows = this.#numRows(placed, piece);
    let column = this.#joined / 4;
    for (const name of inputs) {
      const [from, stride] = this.#outputOf(name);
      const size = this.#sizeOf(name);
      for (let row = 0; row < numRows; row++) {
        const start = from / 4 + row * stride;
        f32.copyWithin(column + row * placed.joinedSize, start, start + size);
      }
      column += size;
    }
    return [this.#joined, placed.joinedSize];
  }

  #outputOf(name: string): [x: number, stride: number] {
    if (name === NETWORK_INPUT) return [this.#input, this.#network.inputSize];
    const { output, stride } = this.#byName.get(name)!;
    return [output, stride];
  }

  #lookUp({ weight, embeddingSize }: EmbeddingLayer, placed: Placed, { input }: Piece): void {
    const { f32 } = this.#memory;
    for (let row = 0; row < input.length; row++) {
      const start = input[row]! * embeddingSize;
      f32.set(weight.subarray(start, start + embeddingSize), placed.output / 4 + row * placed.stride);
    }
  }

  #runDense(layer: DenseLayer, placed: Placed, piece: Piece): void {
    const { output, stride, size } = placed;
    const [x, xStride] = this.#gather(placed, piece);
    const numRows = this.#numRows(placed, piece);
    this.#functions.product(output, stride, x, xStride, placed.matrix, numRows, this.#scratch);
    const { name } = layer.activation;
    if (placed.activation === 0) {
      this.#functions.softmaxRows(Number(name === "logSoftmax"), output, stride, numRows, size);
    } else if (name !== "linear") this.#functions.activateRows(placed.activation, output, stride, numRows);
  }

  #runGru(layer: GruLayer, placed: Placed, piece: Piece): void {
    const { hiddenSize } = layer;
    const { states } = piece;
    const [x, xStride] = this.#gather(placed, piece);
    const stride = projectionStride(layer);
    const numTimeRows = this.#numRows(placed, piece);
    this.#functions.product(this.#projection, stride, x, xStride, placed.matrix, numTimeRows, this.#scratch);
    const hiddenStride = roundUp(hiddenSize, 4);
    const hidden = this.#hidden / 4;
    const { f32, i32 } = this.#memory;
    for (let d = 0; d < placed.cells.length; d++) {
      const start = this.#starts.get(layer)! + d * hiddenSize;
      for (let m = 0; m < states.length; m++) {
        const state = states[i32[this.#rows / 4 + m]!]!;
        f32.set(state.subarray(start, start + hiddenSize), hidden + m * hiddenStride);
      }
      this.#functions.recur(
        placed.cells[d]!,
        this.#projection + 4 * d * 3 * hiddenSize,
        stride,
        this.#hidden,
        this.#rows,
        this.#lengths,
        states.length,
        placed.output + 4 * d * hiddenSize,
        placed.stride,
        this.#scratch,
      );
      for (let m = 0; m < states.length; m++) {
        const from = hidden + m * hiddenStride;
        states[i32[this.#rows / 4 + m]!]!.set(f32.subarray(from, from + hiddenSize), start);
      }
    }
  }
}

/** Elements from row to row of a GRU layer's projections, of 3 H for each direction, as many as its matrix has rows. */
function projectionStride(layer: GruLayer): number {
  return roundUp(3 * layerOutputSize(layer), ROWS_TOGETHER);
}

function largest(sizes: readonly number[]): number {
  return Math.max(0, ...sizes);
}
