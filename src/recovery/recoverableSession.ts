import type { Advance, Advanced, Engine, Session } from "../engine/engine.js";
import { GruError } from "../errors.js";
import type { Generation } from "../model/generative.js";
import type { Selection } from "../model/outputRequest.js";
import { CheckpointPace } from "./checkpointPace.js";
import { type Entry, Journal } from "./journal.js";
import { DIFFERS, redraw } from "./redraw.js";

/** Memory of the calls that a session keeps: beyond it a checkpoint is taken, whatever that costs. */
const MAX_JOURNAL_BYTES = 8 * 2 ** 20;
/** Memory of a kept call without its numbers, about. */
const ENTRY_BYTES = 256;
/** Calls under way when a journal is replayed. */
const MAX_REPLAYS_IN_FLIGHT = 8;

/** The engine of a session, as the session sees it. */
export interface RecoverableHost {
  /** A call has given its result: the device works. */
  progress(): void;
  /** The device cannot hold what the one before it held. */
  giveUp(error: unknown): void;
  /** Whether the device in use is the CPU: it may draw another token where two are all but equally likely. */
  readonly isOnCpu: boolean;
  /** Gives a suspended session the device in use. */
  resume(session: RecoverableSession): void;
  remove(session: RecoverableSession): void;
  readonly inputSize: number;
}

/**
 * A session that outlives its device: it keeps a checkpoint of the states and the calls since, and replays them on the next
 * device. Calls that have no result by then get theirs from there, late; a late answer of the device before is ignored.
 */
export class RecoverableSession implements Session {
  readonly #host: RecoverableHost;
  readonly #sequenceLength: number;
  readonly #journal: Journal;
  readonly #pace = new CheckpointPace();
  /** On the device in use; null while there is none, and until the journal is replayed. */
  #inner: Session | null = null;
  /** Counts the devices: what comes from one before is of no use. */
  #epoch = 0;
  #live: Promise<void>;
  #goLive!: () => void;
  #numSlots: number;
  #maxChunkSteps = 1;
  #isCopying = false;
  #failure: unknown = null;
  /** Ends the wait for tokens of a device that is let go of. */
  #interrupt: (() => void) | null = null;

  /** @param sequenceLength as `Engine.createSession` takes it */
  constructor(host: RecoverableHost, numSlots: number, sequenceLength: number) {
    this.#host = host;
    this.#numSlots = numSlots;
    this.#sequenceLength = sequenceLength;
    this.#journal = new Journal(numSlots);
    this.#live = new Promise((resolve) => (this.#goLive = resolve));
  }

  get numSlots(): number {
    return this.#numSlots;
  }

  get maxChunkSteps(): number {
    if (this.#inner !== null) this.#maxChunkSteps = this.#inner.maxChunkSteps;
    return this.#maxChunkSteps;
  }

  /** Begins on a device, at once. @throws GruError as `Engine.createSession` */
  begin(engine: Engine): void {
    this.#inner = engine.createSession(this.#numSlots, this.#sequenceLength);
    this.#goLive();
  }

  /** Lets go of the device. Calls wait from now on. */
  suspend(): void {
    this.#epoch++;
    this.#isCopying = false;
    this.#interrupt?.();
    this.#interrupt = null;
    if (this.#inner === null) return;
    this.#maxChunkSteps = this.#inner.maxChunkSteps;
    this.#inner.dispose();
    this.#inner = null;
    this.#live = new Promise((resolve) => (this.#goLive = resolve));
  }

  /** Replays the journal on a device and goes on there. Resolves then, or when that device is lost too. */
  async resume(engine: Engine): Promise<void> {
    const epoch = ++this.#epoch;
    let inner: Session | null = null;
    try {
      const { states, numSlots } = this.#journal.checkpoint;
      inner = engine.createSession(numSlots, this.#sequenceLength);
      inner.writeStates(states);
      await this.#replay(inner, epoch);
      if (inner === this.#inner) return;
    } catch (error) {
      if (epoch === this.#epoch && !isLoss(error)) this.#host.giveUp(error);
    }
    inner?.dispose();
  }

  /** Rejects all calls, those to come too. */
  fail(error: unknown): void {
    this.suspend();
    this.#failure = error;
    this.#journal.fail(error);
    this.#goLive();
  }

  prepare(numRows: number, numSteps: number, lastOnly: boolean, output: Selection): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#inner === null) return this.#live;
    const epoch = this.#epoch;
    return (
      this.#inner.prepare(numRows, numSteps, lastOnly, output)?.catch((error: unknown) => {
        if (epoch !== this.#epoch || this.#isLoss(error)) return this.#live;
        throw error;
      }) ?? null
    );
  }

  advance(request: Advance): Promise<Advanced> {
    const isDue = this.#pace.count() || this.#journal.sizeBytes > MAX_JOURNAL_BYTES;
    const inner = this.#inner;
    const mayCopy = isDue && !this.#isCopying && inner !== null && actsAtOnce(inner, request, this.#stepsOf(request));
    const result = this.#ask((session) => session.advance(request), request);
    if (mayCopy && inner === this.#inner) void this.#copy(inner, result);
    return result;
  }

  readState(slot: number): Promise<Float32Array> {
    return this.#ask((session) => session.readState(slot), null);
  }

  readStates(): Promise<Float32Array> {
    return this.#ask((session) => session.readStates(), null);
  }

  async *generate(tokens: Uint32Array, generation: Generation): AsyncGenerator<Uint32Array, void> {
    const given: Uint32Array[] = []; // [steps, B] each: what the caller has
    for (let isForced = false; ;) {
      await this.#live;
      if (this.#failure !== null) throw this.#failure;
      const epoch = this.#epoch;
      const drawn = redraw(this.#inner!, tokens, generation, given, isForced || this.#host.isOnCpu);
      try {
        for (;;) {
          const next = await this.#orSuspended(drawn.next());
          if (next === null || epoch !== this.#epoch) break;
          if (next.done === true) return;
          given.push(next.value);
          this.#host.progress();
          yield next.value;
          if (epoch !== this.#epoch) break;
        }
      } catch (error) {
        if (error === DIFFERS) {
          isForced = true;
          this.suspend();
          this.#host.resume(this);
        } else if (epoch === this.#epoch && !this.#isLoss(error)) throw error;
      } finally {
        // A device that is gone, or hangs, may never answer.
        if (epoch === this.#epoch) await drawn.return();
        else drawn.return().catch(() => {});
      }
    }
  }

  writeState(slot: number, state: Float32Array | null): void {
    this.#write((session) => session.writeState(slot, state), state?.byteLength ?? 0);
  }

  writeStates(states: Float32Array | null): void {
    this.#write((session) => session.writeStates(states), states?.byteLength ?? 0);
    // All that came before has no effect any more.
    this.#journal.offer({ states, numSlots: this.#numSlots }, this.#journal.mark);
    this.#trim();
  }

  copyState(from: number, to: number): void {
    this.#write((session) => session.copyState(from, to), 0);
  }

  grow(numSlots: number): void {
    this.#write((session) => session.grow(numSlots), 0);
    this.#numSlots = numSlots;
  }

  dispose(): void {
    this.suspend();
    this.#host.remove(this);
  }

  /** Makes a call, on this device or the next one. */
  #ask<T>(act: (session: Session) => Promise<T>, request: Advance | null): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const sizeBytes = ENTRY_BYTES + (request === null ? 0 : 4 * request.input.length);
      const isRead = request === null;
      const entry = {
        act,
        request,
        isRead,
        sizeBytes,
        isSettled: false,
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      this.#journal.add(entry);
      if (this.#inner !== null) void this.#run(entry, this.#inner);
    });
  }

  async #run(entry: Entry, inner: Session): Promise<void> {
    const epoch = this.#epoch;
    const wasSettled = entry.isSettled;
    try {
      const value = await entry.act(inner);
      if (epoch !== this.#epoch) return;
      this.#host.progress();
      if (wasSettled) return;
      entry.isSettled = true;
      entry.resolve(value);
      this.#trim();
    } catch (error) {
      if (epoch !== this.#epoch || this.#isLoss(error)) return;
      // One that had a result on the device before must have its effect on this one.
      if (wasSettled) return this.#host.giveUp(error);
      entry.isSettled = true;
      entry.act = () => {}; // it has changed nothing
      entry.reject(error);
    }
  }

  #write(act: (session: Session) => void, sizeBytes: number): void {
    if (this.#failure !== null) throw this.#failure;
    try {
      if (this.#inner !== null) act(this.#inner);
    } catch (error) {
      if (!this.#isLoss(error)) throw error;
    }
    this.#journal.add({
      act,
      request: null,
      isRead: false,
      sizeBytes: ENTRY_BYTES + sizeBytes,
      isSettled: true,
      resolve: nobody,
      reject: nobody,
    });
  }

  /** Makes the journal's calls on a device, which is in use then, unless it is let go of meanwhile. */
  async #replay(inner: Session, epoch: number): Promise<void> {
    const journal = this.#journal;
    const inFlight: Promise<void>[] = [];
    // Calls that come meanwhile are added at its end.
    for (let number = journal.first; number < journal.mark; number++) {
      const entry = journal.at(number);
      const { request } = entry;
      if (request === null) {
        if (!entry.isSettled) inFlight.push(this.#run(entry, inner));
        else if (!entry.isRead) void entry.act(inner);
        continue;
      }
      const numSteps = this.#stepsOf(request);
      const { slots, lastOnly, output } = request;
      for (;;) {
        const preparation = inner.prepare(slots.length, numSteps, lastOnly, output);
        if (preparation === null) break;
        await preparation;
        if (epoch !== this.#epoch) return;
      }
      inFlight.push(this.#run(entry, inner));
      const isLong = numSteps > inner.maxChunkSteps;
      while (inFlight.length > (isLong ? 0 : MAX_REPLAYS_IN_FLIGHT)) {
        await inFlight.shift();
        if (epoch !== this.#epoch) return;
      }
    }
    // In the same turn as the last look at the journal: no call comes between.
    this.#inner = inner;
    this.#trim();
    this.#goLive();
  }

  /** Takes a checkpoint, right after a call that is under way. */
  async #copy(inner: Session, call: Promise<unknown>): Promise<void> {
    const epoch = this.#epoch;
    this.#isCopying = true;
    const { mark } = this.#journal;
    const numSlots = this.#numSlots;
    const note = this.#pace.begin();
    const startMs = performance.now();
    const copying = inner.readStates();
    const begunMs = performance.now() - startMs;
    let calledMs = Infinity;
    call.then(
      () => (calledMs = performance.now()),
      () => {},
    );
    try {
      const states = await copying;
      if (epoch !== this.#epoch) return;
      note(begunMs + Math.max(0, performance.now() - calledMs));
      this.#journal.offer({ states, numSlots }, mark);
      this.#trim();
    } catch (error) {
      if (epoch === this.#epoch) this.#isLoss(error);
    } finally {
      if (epoch === this.#epoch) this.#isCopying = false;
    }
  }

  #stepsOf({ input, slots }: Advance): number {
    return input.length / (slots.length * this.#host.inputSize);
  }

  /** Not during a replay, which needs what it has not come to yet. */
  #trim(): void {
    if (this.#inner !== null) this.#journal.trim();
  }

  /** The result of a call, or null when the device is let go of first. */
  #orSuspended<T>(result: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(null);
      result.then(resolve, reject);
    });
  }

  /** Lets go of a device that an error says is lost. */
  #isLoss(error: unknown): boolean {
    if (!isLoss(error)) return false;
    this.suspend();
    return true;
  }
}

/** The caller of a call that gives no promise has its result. */
const nobody = (): void => {};

/** Whether a call acts before it returns, so that a copy of the states asked for next has its effect. */
function actsAtOnce(session: Session, request: Advance, numSteps: number): boolean {
  if (numSteps > session.maxChunkSteps) return false;
  const preparation = session.prepare(request.slots.length, numSteps, request.lastOnly, request.output);
  preparation?.catch(() => {}); // told to the call
  return preparation === null;
}

function isLoss(error: unknown): boolean {
  return error instanceof GruError && error.code === "device-lost";
}
