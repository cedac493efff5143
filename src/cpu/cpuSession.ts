import type { Advance, Advanced, Session } from "../engine.js";
import { checkGenerative, type Generation } from "../model/generative.js";
import { ALL, neededLayers } from "../model/outputRequest.js";
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
  numDirections,
  sequenceNames,
  stateLength,
} from "../model/network.js";
import { activateRows } from "./activate.js";
import { GruCell } from "./gruCell.js";
import { matvec } from "./matvec.js";
import { sample } from "./sample.js";
import { topK } from "./topK.js";

/** Steps that go through one layer before the next: enough to keep a layer's weights in the cache, little memory. */
const CHUNK_STEPS = 64;

/** A page can wait so long for its turn while tokens are drawn. */
const MAX_BUSY_MS = 30;

/** A piece of a sequence on its way through the layers. */
interface Chunk {
  readonly numSteps: number;
  readonly slots: readonly number[];
  /** Steps of each row in this chunk, [B]. */
  readonly lengths: readonly number[];
  /** [steps, B, O] of each layer done, or [B, O] where it gives one step only; and of the network's input. */
  readonly values: Map<string, Float32Array>;
}

/** An output that is to be given: the k highest of it, or all where k is 0. */
type Wanted = readonly [name: string, k: number];

/** The plain loop: layer by layer, step by step, row by row, in float32. */
export class CpuSession implements Session {
  readonly maxChunkSteps = Infinity;
  readonly #network: Network;
  readonly #sequences: ReadonlySet<string>;
  /** Of each slot: [D, H] of each GRU layer, one after the other. */
  #states: Float32Array[];
  /** Where a GRU layer's states begin in a slot's. */
  readonly #starts = new Map<GruLayer, number>();
  readonly #cells = new Map<GruLayer, GruCell[]>();

  constructor(network: Network, numSlots: number) {
    this.#network = network;
    this.#sequences = sequenceNames(network.layers);
    this.#states = newStates(network, numSlots);
    let start = 0;
    for (const layer of gruLayers(network)) {
      this.#starts.set(layer, start);
      this.#cells.set(layer, GruCell.of(layer));
      start += layerOutputSize(layer);
    }
  }

  get numSlots(): number {
    return this.#states.length;
  }

  prepare(): null {
    return null;
  }

  async advance({ input, slots, lengths, lastOnly, output, withState }: Advance): Promise<Advanced> {
    const { inputSize, outputs: names } = this.#network;
    const wanted: Wanted[] = output.all ? names.map((name) => [name, 0]) : [];
    if (output.topK > 0) wanted.push([names[0]!, output.topK]);
    const numRows = slots.length;
    const stepElements = numRows * inputSize;
    const numSteps = input.length / stepElements;
    const outputs = wanted.map(([name, k]) => {
      const isSequence = this.#sequences.has(name) && !lastOnly;
      const size = k > 0 ? 2 * k : layerOutputSize(layerNamed(this.#network, name));
      return new Float32Array((isSequence ? numSteps : 1) * numRows * size);
    });
    const chunkSteps = hasReverse(this.#network) ? numSteps : CHUNK_STEPS;
    for (let start = 0; start < numSteps; start += chunkSteps) {
      const end = Math.min(start + chunkSteps, numSteps);
      const chunk = {
        numSteps: end - start,
        slots,
        lengths: slots.map((_, row) => Math.min(end - start, Math.max(0, (lengths?.[row] ?? numSteps) - start))),
        values: new Map([[NETWORK_INPUT, input.subarray(start * stepElements, end * stepElements)]]),
      };
      for (const layer of neededLayers(this.#network, output))
        chunk.values.set(layer.name, this.#runLayer(layer, chunk));
      wanted.forEach((each, i) => this.#give(each, chunk, start, lastOnly, outputs[i]!));
    }
    return { outputs, state: withState ? this.#joinStates(slots) : new Float32Array() };
  }

  async *generate(token: number, generation: Generation): AsyncGenerator<Uint32Array, void> {
    const { numTokens, areProbabilities } = checkGenerative(this.#network);
    const slots = [...this.#states.keys()];
    const request = { slots, lengths: null, lastOnly: true, output: ALL, withState: false };
    let input = new Float32Array(slots.length).fill(token);
    let turnMs = performance.now();
    for (let position = 0; position < generation.length; position++) {
      const { outputs } = await this.advance({ ...request, input });
      const tokens = Uint32Array.from(slots, (row) => {
        const scores = outputs[0]!.subarray(row * numTokens, (row + 1) * numTokens);
        return sample(scores, areProbabilities, generation, row, position);
      });
      input = Float32Array.from(tokens);
      yield tokens;
      if (performance.now() - turnMs < MAX_BUSY_MS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      turnMs = performance.now();
    }
  }

  writeState(slot: number, state: Float32Array | null): void {
    if (state === null) this.#states[slot]!.fill(0);
    else this.#states[slot]!.set(state);
  }

  writeStates(states: Float32Array | null): void {
    for (const state of this.#states) state.fill(0);
    if (states === null) return;
    this.#eachState(this.#states, (slotState, start, length, at) =>
      slotState.set(states.subarray(at, at + length), start),
    );
  }

  async readState(slot: number): Promise<Float32Array> {
    return this.#states[slot]!.slice();
  }

  copyState(from: number, to: number): void {
    this.#states[to]!.set(this.#states[from]!);
  }

  grow(numSlots: number): void {
    this.#states = [...this.#states, ...newStates(this.#network, numSlots - this.numSlots)];
  }

  dispose(): void {}

  /** The states of some slots as one, [D, B, H] of each layer. */
  #joinStates(slots: readonly number[]): Float32Array {
    const joined = new Float32Array(stateLength(this.#network, slots.length));
    const states = slots.map((slot) => this.#states[slot]!);
    this.#eachState(states, (state, start, length, at) => joined.set(state.subarray(start, start + length), at));
    return joined;
  }

  /** Calls `visit` for each [H] of each slot's state, with where it is there and where in [D, B, H] of each layer. */
  #eachState(
    states: readonly Float32Array[],
    visit: (state: Float32Array, start: number, length: number, at: number) => void,
  ): void {
    let at = 0;
    for (const [layer, layerStart] of this.#starts) {
      for (let direction = 0; direction < numDirections(layer); direction++) {
        for (const state of states) {
          visit(state, layerStart + direction * layer.hiddenSize, layer.hiddenSize, at);
          at += layer.hiddenSize;
        }
      }
    }
  }

  /** Copies what a chunk gives of one output to its place, for the rows that have not ended. */
  #give([name, k]: Wanted, chunk: Chunk, start: number, lastOnly: boolean, output: Float32Array): void {
    const { values, slots, lengths } = chunk;
    const given = values.get(name)!;
    const size = layerOutputSize(layerNamed(this.#network, name));
    const copy = (from: number, to: number) => {
      const row = given.subarray(from * size, (from + 1) * size);
      if (k > 0) topK(row, k, output.subarray(2 * k * to, 2 * k * (to + 1)));
      else output.set(row, to * size);
    };
    lengths.forEach((length, row) => {
      if (length === 0) return;
      if (!this.#sequences.has(name)) copy(row, row);
      else if (lastOnly) copy((length - 1) * slots.length + row, row);
      else {
        for (let step = 0; step < length; step++) copy(step * slots.length + row, (start + step) * slots.length + row);
      }
    });
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

  #runGru(layer: GruLayer, input: Float32Array, { numSteps, slots, lengths }: Chunk): Float32Array {
    const { inputSize, hiddenSize, direction, returnSequences } = layer;
    const size = layerOutputSize(layer);
    const numGateRows = 3 * size;
    const batchSize = slots.length;
    const numRows = numSteps * batchSize;
    const projection = new Float32Array(numRows * numGateRows);
    for (let row = 0; row < numRows; row++) {
      matvec(projection, row * numGateRows, layer.weight, layer.bias, input, row * inputSize, numGateRows, inputSize);
    }
    const output = new Float32Array((returnSequences ? numRows : batchSize) * size);
    this.#cells.get(layer)!.forEach((cell, d) => {
      const isReverse = direction === "reverse" || d === 1;
      const h = this.#starts.get(layer)! + d * hiddenSize;
      slots.forEach((slot, row) => {
        const state = this.#states[slot]!;
        const length = lengths[row]!;
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

function newStates(network: Network, numSlots: number): Float32Array[] {
  return Array.from({ length: numSlots }, () => new Float32Array(stateLength(network, 1)));
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
