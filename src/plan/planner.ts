import { concatKernel } from "../kernels/concat.js";
import { PROJECT_TILE_ROWS } from "../kernels/recurrentProject.js";
import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { type EndColumns, lastStepKernel } from "../kernels/lastStep.js";
import { type Cadence, EVERY_STEP, stepsAt } from "../layers/cadence.js";
import { type Layer, stateBlocks } from "../layers/index.js";
import { isStepByStep, type Network } from "../model/network.js";
import type { Selection } from "../model/outputRequest.js";
import type { NetworkLayout } from "./networkLayout.js";
import { type BufferPlan, type DispatchPlan, PARAMS_STRIDE_BYTES, type Stage } from "./plan.js";
import type { RowsAndSteps, Tuning } from "./tuning.js";

const BYTES_PER_ELEMENT = 4;

/** Where a layer's output, or the network's input, is. */
export interface Value {
  readonly buffer: BufferPlan;
  readonly size: number;
  /** steps x B rows in each chunk, or B rows at the end. */
  readonly isSequence: boolean;
}

/** One way to go on. */
export interface Alternative<T> {
  /** Whether it is right for chunks of so many rows, and of so many rows and steps. */
  readonly isForRows: boolean;
  readonly isRight: boolean;
  plan(): T;
}

/** For an alternative that is right for every chunk. */
export const ALWAYS = { isForRows: true, isRight: true };

/** A planning that takes several alternatives at once: all, or those for as many rows as are asked for. */
export type Survey = "all" | "rows";

/** A request for a plan. */
export interface PlanRequest {
  readonly maxRows: number;
  readonly chunkSteps: number;
  /** Give only each row's last step: layers after the last one with a state then run once, at the end. */
  readonly lastOnly: boolean;
  /** Outputs to give; all when absent. With none of them, layers after that one are left out. */
  readonly output?: Selection;
  /** Draws a token by each step's main output, and writes it where the next step's input is. Then all stages run by steps. */
  readonly sample?: KernelSpec;
  /** The kernel families that the device takes. */
  readonly tuning: Tuning;
}

/** Collects the buffers and stages of a plan; layers add theirs. */
export class Planner {
  readonly layout: NetworkLayout;
  readonly request: PlanRequest;
  readonly #survey: Survey | null;
  readonly buffers: BufferPlan[] = [];
  readonly stages: Stage[] = [];
  /** Buffers that must hold zeros when a chunk begins. */
  readonly cleared: BufferPlan[] = [];
  status: BufferPlan | null = null;
  readonly params: BufferPlan;
  /** Steps of each row, of each of the layout's cadences. */
  readonly allLengths: readonly BufferPlan[];
  readonly slots: readonly BufferPlan[];
  /** Of the inputs of the layer that is planned. */
  cadence: Cadence = EVERY_STEP;
  /** By the names that layers read. */
  readonly values = new Map<string, Value>();
  readonly #lastSteps = new Map<Value, Value>();

  constructor(layout: NetworkLayout, request: PlanRequest, survey: Survey | null) {
    const { maxRows, chunkSteps } = request;
    this.layout = layout;
    this.request = request;
    this.#survey = survey;
    this.buffers.push(...layout.weights, layout.states);
    // The wavefronts of a stack are more than the steps: one for each further layer.
    const numStateful = layout.network.layers.filter((layer) => stateBlocks(layer).length > 0).length;
    const { cadences } = layout;
    const mostSteps = Math.max(...cadences.map((cadence) => stepsAt(cadence, chunkSteps)));
    const numParams = mostSteps + Math.max(0, numStateful - 1);
    const sizeBytes = numParams * PARAMS_STRIDE_BYTES;
    this.params = { label: "params", sizeBytes, stepBytes: PARAMS_STRIDE_BYTES, lifetime: "params" };
    this.buffers.push(this.params);
    const ofEach = (label: string, list: readonly unknown[]) =>
      list.map((_, i) => this.buffer(i === 0 ? label : `${label}.${i}`, maxRows));
    this.allLengths = ofEach("lengths", cadences);
    this.slots = ofEach("slots", layout.beats);
  }

  get network(): Network {
    return this.layout.network;
  }

  /** Buffers that every kernel of a step begins with. */
  get stepBuffers(): readonly BufferPlan[] {
    const i = this.layout.cadences.indexOf(this.cadence);
    return [this.params, this.allLengths[i]!, this.slots[i]!];
  }

  /** Steps of each row of the inputs of the layer that is planned. */
  get lengths(): BufferPlan {
    return this.lengthsOf(this.cadence);
  }

  /** Steps of each row of a sequence. */
  lengthsOf(cadence: Cadence): BufferPlan {
    return this.allLengths[this.layout.cadences.indexOf(cadence)]!;
  }

  /** B and T, by which kernels are chosen. */
  get numRowsAndSteps(): RowsAndSteps {
    const { maxRows, chunkSteps, sample } = this.request;
    const isStepMajor = sample !== undefined || isStepByStep(this.network);
    return [maxRows, isStepMajor ? 1 : Math.max(1, stepsAt(this.cadence, chunkSteps))];
  }

  /** Takes the first alternative that is right. A survey takes several, and gives the result of the last one. */
  choose<T>(alternatives: readonly Alternative<T>[]): T {
    if (this.#survey === null) return alternatives.find(({ isRight }) => isRight)!.plan();
    const taken = alternatives.filter(({ isForRows }) => isForRows || this.#survey === "all");
    return taken.map((alternative) => alternative.plan()).at(-1)!;
  }

  /** The last step of a value; a value of one row already is left as it is. */
  lastStep(name: string): Value {
    const value = this.values.get(name)!;
    if (!value.isSequence) return value;
    const { buffer, size } = value;
    const last =
      this.#lastSteps.get(value) ?? this.takeStep(`${name}.last`, buffer, size, { partSize: size, firstAtStart: size });
    this.#lastSteps.set(value, last);
    return last;
  }

  /** Each row's last step of a sequence, of some columns its first. */
  takeStep(label: string, source: BufferPlan, size: number, columns: EndColumns): Value {
    const buffer = this.buffer(label, this.request.maxRows * paddedSize(size));
    const lengths = this.lengthsOf(source.cadence!);
    const dispatch = { kernel: lastStepKernel(size, columns), buffers: [lengths, source, buffer] };
    this.stages.push({ type: "chunk", dispatch });
    return { buffer, size, isSequence: false };
  }

  /**
   * One frame of each row from all of its steps, by a kernel that goes on from the layer's state. Bindings: params, lengths,
   * slots, source, state, output.
   */
  summarise(layer: Layer, kernel: KernelSpec, source: BufferPlan, size: number): Value {
    const buffer = this.buffer(`${layer.name}.output`, this.request.maxRows * paddedSize(size));
    const slots = this.slots[this.layout.beats.indexOf("chunk")]!;
    const buffers = [this.params, this.lengths, slots, source, this.layout.state(layer), buffer];
    this.stages.push({ type: "chunk", dispatch: { kernel, buffers } });
    return { buffer, size, isSequence: false };
  }

  /** The one buffer that holds a layer's inputs: the input itself, or a concatenation. */
  gather(name: string, inputs: readonly Value[]): BufferPlan {
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
  likeInputs(label: string, inputs: readonly Value[], rowElements: number): BufferPlan {
    if (inputs[0]!.isSequence) return this.sequence(label, rowElements, inputs[0]!.buffer.cadence);
    return this.buffer(label, this.request.maxRows * rowElements);
  }

  /** A buffer with room for every row of the chunk, and for the rows that a projection's last tile adds. */
  sequence(label: string, rowElements: number, cadence = this.cadence): BufferPlan {
    const { maxRows, chunkSteps } = this.request;
    const numRows = maxRows * Math.max(1, stepsAt(cadence, chunkSteps)) + PROJECT_TILE_ROWS - 1;
    return this.buffer(label, numRows * rowElements, (maxRows * rowElements) / cadence.stride, cadence);
  }

  /** A scratch buffer of 4-byte elements. @param stepElements for each further step of the chunk, of a sequence */
  buffer(label: string, numElements: number, stepElements = 0, cadence?: Cadence): BufferPlan {
    const buffer: BufferPlan = {
      label,
      sizeBytes: numElements * BYTES_PER_ELEMENT,
      stepBytes: stepElements * BYTES_PER_ELEMENT,
      lifetime: "scratch",
      ...(cadence === undefined ? {} : { cadence }),
    };
    this.buffers.push(buffer);
    return buffer;
  }

  /** A kernel over as many rows as the inputs have; its params come first. */
  rows(inputs: readonly Value[], kernel: KernelSpec, buffers: readonly BufferPlan[]): void {
    const [{ isSequence, buffer }] = inputs as [Value];
    const dispatch = { kernel, buffers: [this.params, ...buffers] };
    this.add({ type: isSequence ? "rows" : "end", dispatch }, buffer.cadence);
  }

  /** Kernels that are dispatched for every step. */
  steps(dispatches: readonly DispatchPlan[]): void {
    this.add({ type: "steps", dispatches });
  }

  /** Adds a stage, by the steps of the inputs of the layer that is planned. */
  add(stage: Stage, cadence = this.cadence): void {
    this.stages.push(cadence === EVERY_STEP ? stage : { ...stage, cadence });
  }
}
