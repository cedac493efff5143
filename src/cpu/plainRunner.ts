import {
  type DenseLayer,
  type EmbeddingLayer,
  type GruLayer,
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
} from "../model/network.js";
import { activateRows } from "./activate.js";
import { GruCell } from "./gruCell.js";
import { matvec } from "./matvec.js";
import { type Piece, type Runner, stateStarts } from "./runner.js";

/** Enough to keep a layer's weights in the cache, little memory. */
const PIECE_STEPS = 64;

/** The plain loop: layer by layer, step by step, row by row, in float32. */
export class PlainRunner implements Runner {
  readonly #network: Network;
  readonly #starts: ReadonlyMap<GruLayer, number>;
  readonly #cells = new Map<GruLayer, GruCell[]>();
  /** What each layer gave, and the network's input. */
  readonly #values = new Map<string, Float32Array>();

  constructor(network: Network) {
    this.#network = network;
    this.#starts = stateStarts(network);
    for (const layer of this.#starts.keys()) this.#cells.set(layer, GruCell.of(layer));
  }

  pieceSteps(): number {
    return PIECE_STEPS;
  }

  run(piece: Piece, numLayers: number): void {
    this.#values.set(NETWORK_INPUT, piece.input);
    for (const layer of this.#network.layers.slice(0, numLayers))
      this.#values.set(layer.name, this.#runLayer(layer, piece));
  }

  copy(layerName: string, from: number, numRows: number, target: Float32Array, to: number): void {
    const size = layerOutputSize(layerNamed(this.#network, layerName));
    target.set(this.#values.get(layerName)!.subarray(from * size, (from + numRows) * size), to * size);
  }

  #runLayer(layer: Layer, piece: Piece): Float32Array {
    const input = this.#gather(layer);
    switch (layer.type) {
      case "embedding":
        return runEmbedding(layer, input);
      case "dense":
        return runDense(layer, input);
      case "gru":
        return this.#runGru(layer, input, piece);
    }
  }

  /** The layer's input rows: another layer's output, or a concatenation of several. */
  #gather(layer: Layer): Float32Array {
    const parts = layer.inputs.map((name) => this.#values.get(name)!);
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

  #runGru(layer: GruLayer, input: Float32Array, { numSteps, states, lengths }: Piece): Float32Array {
    const { inputSize, hiddenSize, direction, returnSequences } = layer;
    const size = layerOutputSize(layer);
    const numGateRows = 3 * size;
    const batchSize = states.length;
    const numRows = numSteps * batchSize;
    const projection = new Float32Array(numRows * numGateRows);
    for (let row = 0; row < numRows; row++) {
      matvec(projection, row * numGateRows, layer.weight, layer.bias, input, row * inputSize, numGateRows, inputSize);
    }
    const output = new Float32Array((returnSequences ? numRows : batchSize) * size);
    this.#cells.get(layer)!.forEach((cell, d) => {
      const isReverse = direction === "reverse" || d === 1;
      const h = this.#starts.get(layer)! + d * hiddenSize;
      states.forEach((state, row) => {
        const length = lengths?.[row] ?? numSteps;
        for (let step = 0; step < length; step++) {
          const timeRow = (isReverse ? length - 1 - step : step) * batchSize + row;
          cell.step(projection, timeRow * numGateRows + d * 3 * hiddenSize, state, h);
          output.set(state.subarray(h, h + hiddenSize), (returnSequences ? timeRow : row) * size + d * hiddenSize);
        }
      });
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
