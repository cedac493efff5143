import { GruError } from "../errors.js";
import type { Cadence } from "../layers/cadence.js";
import type { Selection } from "../model/outputRequest.js";
import { Queue } from "./queue.js";

/** Limit of the memory of one stream's queued calls: that of a million small pushes. */
const MAX_WAITING_BYTES = 2 ** 30;
/** Memory of a queued call without its input, about. */
const CALL_BYTES = 1024;

/** An unfinished push: its steps, and its results so far. */
export interface Push {
  /** [T, B, I] */
  readonly steps: Float32Array;
  readonly numSteps: number;
  readonly output: Selection;
  /** The outputs to read back. */
  readonly parts: readonly OutputPart[];
  /** [T, B, O] or [B, O] of each part, filled by the ticks; null before the first one. */
  outputs: Float32Array[] | null;
  numSubmitted: number;
  /** Steps with results. Results may come in another order than the steps were submitted. */
  numDone: number;
  resolve(outputs: Float32Array[]): void;
  reject(error: unknown): void;
}

/** One of the network's outputs, or the pairs of index and number of one. */
export interface OutputPart {
  readonly size: number;
  readonly isSequence: boolean;
  /** How its steps follow from those of the network's input. */
  readonly cadence: Cadence;
}

/** A change of a stream's state, to be made at once when its turn comes. */
export interface Operation {
  run(): void;
  reject(error: unknown): void;
}

/** The slots that a stream holds for its rows, and its queued calls. */
export class Lease {
  readonly slots: readonly number[];
  /** Queued calls, in the order in which they were made. */
  readonly #calls = new Queue<Push | Operation>();
  #waitingBytes = 0;
  #numPushes = 0;

  constructor(slots: readonly number[]) {
    this.slots = slots;
  }

  /** The first queued call. */
  get first(): Push | Operation | undefined {
    return this.#calls.first;
  }

  /** Pushes that have not begun. */
  get numWaiting(): number {
    const { first } = this;
    return this.#numPushes - Number(first !== undefined && "steps" in first && first.numSubmitted > 0);
  }

  /** @throws GruError `limit-exceeded` when the queued calls hold too much memory */
  add(call: Push | Operation): void {
    const bytes = bytesOf(call);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      throw new GruError(
        "limit-exceeded",
        `stream: expected at most ${MAX_WAITING_BYTES} bytes in waiting calls, got ${this.#waitingBytes + bytes}; await pushes, or let whenFull "latest" drop some`,
      );
    }
    this.#waitingBytes += bytes;
    if ("steps" in call) this.#numPushes++;
    this.#calls.push(call);
  }

  /** Removes the first queued call. */
  shift(): Push | Operation | undefined {
    return this.#removed(this.#calls.shift());
  }

  /** Removes the oldest push that has not begun. */
  shiftWaiting(): Push {
    return this.#removed(this.#calls.shift((call) => "steps" in call && call.numSubmitted === 0)) as Push;
  }

  #removed(call: Push | Operation | undefined): Push | Operation | undefined {
    if (call === undefined) return undefined;
    this.#waitingBytes -= bytesOf(call);
    if ("steps" in call) this.#numPushes--;
    return call;
  }
}

function bytesOf(call: Push | Operation): number {
  return CALL_BYTES + ("steps" in call ? 4 * call.steps.length : 0); // not `steps.buffer`: reading it allocates one
}
