import { GruError, type LoadProgress } from "../index.js";
import { type Answer, type Call, type Calls, type Greeting, PROTOCOL } from "./messages.js";
import { Outbox } from "./outbox.js";
import { received } from "./sentError.js";

/** A worker, and whether it ends with the model. */
export interface WorkerLoan {
  readonly worker: Worker;
  readonly isOwn: boolean;
}

/** A call that waits for its answer. */
interface Pending {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** The page's end of what it and one model in a worker say to each other. */
export class Channel {
  readonly #loan: WorkerLoan;
  readonly #port: MessagePort;
  readonly #calls: Outbox<Call>;
  readonly #pending = new Map<number, Pending>();
  readonly #lock = `webgru ${Math.random()} ${performance.now()}`;
  /** Ends the wait for the lock, which the page gets when the worker is gone. */
  readonly #waiting = new AbortController();
  #lastId = 0;
  /** Why nothing can be asked any more. */
  #end: GruError | null = null;
  #tellWatched!: () => void;
  /** Resolves when the page would hear of the worker's end, if it ever will. */
  readonly watched = new Promise<void>((resolve) => (this.#tellWatched = resolve));
  /** Hears how far a load is. */
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
   * Asks the worker for something.
   *
   * @param transfer buffers among the arguments to hand over
   * @throws what the worker throws; GruError `disposed` after `close`, `worker-lost` when the worker is gone, `bad-input`
   *   for an argument that cannot be sent
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
          new GruError("bad-input", `${method}: expected what can be sent to a worker, got ${String(cause)}`, {
            cause,
          }),
        );
      });
    });
  }

  /** As `call`, where nobody waits for the answer. */
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

  /** Ends what the page has in the worker, once the calls made before are answered, and the worker itself if it is our own. */
  close(): void {
    if (this.#end !== null) return;
    this.#waiting.abort();
    this.tell("dispose", []);
    this.#end = new GruError("disposed", "model: expected one in use, got one that was disposed");
  }

  /** As `close`, but a worker of our own ends at once: nobody wants its answers. */
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
      if (signal.aborted) return; // too late to take the request back
      this.#lose("expected it to stay until the model is disposed, got its end");
    };
    navigator.locks.request(this.#lock, { signal }, onEnd).catch(() => {});
  }

  readonly #onError = (event: Event): void => this.#lose(whatHappened(event));

  #lose(what: string): void {
    this.#end = new GruError("worker-lost", `worker: ${what}; load the model again`);
    this.#tellWatched();
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
    // The caller's may live on.
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

/** What an event says of a worker's end, for a person. */
function whatHappened(event: Event): string {
  if (event.type === "messageerror") return "expected answers that can be read, got others";
  if (event instanceof ErrorEvent) return `expected no error that it leaves uncaught, got ${event.message}`;
  return "expected its script to start, got none: is it where it should be, does the page's policy allow it (see README)?";
}
