import type { Session } from "../engine.js";
import {
  type DenseLayer,
  type GruLayer,
  gruLayers,
  type Layer,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  stateLength,
} from "../model/network.js";
import { activate } from "./activate.js";
import { GruRow } from "./gruRow.js";
import { matvec } from "./matvec.js";

/** The plain loop: one row, one step, one layer after the other, in float32. Nothing is allocated per step. */
export class CpuSession implements Session {
  readonly #network: Network;
  readonly #batchSize: number;
  readonly #state: Float32Array; // [B, H] of each GRU layer, one after the other
  readonly #stateStarts = new Map<GruLayer, number>();
  readonly #gruRows = new Map<GruLayer, GruRow>();
  readonly #inputs = new Map<Layer, Float32Array>(); // [I] of each layer
  readonly #outputs = new Map<string, Float32Array>(); // [O] of each layer, and of the network's input

  constructor(network: Network, batchSize: number) {
    this.#network = network;
    this.#batchSize = batchSize;
    this.#state = new Float32Array(stateLength(network, batchSize));
    let stateStart = 0;
    for (const layer of gruLayers(network)) {
      this.#stateStarts.set(layer, stateStart);
      this.#gruRows.set(layer, new GruRow(layer));
      stateStart += batchSize * layer.hiddenSize;
    }
    this.#outputs.set(NETWORK_INPUT, new Float32Array(network.inputSize));
    for (const layer of network.layers) {
      this.#outputs.set(layer.name, new Float32Array(layerOutputSize(layer)));
      const [only, ...others] = layer.inputs.map((name) => this.#outputs.get(name)!);
      const isConcatenation = others.length > 0 && layer.type !== "embedding";
      this.#inputs.set(layer, isConcatenation ? new Float32Array(layer.inputSize) : only!);
    }
  }

  advance(input: Float32Array): Promise<Float32Array> {
    const { inputSize, outputSize, layers } = this.#network;
    const numRows = input.length / inputSize;
    const result = new Float32Array(numRows * outputSize);
    const networkInput = this.#outputs.get(NETWORK_INPUT)!;
    const networkOutput = this.#outputs.get(layers.at(-1)!.name)!;
    for (let row = 0; row < numRows; row++) {
      for (let i = 0; i < inputSize; i++) networkInput[i] = input[row * inputSize + i]!;
      for (const layer of layers) this.#step(layer, row % this.#batchSize);
      result.set(networkOutput, row * outputSize);
    }
    return Promise.resolve(result);
  }

  readState(): Promise<Float32Array> {
    return Promise.resolve(this.#state.slice());
  }

  writeState(state: ArrayLike<number> | null): void {
    if (state === null) this.#state.fill(0);
    else this.#state.set(state);
  }

  dispose(): void {}

  /** One step of one layer for batch row `row`. */
  #step(layer: Layer, row: number): void {
    const input = this.#gather(layer);
    const output = this.#outputs.get(layer.name)!;
    switch (layer.type) {
      case "embedding": {
        const start = input[0]! * layer.embeddingSize;
        for (let i = 0; i < output.length; i++) output[i] = layer.weight[start + i]!;
        return;
      }
      case "dense":
        return stepDense(layer, input, output);
      case "gru": {
        const start = this.#stateStarts.get(layer)! + row * layer.hiddenSize;
        this.#gruRows.get(layer)!.step(input, 0, this.#state, start);
        for (let i = 0; i < output.length; i++) output[i] = this.#state[start + i]!;
      }
    }
  }

  /** The layer's input row: another layer's output, or a concatenation of several. */
  #gather(layer: Layer): Float32Array {
    const input = this.#inputs.get(layer)!;
    if (layer.inputs.length === 1) return input;
    let column = 0;
    for (const name of layer.inputs) {
      const part = this.#outputs.get(name)!;
      input.set(part, column);
      column += part.length;
    }
    return input;
  }
}

function stepDense(layer: DenseLayer, input: Float32Array, output: Float32Array): void {
  matvec(output, 0, layer.weight, layer.bias, input, 0, layer.outputSize, layer.inputSize);
  activate(layer.activation, output);
}
