import type { Advance, Advanced, Session } from "../engine/engine.js";
import { GruError } from "../errors.js";
import { checkGenerative, type Generation } from "../model/generative.js";
import { ALL, neededLayers, type Selection } from "../model/outputRequest.js";
import { type Cadence, stepsAt } from "../layers/cadence.js";
import { layerOutputSize } from "../layers/index.js";
import {
  cadencesOf,
  eachRowOfState,
  framesPerStep,
  hasReverse,
  initialStateOf,
  type LayerState,
  layerNamed,
  type Network,
  sequencesOf,
  stateLength,
  stateOf,
} from "../model/network.js";
import { workOf } from "./cost.js";
import type { Chunk } from "./cpuLayer.js";
import { roundUp } from "./cpuMemory.js";
import { type Pace, stepsOfTurn } from "./pace.js";
import type { Runner } from "./runner.js";
import { sample } from "./sample.js";
import { topK } from "./topK.js";

/** States of one session: a million rows of few units. An array takes about `SLOT_BYTES` beside its numbers. */
const MAX_STATE_BYTES = 2 ** 28;
const SLOT_BYTES = 256;

/** Rows of all steps in a turn at least: with fewer the weights would be read too often. */
const MIN_TURN_ROWS = 32;

/** Operations for each token of the vocabulary when one is drawn. */
const SAMPLE_FLOPS = 100;

/** An output to return: its k highest numbers, or all of it where k is 0. */
interface Wanted {
  readonly name: string;
  /** Numbers of one step of one row. */
  readonly size: number;
  readonly isSequence: boolean;
  /** How its steps follow from those of the network's input. */
  readonly cadence: Cadence;
  readonly k: number;
}

/** A call of `advance` under way. */
interface Job {
  readonly numSteps: number;
  /** Steps that the runner takes together. */
  readonly chunkSteps: number;
  readonly wanted: readonly Wanted[];
  /** As `Advanced` has them, filled chunk by chunk. */
  readonly outputs: Float32Array[];
  readonly states: readonly Float32Array[];
  readonly numLayers: number;
}

/** States in plain arrays; a runner advances them. */
export class CpuSession implements Session {
  readonly #network: Network;
  readonly #runner: Runner;
  readonly #pace: Pace;
  /** Operations in a step of one row. */
  readonly #stepFlops: number;
  /** Every output, the main one first. */
  readonly #outputs: readonly Wanted[];
  readonly #hasReverse: boolean;
  readonly #framesPerStep: number;
  /** Of each slot: [D, size] of each block, one after the other. */
  #states: Float32Array[];
  readonly #blocks: readonly LayerState[];
  /** The network's own, [D, size] of each block; null for zeros. */
  readonly #initialState: Float32Array | null;
  /** Elements of a state of one row. */
  readonly #stateLength: number;

  /** @throws GruError `limit-exceeded` for more slots than fit */
  constructor(network: Network, runner: Runner, pace: Pace, numSlots: number) {
    this.#network = network;
    this.#runner = runner;
    this.#pace = pace;
    this.#stepFlops = workOf(network, {}).flops;
    const sequences = sequencesOf(network.layers);
    const cadences = cadencesOf(network.layers);
    this.#framesPerStep = framesPerStep(network);
    this.#outputs = network.outputs.map((name) => {
      return {
        name,
        size: layerOutputSize(layerNamed(network, name)),
        isSequence: sequences.has(name),
        cadence: cadences.get(name)!,
        k: 0,
      };
    });
    this.#hasReverse = hasReverse(network);
    this.#blocks = stateOf(network);
    this.#initialState = initialStateOf(network);
    this.#stateLength = stateLength(network, 1);
    this.#states = newStates(this.#stateLength, 0, numSlots);
  }

  get numSlots(): number {
    return this.#states.length;
  }

  /** The steps of one turn: a longer push takes several, and the page runs in between. */
  get maxChunkSteps(): number {
    return this.#turnSteps(this.numSlots);
  }

  prepare(): null {
    return null;
  }

  // No `await` on the way of a small push, which would cost it some per cent.
  async advance(request: Advance): Promise<Advanced> {
    const { input, slots } = request;
    const numSteps = input.length / (slots.length * this.#network.inputSize);
    const turnSteps = this.#turnSteps(slots.length);
    const job = this.#begin(request, numSteps, Math.min(turnSteps, this.#runner.chunkSteps(slots.length)));
    if (numSteps > turnSteps) return this.#advanceInTurns(request, job);
    for (let start = 0; start < numSteps; start += job.chunkSteps) this.#runChunk(request, job, start);
    const turn = this.#pace.spend(numSteps * slots.length * this.#stepFlops);
    return turn === null ? this.#end(request, job) : this.#endAfter(turn, request, job);
  }

  async *generate(token: number, generation: Generation): AsyncGenerator<Uint32Array, void> {
    const { numTokens, areProbabilities } = checkGenerative(this.#network);
    const slots = [...this.#states.keys()];
    const request = { slots, lengths: null, lastOnly: true, output: ALL, withState: false };
    let input = new Float32Array(slots.length).fill(token);
    for (let position = 0; position < generation.length; position++) {
      const { outputs } = await this.advance({ ...request, input });
      const tokens = Uint32Array.from(slots, (row) => {
        const scores = outputs[0]!.subarray(row * numTokens, (row + 1) * numTokens);
        return sample(scores, areProbabilities, generation, row, position);
      });
      input = Float32Array.from(tokens);
      yield tokens;
      await this.#pace.spend(tokens.length * numTokens * SAMPLE_FLOPS);
    }
  }

  writeState(slot: number, state: Float32Array | null): void {
    const values = state ?? this.#initialState;
    if (values === null) this.#states[slot]!.fill(0);
    else this.#states[slot]!.set(values);
  }

  writeStates(states: Float32Array | null): void {
    if (states === null) {
      for (let slot = 0; slot < this.numSlots; slot++) this.writeState(slot, null);
      return;
    }
    eachRowOfState(this.#blocks, this.numSlots, (slot, start, length, at) =>
      this.#states[slot]!.set(states.subarray(at, at + length), start),
    );
  }

  async readState(slot: number): Promise<Float32Array> {
    return this.#states[slot]!.slice();
  }

  copyState(from: number, to: number): void {
    this.#states[to]!.set(this.#states[from]!);
  }

  grow(numSlots: number): void {
    this.#states = [...this.#states, ...newStates(this.#stateLength, this.numSlots, numSlots)];
  }

  dispose(): void {}

  #begin({ slots, lastOnly, output }: Advance, numSteps: number, chunkSteps: number): Job {
    const wanted = this.#wanted(output);
    const outputs = wanted.map(({ size, isSequence, cadence, k }) => {
      const numRows = (isSequence && !lastOnly ? stepsAt(cadence, numSteps) : 1) * slots.length;
      return new Float32Array(numRows * (k > 0 ? 2 * k : size));
    });
    const states = slots.map((slot) => this.#states[slot]!);
    const numLayers = neededLayers(this.#network, output).length;
    return { numSteps, chunkSteps: this.#hasReverse ? numSteps : chunkSteps, wanted, outputs, states, numLayers };
  }

  /** Gives way to the page between chunks. The caller may change its array meanwhile, so the input is copied. */
  async #advanceInTurns(request: Advance, job: Job): Promise<Advanced> {
    const copied = { ...request, input: request.input.slice() };
    for (let start = 0; start < job.numSteps; start += job.chunkSteps) {
      this.#runChunk(copied, job, start);
      await this.#pace.spend(job.chunkSteps * job.states.length * this.#stepFlops);
    }
    return this.#end(request, job);
  }

  async #endAfter(turn: Promise<void>, request: Advance, job: Job): Promise<Advanced> {
    await turn;
    return this.#end(request, job);
  }

  #runChunk({ input, lengths, lastOnly }: Advance, job: Job, start: number): void {
    const { numSteps, chunkSteps, wanted, outputs, states, numLayers } = job;
    const end = Math.min(start + chunkSteps, numSteps);
    const stepElements = states.length * this.#network.inputSize;
    const chunk = {
      input: numSteps <= chunkSteps ? input : input.subarray(start * stepElements, end * stepElements),
      numSteps: end - start,
      states,
      lengths: lengths && lengths.map((length) => Math.min(end - start, Math.max(0, length - start))),
    };
    this.#runner.run(chunk, numLayers);
    for (let i = 0; i < wanted.length; i++) this.#give(wanted[i]!, chunk, start, lastOnly, outputs[i]!);
  }

  #end({ slots, withState }: Advance, { outputs }: Job): Advanced {
    return { outputs, state: withState ? this.#joinStates(slots) : new Float32Array() };
  }

  #turnSteps(numRows: number): number {
    const numSteps = Math.max(Math.ceil(MIN_TURN_ROWS / numRows), stepsOfTurn(numRows * this.#stepFlops));
    return roundUp(numSteps, this.#framesPerStep);
  }

  #wanted({ all, topK: k }: Selection): readonly Wanted[] {
    if (k === 0) return all ? this.#outputs : [];
    return [...(all ? this.#outputs : []), { ...this.#outputs[0]!, k }];
  }

  /** The states of some slots as one, [D, B, size] of each block. */
  #joinStates(slots: readonly number[]): Float32Array {
    const joined = new Float32Array(slots.length * this.#stateLength);
    eachRowOfState(this.#blocks, slots.length, (row, start, length, at) =>
      joined.set(this.#states[slots[row]!]!.subarray(start, start + length), at),
    );
    return joined;
  }

  /** Copies a chunk's part of one output, for the rows that have not ended. */
  #give(wanted: Wanted, chunk: Chunk, chunkStart: number, lastOnly: boolean, output: Float32Array): void {
    const { isSequence, cadence } = wanted;
    const numRows = chunk.states.length;
    const start = stepsAt(cadence, chunkStart);
    const numSteps = stepsAt(cadence, chunk.numSteps);
    if (numSteps === 0) return;
    if (chunk.lengths === null) {
      const from = isSequence && lastOnly ? (numSteps - 1) * numRows : 0;
      const isWhole = isSequence && !lastOnly;
      this.#copy(wanted, from, (isWhole ? numSteps : 1) * numRows, output, isWhole ? start * numRows : 0);
      return;
    }
    chunk.lengths.forEach((chunkLength, row) => {
      const length = stepsAt(cadence, chunkLength);
      if (length === 0) return;
      if (!isSequence) this.#copy(wanted, row, 1, output, row);
      else if (lastOnly) this.#copy(wanted, (length - 1) * numRows + row, 1, output, row);
      else {
        for (let step = 0; step < length; step++) {
          this.#copy(wanted, step * numRows + row, 1, output, (start + step) * numRows + row);
        }
      }
    });
  }

  /** Copies rows of an output, or the highest numbers of each row. */
  #copy({ name, size, k }: Wanted, from: number, numRows: number, output: Float32Array, to: number): void {
    if (k === 0) return this.#runner.copy(name, from, numRows, output, to);
    const scores = new Float32Array(size);
    for (let row = 0; row < numRows; row++) {
      this.#runner.copy(name, from + row, 1, scores, 0);
      topK(scores, k, output.subarray(2 * k * (to + row), 2 * k * (to + row + 1)));
    }
  }
}

function newStates(length: number, numBefore: number, numSlots: number): Float32Array[] {
  const maxSlots = Math.floor(MAX_STATE_BYTES / (SLOT_BYTES + 4 * length));
  if (numSlots > maxSlots) {
    throw new GruError("limit-exceeded", `batchSize: expected at most ${maxSlots} rows on the CPU, got ${numSlots}`);
  }
  return Array.from({ length: numSlots - numBefore }, () => new Float32Array(length));
}
