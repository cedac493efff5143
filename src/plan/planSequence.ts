import { concatKernel } from "../kernels/concat.js";
import { denseKernel } from "../kernels/dense.js";
import { embeddingKernel } from "../kernels/embedding.js";
import { gruGatesKernel } from "../kernels/gruGates.js";
import { gruNewKernel } from "../kernels/gruNew.js";
import { gruProjectKernel, PROJECT_TILE_ROWS } from "../kernels/gruProject.js";
import { gruStepKernel } from "../kernels/gruStep.js";
import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import { softmaxKernel } from "../kernels/softmax.js";
import {
  type DenseLayer,
  type EmbeddingLayer,
  type GruLayer,
  layerOutputSize,
  type Layer,
  type Network,
  NETWORK_INPUT,
} from "../model/network.js";
import { type BufferPlan, type Plan, type Stage, STEP_STRIDE_BYTES, STEPS_BUFFER } from "./plan.js";
import { packedWeights } from "./weights.js";

/**
 * Plans chunks of up to `chunkSteps` steps of `batchSize` rows.
 *
 * Each layer runs over all steps of the chunk before the next one starts: its input projection as one product,
 * then one dispatch per step (two when the reset gate comes before the recurrent product).
 */
export function planSequence(network: Network, batchSize: number, chunkSteps: number): Plan {
  return new Planner(network, batchSize, chunkSteps).plan();
}

const BYTES_PER_ELEMENT = 4;

/** Collects buffers and stages, layer by layer. */
class Planner {
  readonly #network: Network;
  readonly #batchSize: number;
  readonly #chunkSteps: number;
  readonly #buffers: BufferPlan[] = [];
  readonly #stages: Stage[] = [];
  /** Features of each output that a layer may read. */
  readonly #sizes = new Map<string, number>();

  constructor(network: Network, batchSize: number, chunkSteps: number) {
    this.#network = network;
    this.#batchSize = batchSize;
    this.#chunkSteps = chunkSteps;
  }

  plan(): Plan {
    const { layers, inputType, inputSize } = this.#network;
    for (const { label, length } of packedWeights(this.#network)) {
      this.#buffers.push({ label, sizeBytes: length * BYTES_PER_ELEMENT, lifetime: "weights" });
    }
    this.#buffers.push({ label: STEPS_BUFFER, sizeBytes: this.#chunkSteps * STEP_STRIDE_BYTES, lifetime: "steps" });
    const input = this.#scratch(NETWORK_INPUT, inputType === "indices" ? 1 : paddedSize(inputSize));
    this.#sizes.set(NETWORK_INPUT, inputSize);
    let output = input;
    for (const layer of layers) {
      output = this.#layer(layer);
      this.#sizes.set(layer.name, layerOutputSize(layer));
    }
    return {
      batchSize: this.#batchSize,
      chunkSteps: this.#chunkSteps,
      buffers: this.#buffers,
      stages: this.#stages,
      input,
      output,
    };
  }

  /** Adds one layer's buffers and stages; returns the label of its output. */
  #layer(layer: Layer): string {
    switch (layer.type) {
      case "embedding":
        return this.#embedding(layer);
      case "dense":
        return this.#dense(layer);
      case "gru":
        return this.#gru(layer);
    }
  }

  #embedding(layer: EmbeddingLayer): string {
    const output = this.#scratch(outputOf(layer.name), paddedSize(layer.embeddingSize));
    this.#rows(embeddingKernel(layer), [NETWORK_INPUT, `${layer.name}.weight`, output]);
    return output;
  }

  #dense({ name, inputs, inputSize, outputSize, activation }: DenseLayer): string {
    const input = this.#gather(name, inputs);
    const weights = [`${name}.weight`, `${name}.bias`];
    const output = this.#scratch(outputOf(name), paddedSize(outputSize));
    if (activation === "softmax" || activation === "logSoftmax") {
      const logits = this.#scratch(`${name}.logits`, paddedSize(outputSize));
      this.#rows(denseKernel(inputSize, outputSize, "linear"), [input, ...weights, logits]);
      this.#rows(softmaxKernel(outputSize, activation), [logits, output]);
    } else {
      this.#rows(denseKernel(inputSize, outputSize, activation), [input, ...weights, output]);
    }
    return output;
  }

  #gru(layer: GruLayer): string {
    const { name, hiddenSize } = layer;
    const input = this.#gather(name, layer.inputs);
    const projection = this.#scratch(`${name}.projection`, paddedSize(3 * hiddenSize));
    // A chunk of fewer rows than a tile, a streamed step say, would spend most of the tile on nothing.
    const isTile = this.#batchSize * this.#chunkSteps >= PROJECT_TILE_ROWS;
    const project = isTile ? gruProjectKernel(layer) : denseKernel(layer.inputSize, 3 * hiddenSize, "linear");
    this.#rows(project, [input, `${name}.weight`, `${name}.bias`, projection]);

    const output = this.#scratch(outputOf(name), paddedSize(hiddenSize));
    const states = [this.#state(`${name}.state0`, hiddenSize), this.#state(`${name}.state1`, hiddenSize)];
    const weights = [`${name}.recurrentWeight`, `${name}.recurrentBias`];
    if (layer.resetAfter) {
      const kernel = gruStepKernel(layer);
      const step = (from: string, to: string) => [
        { kernel, buffers: [STEPS_BUFFER, projection, ...weights, from, to, output] },
      ];
      this.#steps(states, step);
    } else {
      const gated = [this.#state(`${name}.resetState`, hiddenSize), this.#state(`${name}.update`, hiddenSize)];
      const gatesKernel = gruGatesKernel(layer);
      const newKernel = gruNewKernel(layer);
      const step = (from: string, to: string) => [
        { kernel: gatesKernel, buffers: [STEPS_BUFFER, projection, ...weights, from, ...gated] },
        { kernel: newKernel, buffers: [STEPS_BUFFER, projection, ...gated, ...weights, from, to, output] },
      ];
      this.#steps(states, step);
    }
    return output;
  }

  /** The one buffer that holds a layer's inputs: the input itself, or a concatenation. */
  #gather(name: string, inputs: readonly string[]): string {
    if (inputs.length === 1) return outputOf(inputs[0]!);
    const totalSize = inputs.reduce((sum, input) => sum + this.#sizes.get(input)!, 0);
    const output = this.#scratch(`${name}.input`, paddedSize(totalSize));
    let firstColumn = 0;
    for (const input of inputs) {
      const size = this.#sizes.get(input)!;
      this.#rows(concatKernel(size, firstColumn, totalSize), [outputOf(input), output]);
      firstColumn += size;
    }
    return output;
  }

  /** A buffer with room for every row of the chunk, and for the last tile of a projection. */
  #scratch(label: string, rowElements: number): string {
    const numRows = Math.ceil((this.#batchSize * this.#chunkSteps) / PROJECT_TILE_ROWS) * PROJECT_TILE_ROWS;
    return this.#buffer(label, numRows * rowElements, "scratch");
  }

  #state(label: string, hiddenSize: number): string {
    return this.#buffer(label, this.#batchSize * paddedSize(hiddenSize), "state");
  }

  #buffer(label: string, numElements: number, lifetime: BufferPlan["lifetime"]): string {
    this.#buffers.push({ label, sizeBytes: numElements * BYTES_PER_ELEMENT, lifetime });
    return label;
  }

  #rows(kernel: KernelSpec, buffers: string[]): void {
    this.#stages.push({ type: "rows", dispatch: { kernel, buffers } });
  }

  /** The hidden state ping-pongs: an even step reads the first buffer and writes the second, an odd one the reverse. */
  #steps(
    [first, second]: string[],
    step: (from: string, to: string) => { kernel: KernelSpec; buffers: string[] }[],
  ): void {
    this.#stages.push({ type: "steps", even: step(first!, second!), odd: step(second!, first!) });
  }
}

function outputOf(name: string): string {
  return name === NETWORK_INPUT ? NETWORK_INPUT : `${name}.output`;
}
