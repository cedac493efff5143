import type { Advance, Session } from "../engine/engine.js";
import { GruError } from "../errors.js";
import { stepsAt } from "../layers/cadence.js";
import { layerOutputSize } from "../layers/index.js";
import { cadencesOf, framesPerStep, layerNamed, type Network, sequencesOf } from "../model/network.js";
import type { Selection } from "../model/outputRequest.js";
import { Lease, type Operation, type OutputPart, type Push } from "./lease.js";

/** Limit of ticks submitted and not read back yet: one computing, one being copied, one being read. */
const MAX_TICKS_IN_FLIGHT = 3;

/** Limit of steps of one push in a tick with several streams: a long push must not delay a short one. */
const MAX_SHARED_STEPS = 16;

/** One stream's steps in one tick. */
interface Chunk {
  readonly lease: Lease;
  readonly push: Push;
  /** Index in the push of the tick's first step. */
  readonly start: number;
  readonly numSteps: number;
  /** Index in the tick of the stream's first row. */
  readonly firstRow: number;
}

/**
 * Gathers the waiting steps of all streams of a model into ticks. A tick is one `advance` of the session, with the rows of
 * every stream that has waiting steps. Other streams keep their state and cost nothing.
 *
 * A tick is submitted without waiting for the one before. The session runs ticks in their order, so each stream's calls take
 * effect in the order in which they were made.
 */
export class Scheduler {
  readonly session: Session;
  readonly #network: Network;
  readonly #outputs: readonly OutputPart[];
  /** `MAX_SHARED_STEPS`, rounded up to whole steps of every output. */
  readonly #maxSharedSteps: number;
  /** Streams with queued calls, and a few whose queue has become empty. Idle streams are not visited. */
  readonly #busyLeases = new Set<Lease>();
  /** Free slots; the last one is taken first. */
  #freeSlots: number[];
  #numInFlight = 0;
  #isScheduled = false;
  #isPreparing = false;

  /** @param session with all slots free */
  constructor(network: Network, session: Session) {
    const sequences = sequencesOf(network.layers);
    const cadences = cadencesOf(network.layers);
    const frames = framesPerStep(network);
    this.#maxSharedSteps = frames * Math.ceil(MAX_SHARED_STEPS / frames);
    this.#network = network;
    this.session = session;
    this.#freeSlots = slotsBefore(session.numSlots, session.numSlots);
    this.#outputs = network.outputs.map((name) => ({
      size: layerOutputSize(layerNamed(network, name)),
      isSequence: sequences.has(name),
      cadence: cadences.get(name)!,
    }));
  }

  /**
   * Takes slots for `numRows` rows, in the initial state.
   *
   * @throws GruError `limit-exceeded` when the device cannot hold them
   */
  open(numRows: number): Lease {
    if (this.#freeSlots.length < numRows) this.#grow(numRows);
    const lease = new Lease(this.#freeSlots.splice(-numRows).reverse());
    for (const slot of lease.slots) this.session.writeState(slot, null);
    return lease;
  }

  /** Gives the slots of a lease back. Queued calls are rejected with `reason`; submitted ones give their results. */
  close(lease: Lease, reason: unknown): void {
    this.#busyLeases.delete(lease);
    for (let call = lease.shift(); call !== undefined; call = lease.shift()) call.reject(reason);
    for (let i = lease.slots.length - 1; i >= 0; i--) this.#freeSlots.push(lease.slots[i]!);
  }

  /**
   * @param steps [T, B, I] of the stream's rows
   * @param output all, none or the highest numbers, not both
   * @returns the network's outputs, each [T, B, O] or [B, O]; or the main one's highest numbers, as `Advanced` has them; or none
   */
  push(lease: Lease, steps: Float32Array, output: Selection): Promise<Float32Array[]> {
    const numSteps = steps.length / (lease.slots.length * this.#network.inputSize);
    const parts = this.#parts(output);
    return new Promise((resolve, reject) => {
      this.#enqueue(lease, {
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

  /** Runs `operation` when all earlier calls of the stream have been submitted. */
  inTurn(lease: Lease, operation: Operation): void {
    this.#enqueue(lease, operation);
  }

  /** Rejects the oldest pushes of a stream that have not begun, all but `numKept`. @returns the number of rejected pushes */
  dropOldest(lease: Lease, numKept: number, error: unknown): number {
    const numDropped = Math.max(0, lease.numWaiting - numKept);
    for (let i = 0; i < numDropped; i++) lease.shiftWaiting().reject(error);
    return numDropped;
  }

  #parts({ all, topK }: Selection): readonly OutputPart[] {
    const [main] = this.#outputs;
    return topK > 0 ? [{ ...main!, size: 2 * topK }] : this.#outputs.slice(0, all ? Infinity : 0);
  }

  /** Pushes made in the same task go in the same tick. */
  #enqueue(lease: Lease, call: Push | Operation): void {
    lease.add(call);
    this.#busyLeases.add(lease);
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
      for (const lease of this.#busyLeases) {
        runOperations(lease);
        if (lease.first === undefined) this.#busyLeases.delete(lease);
      }
      const chunks = this.#chunks();
      if (chunks.length === 0) return;
      const preparation = this.#preparation(chunks);
      if (preparation !== null) void this.#prepare(preparation, chunks);
      else void this.#tick(chunks);
    }
  }

  /** The preparation that the session needs before it can run these chunks at once; null where it needs none. */
  #preparation(chunks: readonly Chunk[]): Promise<void> | null {
    const { lease, firstRow } = chunks.at(-1)!;
    try {
      return this.session.prepare(firstRow + lease.slots.length, longest(chunks), false, selectionOf(chunks));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits for the preparation, then gathers chunks again: streams may have come or gone. */
  async #prepare(preparation: Promise<void>, chunks: readonly Chunk[]): Promise<void> {
    this.#isPreparing = true;
    try {
      await preparation;
    } catch (error) {
      for (const { lease, push } of chunks) {
        if (lease.first === push) lease.shift();
        push.reject(error);
      }
    }
    this.#isPreparing = false;
    this.#pump();
  }

  /** The next tick: for each stream with queued calls, steps of its first push. */
  #chunks(): Chunk[] {
    const { maxChunkSteps } = this.session;
    const maxSteps = this.#busyLeases.size > 1 ? Math.min(this.#maxSharedSteps, maxChunkSteps) : maxChunkSteps;
    const chunks: Chunk[] = [];
    let firstRow = 0;
    for (const lease of this.#busyLeases) {
      const push = lease.first;
      if (push === undefined || "run" in push) continue;
      const start = push.numSubmitted;
      chunks.push({ lease, push, start, numSteps: Math.min(push.numSteps - start, maxSteps), firstRow });
      firstRow += lease.slots.length;
    }
    return chunks;
  }

  async #tick(chunks: readonly Chunk[]): Promise<void> {
    this.#numInFlight++;
    const request = this.#gather(chunks);
    for (const { lease, push, numSteps } of chunks) {
      push.numSubmitted += numSteps;
      if (push.numSubmitted === push.numSteps) lease.shift();
    }
    try {
      const { outputs } = await this.session.advance(request);
      if (isWhole(chunks)) chunks[0]!.push.resolve(outputs);
      else for (const chunk of chunks) this.#hand(chunk, outputs, request);
    } catch (error) {
      for (const { push } of chunks) push.reject(error);
    } finally {
      this.#numInFlight--;
      this.#pump();
    }
  }

  #gather(chunks: readonly Chunk[]): Advance {
    const { inputSize } = this.#network;
    if (isWhole(chunks)) {
      const { lease, push } = chunks[0]!;
      const { steps: input, output } = push;
      return { input, slots: lease.slots, lengths: null, lastOnly: false, output, withState: false };
    }
    const slots = chunks.flatMap(({ lease }) => lease.slots);
    const maxSteps = longest(chunks);
    const isEven = chunks.every(({ numSteps }) => numSteps === maxSteps);
    const input = new Float32Array(maxSteps * slots.length * inputSize);
    for (const { lease, push, start, numSteps, firstRow } of chunks) {
      const stepElements = lease.slots.length * inputSize;
      for (let step = 0; step < numSteps; step++) {
        const from = (start + step) * stepElements;
        input.set(push.steps.subarray(from, from + stepElements), (step * slots.length + firstRow) * inputSize);
      }
    }
    const lengths = isEven ? null : chunks.flatMap(({ lease, numSteps }) => lease.slots.map(() => numSteps));
    return { input, slots, lengths, lastOnly: false, output: selectionOf(chunks), withState: false };
  }

  /** Copies a stream's rows of a tick's results to its push. */
  #hand(
    { lease, push, start, numSteps, firstRow }: Chunk,
    outputs: readonly Float32Array[],
    { slots, output }: Advance,
  ): void {
    const numRows = lease.slots.length;
    push.outputs ??= push.parts.map(
      ({ size, isSequence, cadence }) =>
        new Float32Array((isSequence ? stepsAt(cadence, push.numSteps) : 1) * numRows * size),
    );
    const { outputs: taken } = push;
    // Pairs come after the outputs. Another push of the tick may have asked for more pairs per row.
    const given = push.output.topK > 0 ? outputs.slice(-1) : outputs;
    push.parts.forEach(({ size, isSequence, cadence }, i) => {
      if (!isSequence && start + numSteps < push.numSteps) return; // a later tick has the last step
      const stride = push.output.topK > 0 ? 2 * output.topK : size;
      const firstStep = isSequence ? stepsAt(cadence, start) : 0;
      for (let step = 0; step < (isSequence ? stepsAt(cadence, numSteps) : 1); step++) {
        for (let row = 0; row < numRows; row++) {
          const from = (step * slots.length + firstRow + row) * stride;
          const to = ((firstStep + step) * numRows + row) * size;
          taken[i]!.set(given[i]!.subarray(from, from + size), to);
        }
      }
    });
    push.numDone += numSteps;
    if (push.numDone === push.numSteps) push.resolve(taken);
  }

  /** Doubles the number of slots, or takes more if `numRows` need more, or fewer if the device cannot hold as many. */
  #grow(numRows: number): void {
    const before = this.session.numSlots;
    const needed = before + numRows - this.#freeSlots.length;
    let numSlots = Math.max(2 * before, needed);
    while (!this.#growTo(numSlots, needed)) numSlots = needed + ((numSlots - needed) >> 1);
    this.#freeSlots = [...slotsBefore(numSlots, numSlots - before), ...this.#freeSlots];
  }

  /** @returns whether the device can hold `numSlots` @throws GruError `limit-exceeded` if it cannot hold even `needed` */
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

/** Whether a tick is one whole push: its arrays then need no copying. */
function isWhole([chunk, ...others]: readonly Chunk[]): boolean {
  return others.length === 0 && chunk!.numSteps === chunk!.push.numSteps;
}

/** The outputs that a tick reads back: enough for each of its pushes. */
function selectionOf(chunks: readonly Chunk[]): Selection {
  let [all, topK] = [false, 0];
  for (const { push } of chunks) {
    all ||= push.output.all;
    topK = Math.max(topK, push.output.topK);
  }
  return { all, topK };
}

/** Steps of the longest chunk. Not by `Math.max(...)`: there may be more chunks than a call can have arguments. */
function longest(chunks: readonly Chunk[]): number {
  let most = 0;
  for (const { numSteps } of chunks) most = Math.max(most, numSteps);
  return most;
}

/** Runs a stream's operations up to its next push. */
function runOperations(lease: Lease): void {
  for (let call = lease.first; call !== undefined && "run" in call; call = lease.first) {
    lease.shift();
    call.run();
  }
}

/** The `count` slots before `end`, the last one first. */
function slotsBefore(end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => end - 1 - i);
}

/** The error of a call to a disposed stream. */
export function streamGone(): GruError {
  return new GruError("disposed", "stream: already disposed");
}
