import { concatKernel } from "../kernels/concat.js";
import { PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { lastStepKernel } from "../kernels/lastStep.js";
import type { Network } from "../model/network.js";
import type { Selection } from "../model/outputRequest.js";
import type { KernelChoice, RowsAndSteps } from "./kernelChoice.js";
import { type BufferPlan, type DispatchPlan, LENGTHS_BUFFER, PARAMS_BUFFER, SLOTS_BUFFER, type Stage } from "./plan.js";
import { stateLayout } from "./stateLayout.js";

const BYTES_PER_ELEMENT = 4;

/** Where a layer's output, or the network's input, is. */
export interface Value {
  readonly buffer: string;
  readonly size: number;
  /** steps x B rows in each chunk, or B rows at the end. */
  readonly isSequence: boolean;
}

/** What to plan for. */
export interface PlanRequest {
  readonly maxRows: number;
  readonly chunkSteps: number;
  /** Give only each row's last step: what comes after the last layer with a state then runs once, at the end. */
  readonly lastOnly: boolean;
  /** What is given of the outputs; all when absent. With none of it, what comes after that layer is left out. */
  readonly output?: Selection;
  /** Draws a token by each step's main output, and writes it where the next step's input is. Then all stages run by steps. */
  readonly sample?: KernelSpec;
  /** Which kernels the device is good at; single steps when null or absent. */
  readonly kernels?: KernelChoice | null;
}

/** What every step kernel begins with. */
export const STEP_BUFFERS: readonly string[] = [PARAMS_BUFFER, LENGTHS_BUFFER, SLOTS_BUFFER];

/** Collects the buffers and stages of a plan; layers add theirs. */
export class Planner {
  readonly network: Network;
  readonly request: PlanRequest;
  /** Elements of one state of all layers. */
  readonly stateSize: number;
  readonly buffers: BufferPlan[] = [];
  readonly stages: Stage[] = [];
  /** Labels of the buffers that are to hold zeros when a chunk begins. */
  readonly cleared: string[] = [];
  /** By the names that layers read. */
  readonly values = new Map<string, Value>();

  constructor(network: Network, request: PlanRequest) {
    this.network = network;
    this.request = request;
    this.stateSize = stateLayout(network).size;
  }

  /** B and T, by which kernels are chosen. */
  get numRowsAndSteps(): RowsAndSteps {
    const { maxRows, chunkSteps, sample } = this.request;
    return [maxRows, sample === undefined ? chunkSteps : 1];
  }

  /** The last step of a value; what is one row already is left as it is. */
  lastStep(name: string): Value {
    const value = this.values.get(name)!;
    const { buffer, size, isSequence } = value;
    if (!isSequence) return value;
    const taken = this.buffers.find(({ label }) => label === `${name}.last`);
    if (taken !== undefined) return { buffer: taken.label, size, isSequence: false };
    return this.takeStep(`${name}.last`, buffer, size, size);
  }

  /** Each row's last step of a sequence, of columns from `firstColumnAtStart` on its first. */
  takeStep(label: string, source: string, size: number, firstColumnAtStart: number): Value {
    const buffer = this.buffer(label, this.request.maxRows * paddedSize(size), "scratch");
    const dispatch = { kernel: lastStepKernel(size, firstColumnAtStart), buffers: [LENGTHS_BUFFER, source, buffer] };
    this.stages.push({ type: "chunk", dispatch });
    return { buffer, size, isSequence: false };
  }

  /** The one buffer that holds a layer's inputs: the input itself, or a concatenation. */
  gather(name: string, inputs: readonly Value[]): string {
    if (inputs.length === 1) return inputs[0]!.buffer;
    const totalSize = inputs.reduce((sum, { size }) => sum + size, 0);
    const output = this.likeInputs(`${name}.input`, inputs, paddedSize(totalSize));
    let firstColumn = 0;
    for (const { buffer, size } of inputs) {
      this.rows(inputs, concatKernel(size, firstColumn, totalSize), [buffer, output]);
      firstColumn += size;
    }
    return output;
  }

  /** A buffer with as many rows as the inputs have. */
  likeInputs(label: string, inputs: readonly Value[], rowElements: number): string {
    if (inputs[0]!.isSequence) return this.sequence(label, rowElements);
    return this.buffer(label, this.request.maxRows * rowElements, "scratch");
  }

  /** A buffer with room for every row of the chunk, and for what a projection's last tile has over. */
  sequence(label: string, rowElements: number): string {
    const numRows = this.request.maxRows * this.request.chunkSteps + PROJECT_TILE_ROWS - 1;
    return this.buffer(label, numRows * rowElements, "scratch");
  }

  /** A buffer of 4-byte elements. @returns its label */
  buffer(label: string, numElements: number, lifetime: BufferPlan["lifetime"]): string {
    this.buffers.push({ label, sizeBytes: numElements * BYTES_PER_ELEMENT, lifetime });
    return label;
  }

  /** A kernel over as many rows as the inputs have; its params come first. */
  rows(inputs: readonly Value[], kernel: KernelSpec, buffers: readonly string[]): void {
    const type = inputs[0]!.isSequence ? "rows" : "end";
    this.stages.push({ type, dispatch: { kernel, buffers: [PARAMS_BUFFER, ...buffers] } });
  }

  /** Kernels that are dispatched for every step, after the buffers that all of them begin with. */
  steps(dispatches: readonly DispatchPlan[]): void {
    this.stages.push({ type: "steps", dispatches });
  }
}
