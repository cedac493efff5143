import type { Advance, Advanced, Session } from "../engine.js";
import {
  type DenseLayer,
  type EmbeddingLayer,
  type GruLayer,
  gruLayers,
  hasReverse,
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  sequenceNames,
  stateLength,
} from "../model/network.js";
import { activateRows } from "./activate.js";
import { GruCell } from "./gruCell.js";
import { matvec } from "./matvec.js";

/** Steps that go through one layer before the next: enough to keep a layer's weights in the cache, little memory. */
const CHUNK_STEPS = 64;

/** A piece of a sequence on its way through the layers. */
interface Chunk {
  readonly numSteps: number;
  /** Steps of each row in this chunk, [B]. */
  readonly lengths: readonly number[];
  /** [steps, B, O] of each layer done, or [B, O] where it gives one step only; and of the network's input. */
  readonly values: Map<string, Float32Array>;
}

/** The plain loop: layer by layer, step by step, row by row, in float32. */
export class CpuSession implements Session {
  readonly #network: Network;
  readonly #batchSize: number;
  readonly #sequences: ReadonlySet<string>;
  readonly #state: Float32Array; // [D, B, H] of each GRU layer, one after the other
  readonly #stateStarts = new Map<GruLayer, number>();
  readonly #cells = new Map<GruLayer, GruCell[]>();

  constructor(network: Network, batchSize: number) {
    this.#network = network;
    this.#batchSize = batchSize;
    this.#sequences = sequenceNames(network.layers);
    this.#state = new Float32Array(stateLength(network, batchSize));
    let stateStart = 0;
    for (const layer of gruLayers(network)) {
      this.#stateStarts.set(layer, stateStart);
      this.#cells.set(layer, GruCell.of(layer));
      stateStart += batchSize * layerOutputSize(layer);
    }
  }

  advance({ input, lengths, lastOnly, withState }: Advance): Promise<Advanced> {
    const { inputSize, outputs: names } = this.#network;
    const stepElements = this.#batchSize * inputSize;
    const numSteps = input.length / stepElements;
    const outputs = names.map((name) => {
      const isSequence = this.#sequences.has(name) && !lastOnly;
      const size = layerOutputSize(layerNamed(this.#network, name));
      return new Float32Array((isSequence ? numSteps : 1) * this.#batchSize * size);
    });
    const chunkSteps = hasReverse(this.#network) ? numSteps : CHUNK_STEPS;
    for (let start = 0; start < numSteps; start += chunkSteps) {
      const end = Math.min(start + chunkSteps, numSteps);
      const chunk = {
        numSteps: end - start,
        lengths: Array.from({ length: this.#batchSize }, (_, row) =>
          Math.min(end - start, Math.max(0, (lengths?.[row] ?? numSteps) - start)),
        ),
        values: new Map([[NETWORK_INPUT, input.subarray(start * stepElements, end * stepElements)]]),
      };
      for (const layer of this.#network.layers) chunk.values.set(layer.name, this.#runLayer(layer, chunk));
      names.forEach((name, i) => this.#give(name, chunk, start, lastOnly, outputs[i]!));
    }
    return Promise.resolve({ outputs, state: withState ? this.#state.slice() : new Float32Array() });
  }

  writeState(state: Float32Array | null): void {
    if (state === null) this.#state.fill(0);
    else this.#state.set(state);
  }

  dispose(): void {}

  /** Copies what a chunk gives of one output to its place, for the rows that have not ended. */
  #give(name: string, chunk: Chunk, start: number, lastOnly: boolean, output: Float32Array): void {
    const values = chunk.values.get(name)!;
    const size = layerOutputSize(layerNamed(this.#network, name));
    const copy = (from: number, to: number) => output.set(values.subarray(from * size, (from + 1) * size), to * size);
    for (let row = 0; row < this.#batchSize; row++) {
      const length = chunk.lengths[row]!;
      if (length === 0) continue;
      if (!this.#sequences.has(name)) copy(row, row);
      else if (lastOnly) copy((length - 1) * this.#batchSize + row, row);
      else {
        for (let step = 0; step < length; step++) {
          copy(step * this.#batchSize + row, (start + step) * this.#batchSize + row);
        }
      }
    }
  }

  #runLayer(layer: Layer, chunk: Chunk): Float32Array {
    const input = this.#gather(layer, chunk);
    switch (layer.type) {
      case "embedding":
        return runEmbedding(layer, input);
      case "dense":
        return runDense(layer, input);
      case "gru":
        return this.#runGru(layer, input, chunk);
    }
  }

  /** The layer's input rows: another layer's output, or a concatenation of several. */
  #gather(layer: Layer, { values }: Chunk): Float32Array {
    const parts = layer.inputs.map((name) => values.get(name)!);
    if (parts.length === 1) return parts[0]!;
    const sizes = layer.inputs.map((name) =>
      name === NETWORK_INPUT ? this.#network.inputSize : layerOutputSize(layerNamed(this.#network, name)),
    );
    const totalSize = sizes.reduce((sum, size) => sum + size, 0);
    const numRows = parts[0]!.length / sizes[0]!;
    const joined = new Float32Array(numRows * totalSize);
    let column = 0;
    parts.forEach((part, i) => {
      const size = sizes[i]!;
      for (let row = 0; row < numRows; row++) {
        joined.set(part.subarray(row * size, (row + 1) * size), row * totalSize + column);
      }
      column += size;
    });
    return joined;
  }

  #runGru(layer: GruLayer, input: Float32Array, { numSteps, lengths }: Chunk): Float32Array {
    const { inputSize, hiddenSize, direction, returnSequences } = layer;
    const size = layerOutputSize(layer);
    const numGateRows = 3 * size;
    const numRows = numSteps * this.#batchSize;
    const projection = new Float32Array(numRows * numGateRows);
    for (let row = 0; row < numRows; row++) {
      matvec(projection, row * numGateRows, layer.weight, layer.bias, input, row * inputSize, numGateRows, inputSize);
    }
    const output = new Float32Array((returnSequences ? numRows : this.#batchSize) * size);
    this.#cells.get(layer)!.forEach((cell, d) => {
      const isReverse = direction === "reverse" || d === 1;
      for (let row = 0; row < this.#batchSize; row++) {
        const length = lengths[row]!;
        const h = this.#stateStarts.get(layer)! + (d * this.#batchSize + row) * hiddenSize;
        for (let step = 0; step < length; step++) {
          const timeRow = (isReverse ? length - 1 - step : step) * this.#batchSize + row;
          cell.step(projection, timeRow * numGateRows + d * 3 * hiddenSize, this.#state, h);
          const outputRow = returnSequences ? timeRow : row;
          output.set(this.#state.subarray(h, h + hiddenSize), outputRow * size + d * hiddenSize);
        }
      }
    });
    return output;
  }
}

function runEmbedding({ weight, embeddingSize }: EmbeddingLayer, indices: Float32Array): Float32Array {
  const output = new Float32Array(indices.length * embeddingSize);
  indices.forEach((index, row) => {
    output.set(weight.subarray(index * embeddingSize, (index + 1) * embeddingSize), row * embeddingSize);
  });
  return output;
}

function runDense(layer: DenseLayer, input: Float32Array): Float32Array {
  const { inputSize, outputSize, weight, bias, activation } = layer;
  const numRows = input.length / inputSize;
  const output = new Float32Array(numRows * outputSize);
  for (let row = 0; row < numRows; row++) {
    matvec(output, row * outputSize, weight, bias, input, row * inputSize, outputSize, inputSize);
  }
  activateRows(activation, output, outputSize);
  return output;
}
