// The seam between the public classes and a device: one implementation on the GPU (runtime/), one on the CPU (cpu/).
// Arguments have been checked before they come here.

import type { Generation } from "../model/generative.js";
import type { Selection } from "../model/outputRequest.js";

/** A network on a device. */
export interface Engine {
  readonly device: "webgpu" | "cpu";
  /** Name of the device, and why it was chosen, for a person. */
  readonly deviceName: string;
  readonly reason: string;
  /**
   * Whether `advance` of no more than `maxChunkSteps` has done its work when it returns, row by row. Then nothing is gained
   * by gathering streams; elsewhere rows that are advanced together cost less.
   */
  readonly isImmediate: boolean;
  /**
   * @param numSlots states to hold, to be written before the first `advance`
   * @param sequenceLength steps that an `advance` of all of them will often take; a hint
   * @throws GruError `limit-exceeded` when that does not fit the device
   */
  createSession(numSlots: number, sequenceLength: number): Session;
  /** Choices made by trying the device, in lines for `explain()`. */
  describeChoices(): string[];
  /** How a sequence of `sequenceLength` steps of `batchSize` rows is run, for `explain()`. */
  describe(batchSize: number, sequenceLength: number): string;
  dispose(): void;
}

/** Sequences to advance states by. */
export interface Advance {
  /** [T, B, I], or [T, B] indices */
  readonly input: Float32Array;
  /** The slot of each row's state, [B], each once. */
  readonly slots: readonly number[];
  /** Steps of each row, [B], at most T; T for all when null. */
  readonly lengths: readonly number[] | null;
  /** Give only each row's last step. */
  readonly lastOnly: boolean;
  /** The outputs to give. */
  readonly output: Selection;
  /** Give the rows' states too, for rows in slots 0, 1, 2... A stream leaves them where they are. */
  readonly withState: boolean;
}

export interface Advanced {
  /**
   * The selected outputs: the network's in order, each [T, B, O], or [B, O] where only the last step is given; then
   * the highest of the main one, [T, B, K, 2] or [B, K, 2], the index, as the bits of a u32, before the number. Zeros
   * past a row's length.
   */
  readonly outputs: Float32Array[];
  /** [D, B, size] of each block of state, one after the other; empty unless asked for. */
  readonly state: Float32Array;
}

/**
 * Hidden states in slots, and what it takes to advance them. Calls that follow each other without waiting act in their
 * order, if what was to be prepared is and each is of at most `maxChunkSteps` steps; a longer one must have given its
 * result.
 */
export interface Session {
  readonly numSlots: number;
  /** Steps that one call can take at once, for as many rows as there are slots. */
  readonly maxChunkSteps: number;
  /**
   * Resolves when an `advance` of so many rows and steps can act at once; null when it can already.
   *
   * @throws GruError `limit-exceeded`
   */
  prepare(numRows: number, numSteps: number, lastOnly: boolean, output: Selection): Promise<void> | null;
  /**
   * Where neither outputs nor states are asked for, resolves when the steps are submitted and the device keeps up.
   *
   * @throws GruError `limit-exceeded`, before anything is changed; `device-lost`
   */
  advance(request: Advance): Promise<Advanced>;
  /**
   * Draws tokens for the rows of all slots, from a network that `checkGenerative` lets through: each step's tokens are the
   * next one's input. The session does nothing else until it ends, and is disposed no earlier.
   *
   * @param token the first step's input, of all rows
   * @returns [steps, B] of as many steps as come together
   */
  generate(token: number, generation: Generation): AsyncGenerator<Uint32Array, void>;
  /** Sets the state of a slot, [D, size] of each block, one after the other; the network's initial one when null. */
  writeState(slot: number, state: Float32Array | null): void;
  /** Sets the states of all slots, laid out as `Advanced.state` with B = numSlots; the initial one in each when null. */
  writeStates(states: Float32Array | null): void;
  /** @returns the state of a slot, laid out as `writeState` takes it */
  readState(slot: number): Promise<Float32Array>;
  /** Copies the state of one slot to another, without a way round by the CPU. */
  copyState(from: number, to: number): void;
  /**
   * Makes room for more slots; states stay.
   *
   * @throws GruError `limit-exceeded`, with everything as it was
   */
  grow(numSlots: number): void;
  dispose(): void;
}
