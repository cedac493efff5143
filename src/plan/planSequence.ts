import { concatKernel } from "../kernels/concat.js";
import { denseKernel } from "../kernels/dense.js";
import { embeddingKernel } from "../kernels/embedding.js";
import { gruGatesKernel } from "../kernels/gruGates.js";
import { gruNewKernel } from "../kernels/gruNew.js";
import { gruProjectKernel, PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import { gruStepKernel } from "../kernels/gruStep.js";
import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { lastStepKernel } from "../kernels/lastStep.js";
import { softmaxKernel } from "../kernels/softmax.js";
import { topKKernel } from "../kernels/topK.js";
import { type Activation, completeActivation, isRowFunction } from "../model/activation.js";
import {
  type DenseLayer,
  type EmbeddingLayer,
  type GruLayer,
  gruLayers,
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  numDirections,
} from "../model/network.js";
import { ALL, neededLayers, type Selection } from "../model/outputRequest.js";
import type { BufferPlan, DispatchPlan, OutputPlan, Plan, Stage } from "./plan.js";
import type { KernelChoice, RowsAndSteps } from "./kernelChoice.js";
import {
  BIASES_BUFFER,
  LENGTHS_BUFFER,
  PARAMS_BUFFER,
  PARAMS_STRIDE_BYTES,
  PLACES_BUFFER,
  PROGRAM_BUFFER,
  SAMPLING_BUFFER,
  SAMPLING_BYTES,
  STATES_BUFFER,
  STATUS_BUFFER,
  WEIGHTS_BUFFER,
} from "./plan.js";
import { stackFrom } from "./stack.js";
import { stateLayout } from "./stateLayout.js";
import { weightArena } from "./weightArena.js";

/** What to plan for. */
export interface PlanRequest {
  readonly maxRows: number;
  readonly chunkSteps: number;
  /** Give only each row's last step: what comes after the last GRU layer then runs once, at the end. */
  readonly lastOnly: boolean;
  /** What is given of the outputs; all when absent. With none of it, what comes after the last GRU layer is left out. */
  readonly output?: Selection;
  /** Draws a token by each step's main output, and writes it where the next step's input is. Then all stages run by steps. */
  readonly sample?: KernelSpec;
  /** Which kernels the device is good at; single steps when null or absent. */
  readonly kernels?: KernelChoice | null;
}

/**
 * Plans chunks of up to `chunkSteps` steps of up to `maxRows` rows.
 *
 * Each layer runs over all steps of the chunk before the next one starts: its input projection as one product,
 * then one dispatch per step (two when the reset gate comes before the recurrent product). A chunk of few rows may have both
 * in one.
 */
export function planSequence(network: Network, request: PlanRequest): Plan {
  return new Planner(network, request).plan();
}

const BYTES_PER_ELEMENT = 4;

/** Where a layer's output, or the network's input, is. */
interface Value {
  readonly buffer: string;
  readonly size: number;
  /** steps x B rows in each chunk, or B rows at the end. */
  readonly isSequence: boolean;
}

/** Collects buffers and stages, layer by layer. */
class Planner {
  readonly #network: Network;
  readonly #request: PlanRequest;
  readonly #buffers: BufferPlan[] = [];
  readonly #stages: Stage[] = [];
  readonly #cleared: string[] = [];
  readonly #values = new Map<string, Value>();
  readonly #stateSize: number;

  constructor(network: Network, request: PlanRequest) {
    this.#network = network;
    this.#request = request;
    this.#stateSize = stateLayout(network).size;
  }

  plan(): Plan {
    const { inputType, inputSize, outputs } = this.#network;
    const { maxRows, chunkSteps, lastOnly, output = ALL, kernels = null } = this.#request;
    const numParams = chunkSteps + (kernels === null ? 0 : Math.max(0, gruLayers(this.#network).length - 1));
    const arena = weightArena(this.#network, kernels?.program(this.#network) ?? null);
    for (const { label, sizeBytes } of arena.parts) this.#buffers.push({ label, sizeBytes, lifetime: "weights" });
    this.#buffers.push({ label: PARAMS_BUFFER, sizeBytes: numParams * PARAMS_STRIDE_BYTES, lifetime: "params" });
    this.#buffer(LENGTHS_BUFFER, maxRows, "scratch");
    this.#buffer(PLACES_BUFFER, maxRows, "scratch");
    this.#buffer(STATES_BUFFER, 2 * this.#stateSize, "state");
    const input = this.#sequence(NETWORK_INPUT, inputType === "indices" ? 1 : paddedSize(inputSize));
    this.#values.set(NETWORK_INPUT, { buffer: input, size: inputSize, isSequence: true });

    if (!this.#wholeNetwork(input)) this.#layers();
    const outputPlan = (name: string): OutputPlan => {
      const value = lastOnly ? this.#lastStep(name) : this.#values.get(name)!;
      return { name, ...value };
    };
    const outputPlans = output.all ? outputs.map(outputPlan) : [];
    if (output.topK > 0) outputPlans.push(this.#topK(outputPlan(outputs[0]!), output.topK));
    const { sample } = this.#request;
    if (sample !== undefined) this.#sample(sample, outputs[0]!, input);
    const isStepMajor = sample !== undefined;
    const [buffers, stages, cleared] = [this.#buffers, this.#stages, this.#cleared];
    return { maxRows, chunkSteps, buffers, stages, isStepMajor, input, outputs: outputPlans, cleared };
  }

  /** One dispatch of all layers, where the device does better by it. @returns whether it does */
  #wholeNetwork(input: string): boolean {
    const { lastOnly, kernels } = this.#request;
    const kernel = lastOnly ? null : kernels?.walkNetwork(this.#network, this.#numRowsAndSteps());
    if (!kernel) return false;
    const name = this.#network.outputs[0]!;
    const size = layerOutputSize(layerNamed(this.#network, name));
    const output = this.#sequence(`${name}.output`, paddedSize(size));
    const buffers = [...STEP_BUFFERS, PROGRAM_BUFFER, input, WEIGHTS_BUFFER, BIASES_BUFFER, STATES_BUFFER, output];
    this.#stages.push({ type: "walk", dispatches: [{ kernel, buffers }] });
    this.#values.set(name, { buffer: output, size, isSequence: true });
    return true;
  }

  /** B and T, by which kernels are chosen. */
  #numRowsAndSteps(): RowsAndSteps {
    const { maxRows, chunkSteps, sample } = this.#request;
    return [maxRows, sample === undefined ? chunkSteps : 1];
  }

  #layers(): void {
    const { lastOnly, output = ALL } = this.#request;
    const layers = neededLayers(this.#network, output);
    const lastGru = layers.map(({ type }) => type).lastIndexOf("gru");
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i]!;
      const isTail = lastOnly && i > lastGru && layer.type === "dense";
      const inputs = layer.inputs.map((name) => (isTail ? this.#lastStep(name) : this.#values.get(name)!));
      const stack = stackFrom(this.#network, i);
      if (stack.length > 1 && this.#waves(stack, inputs)) i += stack.length - 1;
      else this.#values.set(layer.name, this.#layer(layer, inputs));
    }
  }

  /** All layers of a stack wave by wave, where the device does better by it. @returns whether it does */
  #waves(stack: readonly GruLayer[], inputs: readonly Value[]): boolean {
    const { maxRows, kernels } = this.#request;
    const [wave, second] = kernels?.walkStack(this.#network, stack, this.#stateSize, this.#numRowsAndSteps()) ?? [];
    if (wave === undefined) return false;
    const { name, hiddenSize: size } = stack.at(-1)!;
    const projection = this.#project(stack[0]!, inputs);
    const buffer = this.#sequence(`${name}.output`, paddedSize(size));
    const weights = [PROGRAM_BUFFER, WEIGHTS_BUFFER, BIASES_BUFFER, STATES_BUFFER];
    const dispatches: DispatchPlan[] = [];
    if (second === undefined) {
      dispatches.push({ kernel: wave, buffers: [...STEP_BUFFERS, projection, ...weights, buffer] });
    } else {
      const gated = this.#buffer(`${name}.gated`, 3 * stack.length * maxRows * paddedSize(size), "scratch");
      dispatches.push({ kernel: wave, buffers: [...STEP_BUFFERS, projection, ...weights, gated] });
      dispatches.push({ kernel: second, buffers: [...STEP_BUFFERS, gated, ...weights, buffer] });
    }
    this.#stages.push({ type: "waves", dispatches, numLayers: stack.length });
    this.#values.set(name, { buffer, size, isSequence: true });
    return true;
  }

  #topK(main: OutputPlan, topK: number): OutputPlan {
    const name = `${main.name}.topK`;
    const buffer = this.#likeInputs(name, [main], paddedSize(2 * topK));
    this.#rows([main], topKKernel(main.size, topK), [main.buffer, buffer]);
    return { ...main, name, buffer, size: 2 * topK };
  }

  #sample(kernel: KernelSpec, output: string, index: string): void {
    const scores = this.#values.get(output)!;
    this.#buffer(SAMPLING_BUFFER, SAMPLING_BYTES / BYTES_PER_ELEMENT, "scratch");
    this.#rows([scores], kernel, [SAMPLING_BUFFER, scores.buffer, index]);
  }

  #layer(layer: Layer, inputs: readonly Value[]): Value {
    switch (layer.type) {
      case "embedding":
        return this.#embedding(layer, inputs[0]!);
      case "dense":
        return this.#dense(layer, inputs);
      case "gru":
        return this.#gru(layer, inputs);
    }
  }

  #embedding(layer: EmbeddingLayer, input: Value): Value {
    const { name, embeddingSize } = layer;
    const buffer = this.#likeInputs(`${name}.output`, [input], paddedSize(embeddingSize));
    this.#rows([input], embeddingKernel(layer), [input.buffer, `${name}.weight`, `${name}.scale`, buffer]);
    return { buffer, size: embeddingSize, isSequence: input.isSequence };
  }

  #dense(layer: DenseLayer, inputs: readonly Value[]): Value {
    const { name, inputSize, outputSize, activation, storage } = layer;
    const input = this.#gather(name, inputs);
    const weights = [`${name}.weight`, `${name}.bias`];
    const buffer = this.#likeInputs(`${name}.output`, inputs, paddedSize(outputSize));
    const row = activation.name;
    if (isRowFunction(row)) {
      const logits = this.#likeInputs(`${name}.logits`, inputs, paddedSize(outputSize));
      this.#rows(inputs, denseKernel(inputSize, outputSize, LINEAR, storage), [input, ...weights, logits]);
      this.#rows(inputs, softmaxKernel(outputSize, row), [logits, buffer]);
    } else {
      const kernel = denseKernel(inputSize, outputSize, activation as Activation, storage);
      this.#rows(inputs, kernel, [input, ...weights, buffer]);
    }
    return { buffer, size: outputSize, isSequence: inputs[0]!.isSequence };
  }

  /** x W + b of every step. @returns its buffer */
  #project(layer: GruLayer, inputs: readonly Value[]): string {
    const { name, inputSize, hiddenSize, storage } = layer;
    const directions = numDirections(layer);
    const input = this.#gather(name, inputs);
    const projection = this.#sequence(`${name}.projection`, paddedSize(3 * hiddenSize * directions));
    // A chunk of fewer rows than a tile, a streamed step say, would spend most of the tile on nothing.
    const [numRows, numSteps] = this.#numRowsAndSteps();
    const isTile = numRows * numSteps >= PROJECT_TILE_ROWS;
    const lone = () => denseKernel(inputSize, 3 * hiddenSize * directions, LINEAR, storage);
    this.#rows(inputs, isTile ? gruProjectKernel(layer) : lone(), [
      input,
      `${name}.weight`,
      `${name}.bias`,
      projection,
    ]);
    return projection;
  }

  #gru(layer: GruLayer, inputs: readonly Value[]): Value {
    const { name, hiddenSize } = layer;
    const directions = numDirections(layer);
    const { kernels } = this.#request;
    const cell = kernels?.cellLayer(this.#network, layer, this.#stateSize, this.#numRowsAndSteps());
    const source = cell ? this.#gather(name, inputs) : this.#project(layer, inputs);
    const buffer = this.#sequence(`${name}.output`, paddedSize(directions * hiddenSize));
    const state = `${name}.state`;
    if (cell) {
      const buffers = [...STEP_BUFFERS, source, WEIGHTS_BUFFER, BIASES_BUFFER, state, buffer];
      this.#stages.push({ type: "steps", dispatches: [{ kernel: cell, buffers }] });
    } else {
      this.#stages.push(this.#walk(layer, source, state, buffer));
    }
    const sequence = { buffer, size: directions * hiddenSize, isSequence: true };
    return layer.returnSequences ? sequence : this.#finalStep(layer, sequence);
  }

  /** From the projection of every step to the output of every step. */
  #walk(layer: GruLayer, projection: string, state: string, output: string): Stage {
    const kernels = this.#request.kernels?.walkLayer(layer, this.#stateSize, this.#numRowsAndSteps());
    if (kernels) {
      const buffers = [...STEP_BUFFERS, projection, ...recurrentWeights(layer), state, output];
      if (kernels.length > 1) buffers.push(this.#handOver(output));
      return { type: "walk", dispatches: kernels.map((kernel) => ({ kernel, buffers })) };
    }
    const dispatches = layer.resetAfter
      ? this.#stepAfter(layer, projection, state, output)
      : this.#stepBefore(layer, projection, state, output);
    return { type: "steps", dispatches };
  }

  /** Has an output cleared, by which workgroups see what is there. @returns the buffer where they say what is not */
  #handOver(output: string): string {
    if (this.#cleared.length === 0)
      this.#cleared.push(this.#buffer(STATUS_BUFFER, 1 + 2 * this.#request.maxRows, "scratch"));
    this.#cleared.push(output);
    return STATUS_BUFFER;
  }

  #stepAfter(layer: GruLayer, projection: string, state: string, output: string): DispatchPlan[] {
    const buffers = [...STEP_BUFFERS, projection, ...recurrentWeights(layer), state, output];
    const chosen = this.#request.kernels?.stepLayer(layer, this.#stateSize, this.#numRowsAndSteps());
    return [{ kernel: chosen ?? gruStepKernel(layer, this.#stateSize), buffers }];
  }

  #stepBefore(layer: GruLayer, projection: string, state: string, output: string): DispatchPlan[] {
    const gatedElements = 2 * numDirections(layer) * this.#request.maxRows * paddedSize(layer.hiddenSize);
    const gated = this.#buffer(`${layer.name}.gated`, gatedElements, "scratch");
    const weights = recurrentWeights(layer);
    return [
      {
        kernel: gruGatesKernel(layer, this.#stateSize),
        buffers: [...STEP_BUFFERS, projection, ...weights, state, gated],
      },
      {
        kernel: gruNewKernel(layer, this.#stateSize),
        buffers: [...STEP_BUFFERS, projection, gated, ...weights, state, output],
      },
    ];
  }

  /** The state after each row's last step, as an output of B rows. */
  #finalStep(layer: GruLayer, { buffer, size }: Value): Value {
    const firstReverse = { forward: size, reverse: 0, bidirectional: layer.hiddenSize }[layer.direction];
    return this.#takeStep(`${layer.name}.final`, buffer, size, firstReverse);
  }

  /** The last step of a sequence; what is one row already is left as it is. */
  #lastStep(name: string): Value {
    const { buffer, size, isSequence } = this.#values.get(name)!;
    const taken = this.#buffers.find(({ label }) => label === `${name}.last`);
    if (!isSequence) return this.#values.get(name)!;
    if (taken !== undefined) return { buffer: taken.label, size, isSequence: false };
    return this.#takeStep(`${name}.last`, buffer, size, size);
  }

  #takeStep(label: string, source: string, size: number, firstColumnAtStart: number): Value {
    const buffer = this.#buffer(label, this.#request.maxRows * paddedSize(size), "scratch");
    const dispatch = { kernel: lastStepKernel(size, firstColumnAtStart), buffers: [LENGTHS_BUFFER, source, buffer] };
    this.#stages.push({ type: "chunk", dispatch });
    return { buffer, size, isSequence: false };
  }

  /** The one buffer that holds a layer's inputs: the input itself, or a concatenation. */
  #gather(name: string, inputs: readonly Value[]): string {
    if (inputs.length === 1) return inputs[0]!.buffer;
    const totalSize = inputs.reduce((sum, { size }) => sum + size, 0);
    const output = this.#likeInputs(`${name}.input`, inputs, paddedSize(totalSize));
    let firstColumn = 0;
    for (const { buffer, size } of inputs) {
      this.#rows(inputs, concatKernel(size, firstColumn, totalSize), [buffer, output]);
      firstColumn += size;
    }
    return output;
  }

  /** A buffer with as many rows as the inputs have. */
  #likeInputs(label: string, inputs: readonly Value[], rowElements: number): string {
    if (inputs[0]!.isSequence) return this.#sequence(label, rowElements);
    return this.#buffer(label, this.#request.maxRows * rowElements, "scratch");
  }

  /** A buffer with room for every row of the chunk, and for what a projection's last tile has over. */
  #sequence(label: string, rowElements: number): string {
    const numRows = this.#request.maxRows * this.#request.chunkSteps + PROJECT_TILE_ROWS - 1;
    return this.#buffer(label, numRows * rowElements, "scratch");
  }

  #buffer(label: string, numElements: number, lifetime: BufferPlan["lifetime"]): string {
    this.#buffers.push({ label, sizeBytes: numElements * BYTES_PER_ELEMENT, lifetime });
    return label;
  }

  /** A kernel over as many rows as the inputs have; its params come first. */
  #rows(inputs: readonly Value[], kernel: KernelSpec, buffers: string[]): void {
    const type = inputs[0]!.isSequence ? "rows" : "end";
    this.#stages.push({ type, dispatch: { kernel, buffers: [PARAMS_BUFFER, ...buffers] } });
  }
}

const LINEAR = completeActivation("linear");

/** What every step kernel begins with. */
const STEP_BUFFERS = [PARAMS_BUFFER, LENGTHS_BUFFER, PLACES_BUFFER];

function recurrentWeights({ name }: GruLayer): string[] {
  return [`${name}.recurrentWeight`, `${name}.recurrentBias`];
}
