import { GruError, type LoadProgress } from "../index.js";
import { type Answer, type Call, type Calls, type Greeting, PROTOCOL } from "./messages.js";
import { Outbox } from "./outbox.js";
import { received } from "./sentError.js";

/** A worker, and whether it is terminated with the model. */
export interface WorkerLoan {
  readonly worker: Worker;
  readonly isOwn: boolean;
}

/** A call without an answer yet. */
interface Pending {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** The page's end of the connection to one model in a worker. */
export class Channel {
  readonly #loan: WorkerLoan;
  readonly #port: MessagePort;
  readonly #calls: Outbox<Call>;
  readonly #pending = new Map<number, Pending>();
  readonly #lock = `webgru ${Math.random()} ${performance.now()}`;
  /** Ends the wait for the lock. The page gets the lock when the worker has ended. */
  readonly #waiting = new AbortController();
  #lastId = 0;
  /** The error of every further call; null while the channel is open. */
  #end: GruError | null = null;
  #tellWatched!: () => void;
  /** Resolves when the page watches the worker's lock, or knows that there is none. */
  readonly watched = new Promise<void>((resolve) => (this.#tellWatched = resolve));
  /** Called with the progress of a load. */
  onProgress: ((progress: LoadProgress) => void) | null = null;

  constructor(loan: WorkerLoan) {
    const { port1, port2 } = new MessageChannel();
    this.#loan = loan;
    this.#port = port1;
    this.#calls = new Outbox(port1);
    port1.addEventListener("message", ({ data }: MessageEvent<readonly Answer[]>) => {
      for (const answer of data) this.#take(answer);
    });
    port1.addEventListener("messageerror", this.#onError);
    port1.start();
    loan.worker.addEventListener("error", this.#onError);
    loan.worker.postMessage({ webgru: PROTOCOL, lock: this.#lock } satisfies Greeting, [port2]);
  }

  /** A number for a stream or a text. */
  newId(): number {
    return ++this.#lastId;
  }

  /**
   * Calls a method in the worker.
   *
   * @param transfer buffers of the arguments to transfer instead of copying
   * @throws the worker's error; GruError `disposed` after `close`, `worker-lost` when the worker has ended, `bad-input` for an
   *   argument that cannot be sent
   */
  call<Method extends keyof Calls>(
    method: Method,
    args: Parameters<Calls[Method]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Calls[Method]>>> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const id = this.newId();
      this.#pending.set(id, { resolve, reject });
      this.#calls.post({ id, method, args } as Call, transfer, (cause) => {
        this.#pending.delete(id);
        reject(
          new GruError("bad-input", `${method}: expected values that can be sent to a worker, got ${String(cause)}`, {
            cause,
          }),
        );
      });
    });
  }

  /** As `call`, ignoring the answer. */
  tell<Method extends keyof Calls>(
    method: Method,
    args: Parameters<Calls[Method]>,
    transfer: readonly ArrayBuffer[] = [],
  ): void {
    this.call(method, args, transfer).catch(() => {});
  }

  /** @throws GruError `disposed`, `worker-lost` */
  checkUsable(): void {
    if (this.#end !== null) throw this.#end;
  }

  /** Disposes the model in the worker after the calls in flight, then terminates the worker if it is our own. */
  close(): void {
    if (this.#end !== null) return;
    this.#waiting.abort();
    this.tell("dispose", []);
    this.#end = new GruError("disposed", "model: already disposed");
  }

  /** As `close`, but terminates a worker of our own at once, without waiting for answers. */
  abandon(): void {
    this.close();
    if (this.#loan.isOwn) this.#hangUp();
  }

  #take(answer: Answer): void {
    if ("isLocked" in answer) return this.#watch(answer.isLocked);
    if ("progress" in answer) return this.onProgress?.(answer.progress);
    const { resolve, reject } = this.#pending.get(answer.id)!;
    this.#pending.delete(answer.id);
    if ("error" in answer) reject(received(answer.error));
    else resolve(answer.value as never);
    if (this.#end !== null && this.#pending.size === 0) this.#hangUp();
  }

  #watch(isLocked: boolean): void {
    this.#tellWatched();
    if (!isLocked) return;
    const { signal } = this.#waiting;
    const onEnd = () => {
      if (signal.aborted) return; // the lock was granted before the abort
      this.#lose("ended before the model was disposed");
    };
    navigator.locks.request(this.#lock, { signal }, onEnd).catch(() => {});
  }

  readonly #onError = (event: Event): void => this.#lose(whatHappened(event));

  #lose(what: string): void {
    this.#end = new GruError("worker-lost", `worker: ${what}; load the model again`);
    this.#tellWatched();
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
    // A worker of the caller's may still run, and holds the model.
    if (!this.#loan.isOwn)
      this.#port.postMessage([{ id: this.newId(), method: "dispose", args: [] } satisfies Call], []);
    this.#hangUp();
  }

  #hangUp(): void {
    const { worker, isOwn } = this.#loan;
    worker.removeEventListener("error", this.#onError);
    this.#waiting.abort();
    this.#port.close();
    if (isOwn) worker.terminate();
  }
}

/** The reason of a worker's end, from an event, for a person. */
function whatHappened(event: Event): string {
  if (event.type === "messageerror") return "sent an answer that cannot be read";
  if (event instanceof ErrorEvent) return `ended by an error, ${event.message}`;
  return "its script did not start: is its address right, does the page's policy allow it (see src/README.md)?";
}
