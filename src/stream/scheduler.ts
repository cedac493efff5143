import type { Advance, Session } from "../engine/engine.js";
import { GruError } from "../errors.js";
import { layerOutputSize } from "../layers/index.js";
import { layerNamed, type Network, sequenceNames } from "../model/network.js";
import type { Selection } from "../model/outputRequest.js";
import { type Operation, type OutputPart, type Push, Seat } from "./seat.js";

/** Ticks submitted and not read back yet: one computing, one being copied, one being read. */
const MAX_TICKS_IN_FLIGHT = 3;

/** Steps of one push in a tick that others share: a long push must not keep a short one waiting. */
const MAX_SHARED_STEPS = 16;

/** What a seat has in one tick. */
interface Share {
  readonly seat: Seat;
  readonly push: Push;
  /** The first of the push's steps in the tick, and how many follow. */
  readonly start: number;
  readonly numSteps: number;
  /** The first of its rows in the tick. */
  readonly firstRow: number;
}

/**
 * Gathers the steps that wait, of all streams of a model, into ticks: each is one `advance` of the session, with a row
 * for every row of every stream that has something to do. The others keep their state and cost nothing.
 *
 * A tick is submitted without waiting for the one before, so what a stream does happens in the order of its calls.
 */
export class Scheduler {
  readonly session: Session;
  readonly #network: Network;
  readonly #outputs: readonly OutputPart[];
  /** Those with calls that wait, and a few that had some; however many others there are, they take no time. */
  readonly #busySeats = new Set<Seat>();
  /** The first to be taken last. */
  #freeSlots: number[];
  #numInFlight = 0;
  #isScheduled = false;
  #isPreparing = false;

  /** @param session with all slots free */
  constructor(network: Network, session: Session) {
    const sequences = sequenceNames(network.layers);
    this.#network = network;
    this.session = session;
    this.#freeSlots = slotsBefore(session.numSlots, session.numSlots);
    this.#outputs = network.outputs.map((name) => ({
      size: layerOutputSize(layerNamed(network, name)),
      isSequence: sequences.has(name),
    }));
  }

  /**
   * Takes slots for `numRows` rows, their states zero.
   *
   * @throws GruError `limit-exceeded` when there is no room for them
   */
  open(numRows: number): Seat {
    if (this.#freeSlots.length < numRows) this.#grow(numRows);
    const seat = new Seat(this.#freeSlots.splice(-numRows).reverse());
    for (const slot of seat.slots) this.session.writeState(slot, null);
    return seat;
  }

  /** Gives a seat's slots back. Calls that wait are rejected with `reason`; those submitted give their results. */
  close(seat: Seat, reason: unknown): void {
    this.#busySeats.delete(seat);
    for (let call = seat.shift(); call !== undefined; call = seat.shift()) call.reject(reason);
    for (let i = seat.slots.length - 1; i >= 0; i--) this.#freeSlots.push(seat.slots[i]!);
  }

  /**
   * @param steps [T, B, I] of the seat's rows
   * @param output all, none or the highest, not both
   * @returns the network's outputs, each [T, B, O] or [B, O]; or the main one's highest, as `Advanced` has them; or nothing
   */
  push(seat: Seat, steps: Float32Array, output: Selection): Promise<Float32Array[]> {
    const numSteps = steps.length / (seat.slots.length * this.#network.inputSize);
    const parts = this.#parts(output);
    return new Promise((resolve, reject) => {
      this.#enqueue(seat, {
        steps,
        numSteps,
        output,
        parts,
        outputs: null,
        numSubmitted: 0,
        numDone: 0,
        resolve,
        reject,
      });
    });
  }

  /** Runs `operation` when every call of the seat before it has been submitted. */
  inTurn(seat: Seat, operation: Operation): void {
    this.#enqueue(seat, operation);
  }

  /** Rejects the oldest pushes of a seat that have not begun, but for `numKept`; returns how many they were. */
  dropOldest(seat: Seat, numKept: number, error: unknown): number {
    const numDropped = Math.max(0, seat.numWaiting - numKept);
    for (let i = 0; i < numDropped; i++) seat.shiftWaiting().reject(error);
    return numDropped;
  }

  #parts({ all, topK }: Selection): readonly OutputPart[] {
    const [main] = this.#outputs;
    return topK > 0 ? [{ ...main!, size: 2 * topK }] : this.#outputs.slice(0, all ? Infinity : 0);
  }

  /** Pushes made in the same task go in the same tick. */
  #enqueue(seat: Seat, call: Push | Operation): void {
    seat.add(call);
    this.#busySeats.add(seat);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Not queueMicrotask: an AudioWorklet has none.
    void Promise.resolve().then(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#numInFlight < MAX_TICKS_IN_FLIGHT && !this.#isPreparing) {
      for (const seat of this.#busySeats) {
        runOperations(seat);
        if (seat.first === undefined) this.#busySeats.delete(seat);
      }
      const shares = this.#shares();
      if (shares.length === 0) return;
      const preparation = this.#preparation(shares);
      if (preparation !== null) void this.#prepare(preparation, shares);
      else void this.#tick(shares);
    }
  }

  /** What the session has to do before it can take these shares at once, if anything. */
  #preparation(shares: readonly Share[]): Promise<void> | null {
    const { seat, firstRow } = shares.at(-1)!;
    try {
      return this.session.prepare(firstRow + seat.slots.length, longest(shares), false, selectionOf(shares));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits, and looks again at who has what to do. */
  async #prepare(preparation: Promise<void>, shares: readonly Share[]): Promise<void> {
    this.#isPreparing = true;
    try {
      await preparation;
    } catch (error) {
      for (const { seat, push } of shares) {
        if (seat.first === push) seat.shift();
        push.reject(error);
      }
    }
    this.#isPreparing = false;
    this.#pump();
  }

  /** What each seat that waits has in the next tick: its first push, as far as one chunk of the session takes it. */
  #shares(): Share[] {
    const { maxChunkSteps } = this.session;
    const maxSteps = this.#busySeats.size > 1 ? Math.min(MAX_SHARED_STEPS, maxChunkSteps) : maxChunkSteps;
    const shares: Share[] = [];
    let firstRow = 0;
    for (const seat of this.#busySeats) {
      const push = seat.first;
      if (push === undefined || "run" in push) continue;
      const start = push.numSubmitted;
      shares.push({ seat, push, start, numSteps: Math.min(push.numSteps - start, maxSteps), firstRow });
      firstRow += seat.slots.length;
    }
    return shares;
  }

  async #tick(shares: readonly Share[]): Promise<void> {
    this.#numInFlight++;
    const request = this.#gather(shares);
    for (const { seat, push, numSteps } of shares) {
      push.numSubmitted += numSteps;
      if (push.numSubmitted === push.numSteps) seat.shift();
    }
    try {
      const { outputs } = await this.session.advance(request);
      if (isWhole(shares)) shares[0]!.push.resolve(outputs);
      else for (const share of shares) this.#hand(share, outputs, request);
    } catch (error) {
      for (const { push } of shares) push.reject(error);
    } finally {
      this.#numInFlight--;
      this.#pump();
    }
  }

  #gather(shares: readonly Share[]): Advance {
    const { inputSize } = this.#network;
    if (isWhole(shares)) {
      const { seat, push } = shares[0]!;
      const { steps: input, output } = push;
      return { input, slots: seat.slots, lengths: null, lastOnly: false, output, withState: false };
    }
    const slots = shares.flatMap(({ seat }) => seat.slots);
    const maxSteps = longest(shares);
    const isEven = shares.every(({ numSteps }) => numSteps === maxSteps);
    const input = new Float32Array(maxSteps * slots.length * inputSize);
    for (const { seat, push, start, numSteps, firstRow } of shares) {
      const stepElements = seat.slots.length * inputSize;
      for (let step = 0; step < numSteps; step++) {
        const from = (start + step) * stepElements;
        input.set(push.steps.subarray(from, from + stepElements), (step * slots.length + firstRow) * inputSize);
      }
    }
    const lengths = isEven ? null : shares.flatMap(({ seat, numSteps }) => seat.slots.map(() => numSteps));
    return { input, slots, lengths, lastOnly: false, output: selectionOf(shares), withState: false };
  }

  /** Copies a seat's part of a tick's results to its push. */
  #hand(
    { seat, push, start, numSteps, firstRow }: Share,
    outputs: readonly Float32Array[],
    { slots, output }: Advance,
  ): void {
    const numSeatRows = seat.slots.length;
    push.outputs ??= push.parts.map(
      ({ size, isSequence }) => new Float32Array((isSequence ? push.numSteps : 1) * numSeatRows * size),
    );
    const { outputs: taken } = push;
    // Pairs come after the outputs, and maybe more of a row than this push asks for.
    const given = push.output.topK > 0 ? outputs.slice(-1) : outputs;
    push.parts.forEach(({ size, isSequence }, i) => {
      if (!isSequence && start + numSteps < push.numSteps) return; // a later tick gives the last step
      const stride = push.output.topK > 0 ? 2 * output.topK : size;
      for (let step = 0; step < (isSequence ? numSteps : 1); step++) {
        for (let row = 0; row < numSeatRows; row++) {
          const from = (step * slots.length + firstRow + row) * stride;
          const to = ((isSequence ? start + step : 0) * numSeatRows + row) * size;
          taken[i]!.set(given[i]!.subarray(from, from + size), to);
        }
      }
    });
    push.numDone += numSteps;
    if (push.numDone === push.numSteps) push.resolve(taken);
  }

  /** Doubles the slots, or more where `numRows` need it; where the device does not take twice as many, fewer. */
  #grow(numRows: number): void {
    const before = this.session.numSlots;
    const needed = before + numRows - this.#freeSlots.length;
    let numSlots = Math.max(2 * before, needed);
    while (!this.#growTo(numSlots, needed)) numSlots = needed + ((numSlots - needed) >> 1);
    this.#freeSlots = [...slotsBefore(numSlots, numSlots - before), ...this.#freeSlots];
  }

  /** @returns whether there was room @throws GruError `limit-exceeded` where not even for `needed` */
  #growTo(numSlots: number, needed: number): boolean {
    try {
      this.session.grow(numSlots);
      return true;
    } catch (error) {
      if (numSlots === needed) throw error;
      return false;
    }
  }
}

/** Whether a tick is the whole of one push: what goes up and comes down is then that push's own. */
function isWhole([share, ...others]: readonly Share[]): boolean {
  return others.length === 0 && share!.numSteps === share!.push.numSteps;
}

/** What a tick reads back, of which each push takes its own: what one of them asks for, and the most of the highest. */
function selectionOf(shares: readonly Share[]): Selection {
  let [all, topK] = [false, 0];
  for (const { push } of shares) {
    all ||= push.output.all;
    topK = Math.max(topK, push.output.topK);
  }
  return { all, topK };
}

/** Steps of the longest share. Not by `Math.max(...)`: there may be more of them than a call takes arguments. */
function longest(shares: readonly Share[]): number {
  let most = 0;
  for (const { numSteps } of shares) most = Math.max(most, numSteps);
  return most;
}

/** Runs what is to be done with a seat's state before its next push. */
function runOperations(seat: Seat): void {
  for (let call = seat.first; call !== undefined && "run" in call; call = seat.first) {
    seat.shift();
    call.run();
  }
}

/** The `count` slots before `end`, the last one first. */
function slotsBefore(end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => end - 1 - i);
}

/** The error of a call to a stream that is gone. */
export function streamGone(): GruError {
  return new GruError("disposed", "stream: expected one in use, got one that was disposed");
}
