import { GruError } from "../errors.js";
import type { Selection } from "../model/outputRequest.js";
import { Queue } from "./queue.js";

/** Calls of one stream that wait may hold so much: a million pushes of few numbers, each of which takes about 1 KiB. */
const MAX_WAITING_BYTES = 2 ** 30;
const CALL_BYTES = 1024;

/** A push on its way: the steps of a seat's rows, and what they gave so far. */
export interface Push {
  /** [T, B, I] */
  readonly steps: Float32Array;
  readonly numSteps: number;
  readonly output: Selection;
  /** What of each step is read back, and what was so far: [T, B, O] or [B, O] of each, once a tick gave a part of it. */
  readonly parts: readonly OutputPart[];
  outputs: Float32Array[] | null;
  numSubmitted: number;
  /** Steps whose results are there; they may come in another order than they were submitted. */
  numDone: number;
  resolve(outputs: Float32Array[]): void;
  reject(error: unknown): void;
}

/** One of the network's outputs, or pairs of index and number of one. */
export interface OutputPart {
  readonly size: number;
  readonly isSequence: boolean;
}

/** Something to do with a seat's state when its turn comes. What it does to the state, it does at once. */
export interface Operation {
  run(): void;
  reject(error: unknown): void;
}

/** Where a stream's rows sit: slots of the session, and the calls that wait for their turn. */
export class Seat {
  readonly slots: readonly number[];
  /** In the order in which they were made. */
  readonly #calls = new Queue<Push | Operation>();
  #waitingBytes = 0;
  #numPushes = 0;

  constructor(slots: readonly number[]) {
    this.slots = slots;
  }

  /** The call whose turn it is. */
  get first(): Push | Operation | undefined {
    return this.#calls.first;
  }

  /** Pushes that have not begun. */
  get numWaiting(): number {
    const { first } = this;
    return this.#numPushes - Number(first !== undefined && "steps" in first && first.numSubmitted > 0);
  }

  /** @throws GruError `limit-exceeded` when too much waits already */
  add(call: Push | Operation): void {
    const bytes = bytesOf(call);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      const expected = `stream: expected calls that wait to hold at most ${MAX_WAITING_BYTES} bytes`;
      throw new GruError(
        "limit-exceeded",
        `${expected}, got one more; await pushes, or let whenFull "latest" drop some`,
      );
    }
    this.#waitingBytes += bytes;
    if ("steps" in call) this.#numPushes++;
    this.#calls.push(call);
  }

  /** Takes out the call whose turn it is. */
  shift(): Push | Operation | undefined {
    return this.#removed(this.#calls.shift());
  }

  /** Takes out the oldest push that has not begun. */
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
  return CALL_BYTES + ("steps" in call ? 4 * call.steps.length : 0); // its buffer would be made by being asked for
}
