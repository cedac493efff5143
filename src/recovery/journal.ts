import type { Advance, Session } from "../engine/engine.js";

/** A call to a session, kept until a checkpoint has what it did. */
export interface Entry {
  /** Makes the call; one that gives no promise has acted when it returns. */
  act: (session: Session) => Promise<unknown> | void;
  /** Of a call that advances states. */
  readonly request: Advance | null;
  /** Whether it changes nothing. */
  readonly isRead: boolean;
  readonly sizeBytes: number;
  /** Whether its caller has its result, so that only its effect on the states counts. */
  isSettled: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The states of all slots at a moment, laid out as `Session.writeStates` takes them; null for the initial ones. */
export interface Checkpoint {
  readonly states: Float32Array | null;
  readonly numSlots: number;
}

/** The calls since a checkpoint, in their order: with it they make the present states. */
export class Journal {
  #checkpoint: Checkpoint;
  #entries: Entry[] = [];
  #sizeBytes = 0;
  #first = 0;
  /** A checkpoint that becomes the journal's when all calls before `mark` have given their results. */
  #next: { readonly checkpoint: Checkpoint; readonly mark: number } | null = null;

  constructor(numSlots: number) {
    this.#checkpoint = { states: null, numSlots };
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** The number of the first entry, counted from the journal's beginning. */
  get first(): number {
    return this.#first;
  }

  /** Memory of the entries, about. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The number of the next entry. */
  get mark(): number {
    return this.#first + this.#entries.length;
  }

  at(number: number): Entry {
    return this.#entries[number - this.#first]!;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#sizeBytes += entry.sizeBytes;
  }

  /** Takes a checkpoint that has the effect of all entries before `mark`; `trim` makes it the journal's. */
  offer(checkpoint: Checkpoint, mark: number): void {
    if (this.#next !== null && this.#next.mark > mark) return;
    this.#next = { checkpoint, mark };
  }

  /** Forgets the entries that a checkpoint makes needless, if their callers have their results. */
  trim(): void {
    if (this.#next === null) return;
    const count = this.#next.mark - this.#first;
    for (let i = 0; i < count; i++) if (!this.#entries[i]!.isSettled) return;
    for (const { sizeBytes } of this.#entries.splice(0, count)) this.#sizeBytes -= sizeBytes;
    this.#first += count;
    this.#checkpoint = this.#next.checkpoint;
    this.#next = null;
  }

  /** Rejects all calls without a result. */
  fail(error: unknown): void {
    for (const entry of this.#entries) {
      if (entry.isSettled) continue;
      entry.isSettled = true;
      entry.reject(error);
    }
  }
}
