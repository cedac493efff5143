import type { Chunk, CpuLayer, Frames } from "./cpuLayer.js";
import { type CpuMemory, LINE_BYTES, roundUp } from "./cpuMemory.js";
import { OUTPUTS_TOGETHER } from "./matrix.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_INPUT = new Float32Array();

const same = (length: number) => length;

/** Sizes of the layer that each row of a frame goes through. */
export interface RowShape {
  /** R, of a frame */
  readonly rows: number;
  readonly inputSize: number;
  /** D H */
  readonly outputSize: number;
  readonly hiddenSize: number;
  /** Elements of a row's state. */
  readonly stateLength: number;
}

/** Where frames lie: an address, and elements from one to the next. */
export interface Place {
  address: number;
  batch: number;
  row: number;
  step: number;
}

/**
 * Runs a layer over the rows of some frames, as so many rows of a batch. Frames that do not lie as the layer reads and writes
 * them, [T, B R, I], are copied. A push allocates nothing.
 */
export class RowRunner {
  readonly #cpu: CpuLayer;
  readonly #memory: CpuMemory;
  readonly #shape: RowShape;
  readonly #chunk: Mutable<Chunk> = { input: NO_INPUT, numSteps: 0, states: [], lengths: null };
  readonly #frames: Mutable<Frames>;
  /** The states of as many rows as there ever were. */
  readonly #allStates: Float32Array[] = [];
  #numBatchRows = 0;
  /** Addresses of copies. */
  #x = 0;
  #output = 0;

  constructor(cpu: CpuLayer, memory: CpuMemory, shape: RowShape) {
    this.#cpu = cpu;
    this.#memory = memory;
    this.#shape = shape;
    const nowhere = { x: 0, xStride: 0, output: 0, outputStride: 0, order: 0, lengths: 0, work: 0 };
    this.#frames = { ...nowhere, numRows: 0, chunk: this.#chunk };
  }

  /** Of each row of each frame: [D, H] of each block of state, one after the other. */
  get states(): readonly Float32Array[] {
    return this.#chunk.states;
  }

  /** Elements of work space for up to so many frames side by side, and so many frames of all steps. */
  workFloats(maxBatchRows: number, maxTimeRows: number): number {
    const [maxRows, maxRowSteps] = [maxBatchRows * this.#shape.rows, maxTimeRows * this.#shape.rows];
    this.#layOut(0, maxRows, maxRowSteps);
    return this.#frames.work / 4 + (this.#cpu.workFloats?.(maxRows, maxRowSteps) ?? 0);
  }

  /** Prepares a run: every row has all steps, and the state that it had last. @param work address of the work space */
  begin(numBatchRows: number, numSteps: number, work: number): void {
    const chunk = this.#chunk;
    const numRows = numBatchRows * this.#shape.rows;
    this.#numBatchRows = numBatchRows;
    chunk.numSteps = numSteps;
    chunk.lengths = null;
    this.takeStates(numRows);
    this.#frames.numRows = numRows * numSteps;
    this.#layOut(work, numRows, numRows * numSteps);
    const { i32 } = this.#memory;
    const [order, lengths] = [this.#frames.order / 4, this.#frames.lengths / 4];
    for (let row = 0; row < numRows; row++) {
      i32[order + row] = row;
      i32[lengths + row] = numSteps;
    }
  }

  /** Gives the rows of each row of the batch its place in the order and its length. @param lengthOf the length here */
  takeLengths({ order, lengths, chunk }: Frames, lengthOf: (length: number) => number = same): void {
    if (chunk.lengths === null) return;
    const { rows } = this.#shape;
    const { i32 } = this.#memory;
    const own = this.#frames;
    for (let i = 0; i < this.#numBatchRows * rows; i++) {
      const batchRow = Math.floor(i / rows);
      i32[own.order / 4 + i] = i32[order / 4 + batchRow]! * rows + (i % rows);
      i32[own.lengths / 4 + i] = lengthOf(i32[lengths / 4 + batchRow]!);
    }
    this.#chunk.lengths = chunk.lengths.flatMap((length) => Array.from({ length: rows }, () => lengthOf(length)));
  }

  run(x: Place, output: Place): void {
    const { inputSize, outputSize, hiddenSize } = this.#shape;
    const frames = this.#frames;
    const isInPlace = this.#isDense(x, inputSize);
    frames.x = isInPlace ? x.address : this.#x;
    frames.xStride = inputSize;
    if (!isInPlace) this.#copy(x, inputSize, this.#x, inputSize, true);
    // A layer may write up to a multiple of four units, over those of the next row.
    const isWrittenInPlace = hiddenSize % 4 === 0 && this.#isDense(output, outputSize);
    frames.output = isWrittenInPlace ? output.address : this.#output;
    frames.outputStride = isWrittenInPlace ? outputSize : this.#copyStride;
    this.#cpu.run(frames);
    if (!isWrittenInPlace) this.#copy(output, outputSize, this.#output, this.#copyStride, false);
  }

  get #copyStride(): number {
    return roundUp(this.#shape.outputSize, OUTPUTS_TOGETHER);
  }

  #layOut(work: number, numRows: number, numRowSteps: number): void {
    const frames = this.#frames;
    frames.order = work;
    frames.lengths = after(frames.order, numRows);
    this.#x = after(frames.lengths, numRows);
    this.#output = after(this.#x, numRowSteps * this.#shape.inputSize);
    frames.work = after(this.#output, numRowSteps * this.#copyStride);
  }

  /** Makes `states` those of so many rows. */
  takeStates(numRows: number): void {
    const all = this.#allStates;
    while (all.length < numRows) all.push(new Float32Array(this.#shape.stateLength));
    if (this.#chunk.states.length !== numRows) this.#chunk.states = all.slice(0, numRows);
  }

  /** Whether frames lie as [T, B R, size]. */
  #isDense({ batch, row, step }: Place, size: number): boolean {
    const { rows } = this.#shape;
    const numBatchRows = this.#numBatchRows;
    return (
      (rows === 1 || row === size) &&
      (numBatchRows === 1 || batch === rows * size) &&
      (this.#chunk.numSteps === 1 || step === numBatchRows * rows * size)
    );
  }

  /** Copies frames to [T, B R, stride], or from there. */
  #copy({ address, batch, row, step }: Place, size: number, copy: number, stride: number, isToCopy: boolean): void {
    const { f32 } = this.#memory;
    const { rows } = this.#shape;
    let at = copy / 4;
    for (let t = 0; t < this.#chunk.numSteps; t++) {
      for (let b = 0; b < this.#numBatchRows; b++) {
        for (let r = 0; r < rows; r++, at += stride) {
          const place = address / 4 + t * step + b * batch + r * row;
          if (isToCopy) for (let i = 0; i < size; i++) f32[at + i] = f32[place + i]!;
          else for (let i = 0; i < size; i++) f32[place + i] = f32[at + i]!;
        }
      }
    }
  }
}

/** The first cache line after an array. */
function after(address: number, numElements: number): number {
  return address + roundUp(4 * numElements, LINE_BYTES);
}
