/// <reference lib="esnext.disposable" preserve="true" />
import { GruError } from "../errors.js";
import { checkBatchSize, type NonFinite, takeInput } from "../model/checkInput.js";
import { checkOptions, checkSignal } from "../model/checkOptions.js";
import type { NamedInput } from "../model/inputParts.js";
import type { Network } from "../model/network.js";
import {
  ALL,
  mainOutput,
  type MainOutput,
  type OutputOptions,
  type OutputRequest,
  type Selection,
  takeOutputRequest,
} from "../model/outputRequest.js";
import { type InitialState, joinState, nameState, splitState, type State, takeState } from "../model/state.js";
import { describeNumber, describeValue } from "../model/valueKind.js";
import { predict } from "./predict.js";
import { decodeState, encodeState } from "./savedState.js";
import { type Scheduler, streamGone } from "./scheduler.js";
import type { Lease } from "./lease.js";

/** Treatment of a push while `queueLimit` pushes wait: it waits too, or the oldest of them is dropped. */
export type WhenFull = "wait" | "latest";

/** Options of a stream. */
export interface StreamOptions {
  /** B, rows that advance together; 1 when absent. */
  readonly batchSize?: number;
  /** `wait` when absent. `latest` drops the oldest waiting push and counts it; its promise rejects with `dropped`. */
  readonly whenFull?: WhenFull;
  /** Pushes that may wait under `latest`; 1 when absent. */
  readonly queueLimit?: number;
  /** The state at first, and after each `reset`. The network's own when absent, which is zeros as a rule. */
  readonly initialState?: InitialState;
}

/** Checked options. */
interface TakenOptions extends Omit<StreamOptions, "initialState"> {
  /** The initial state of each row, [D, size] of each block, one after the other; null for the network's own. */
  readonly states: readonly Float32Array[] | null;
}

/** The model, as its streams see it. */
export interface StreamHost {
  readonly network: Network;
  readonly nonFinite: NonFinite;
  readonly framesPerStep: number;
  /** The scheduler for a new stream: one for all streams, on a device that gains from batching rows. */
  scheduler(numRows: number): Scheduler;
  add(stream: GruStream): void;
  remove(stream: GruStream): void;
}

/** A batch of rows whose hidden state stays on the device from push to push. */
export class GruStream {
  readonly batchSize: number;
  readonly #host: StreamHost;
  readonly #options: TakenOptions;
  readonly #scheduler: Scheduler;
  readonly #lease: Lease;
  /** Calls whose promises have not settled. */
  readonly #pending = new Set<Promise<unknown>>();
  #numDropped = 0;
  #isDisposed = false;

  /** Made by `GruModel.createStream`. @param options from `takeStreamOptions` */
  constructor(host: StreamHost, options: TakenOptions) {
    const { batchSize = 1, states } = options;
    this.batchSize = batchSize;
    this.#host = host;
    this.#options = options;
    this.#scheduler = host.scheduler(batchSize);
    this.#lease = this.#scheduler.open(batchSize);
    if (states !== null) this.#write(states);
    host.add(this);
  }

  /** Pushes that `whenFull: "latest"` dropped. */
  get numDropped(): number {
    return this.#numDropped;
  }

  /**
   * Advances the stream by one step or many. Overlapping calls run in the order in which they were made.
   *
   * @param input [T, B, I], or [T, B] for a model that reads indices, or its parts by name; T is a multiple of the model's `framesPerStep`
   * @param options `output` selects the outputs to read back. With `"none"` only the state advances, and the promise resolves
   *   when the steps have been submitted, in their turn
   * @returns the main output, [T, B, O]; with `{ topK }` its highest numbers, [T, B, K]
   * @throws GruError `shape-mismatch`, `bad-input`, `unsupported`, `disposed`, `dropped`, all with the state unchanged;
   *   `device-lost`
   */
  async push<Request extends OutputRequest = "all">(
    input: ArrayLike<number> | NamedInput,
    options?: OutputOptions<Request>,
  ): Promise<MainOutput<Request>> {
    const selection = options === undefined ? ALL : takeOutput(this.#host.network, options);
    return mainOutput<Request>(await this.#push(input, selection), selection);
  }

  /** As `push`, for a model with several outputs: each by its layer's name. */
  async pushNamed(input: ArrayLike<number> | NamedInput): Promise<Readonly<Record<string, Float32Array>>> {
    return nameOutputs(this.#host.network, await this.#push(input, ALL));
  }

  /**
   * Pushes the items of `source` one after the other, and yields the main output of each, as `output` selects it. The next
   * item is requested when the result of the one before has been taken.
   *
   * @throws the error of `push` or of `source`, or the reason of `signal`; the stream stays usable, with the state after the
   *   last item pushed
   */
  predict<Request extends OutputRequest = "all">(
    source: AsyncIterable<ArrayLike<number>> | Iterable<ArrayLike<number>>,
    options: OutputOptions<Request> & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<MainOutput<Request>, void, undefined> {
    const { signal, ...taken } = checkOptions(options, ["output", "signal"]);
    checkSignal(signal);
    const selection = takeOutput(this.#host.network, taken);
    return predict(async (input) => mainOutput<Request>(await this.#push(input, selection), selection), source, signal);
  }

  /** Begins again with the initial state, after the pushes made before this call. @throws GruError `disposed` */
  async reset(): Promise<void> {
    return this.#inTurn(async () => this.#write(this.#options.states));
  }

  /**
   * The state after the pushes made before this call, [D, B, size] of each block, as `initialState` takes it.
   *
   * @throws GruError `disposed`, `device-lost`
   */
  async state(): Promise<State> {
    const { network } = this.#host;
    return nameState(network, joinState(network, await this.#read()), this.batchSize);
  }

  /**
   * The state after the pushes made before this call, as bytes that name the model and its shapes.
   *
   * @throws GruError `disposed`, `device-lost`
   */
  async save(): Promise<Uint8Array> {
    return encodeState(this.#host.network, await this.#read());
  }

  /**
   * Continues from a state that `save` gave, from this or another stream of the same model, in any browser.
   *
   * @throws GruError `bad-file`, `unsupported`, `shape-mismatch` for another model's state, all with the state unchanged
   */
  async restore(bytes: Uint8Array): Promise<void> {
    this.#checkUsable();
    const states = decodeState(this.#host.network, this.batchSize, bytes, this.#host.nonFinite);
    return this.#inTurn(async () => this.#write(states));
  }

  /**
   * A new stream with a copy of this one's state, after the pushes made before this call.
   *
   * @throws GruError `limit-exceeded`, `disposed`
   */
  async fork(): Promise<GruStream> {
    this.#checkUsable();
    const fork = new GruStream(this.#host, this.#options);
    const { session } = this.#scheduler;
    const copy = async () => {
      if (fork.#scheduler === this.#scheduler) {
        this.#lease.slots.forEach((slot, row) => session.copyState(slot, fork.#lease.slots[row]!));
      } else fork.#write(await Promise.all(this.#lease.slots.map((slot) => session.readState(slot))));
    };
    try {
      await this.#inTurn(copy);
    } catch (error) {
      fork.dispose();
      throw error;
    }
    return fork;
  }

  /** Frees the stream's rows. Waiting pushes reject with `disposed`; a second call does nothing. */
  dispose(): void {
    void this.end();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** As `dispose`; resolves when the calls in flight have given their results. */
  async end(): Promise<void> {
    if (!this.#isDisposed) {
      this.#isDisposed = true;
      this.#scheduler.close(this.#lease, streamGone());
    }
    await Promise.allSettled(this.#pending);
    this.#host.remove(this); // only now: the model's `dispose` waits for the streams in its list
  }

  #push(input: ArrayLike<number> | NamedInput, output: Selection): Promise<Float32Array[]> {
    this.#checkUsable();
    const { network, nonFinite, framesPerStep } = this.#host;
    const steps = takeInput(network, input, this.batchSize, nonFinite);
    const numSteps = steps.length / (this.batchSize * network.inputSize);
    if (numSteps % framesPerStep !== 0) {
      throw new GruError(
        "shape-mismatch",
        `input: expected a multiple of framesPerStep ${framesPerStep} steps, got ${numSteps}`,
      );
    }
    if (this.#options.whenFull === "latest") this.#makeRoom(this.#options.queueLimit ?? 1);
    return this.#track(this.#scheduler.push(this.#lease, steps, output));
  }

  /** Drops the oldest waiting pushes, so that one more may wait. */
  #makeRoom(limit: number): void {
    const error = new GruError("dropped", `push: dropped for a newer one, since at most ${limit} may wait`);
    this.#numDropped += this.#scheduler.dropOldest(this.#lease, limit - 1, error);
  }

  /** The state of each row, after the pushes made before. */
  #read(): Promise<Float32Array[]> {
    const { session } = this.#scheduler;
    return this.#inTurn(() => Promise.all(this.#lease.slots.map((slot) => session.readState(slot))));
  }

  /** @param states of each row; the network's own when null */
  #write(states: readonly Float32Array[] | null): void {
    this.#lease.slots.forEach((slot, row) => this.#scheduler.session.writeState(slot, states?.[row] ?? null));
  }

  /** Runs `operation` after the pushes made before. It must act on the state at once; its result may take longer. */
  async #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    this.#checkUsable();
    return this.#track(
      new Promise<T>((resolve, reject) => {
        const run = () => (this.#isDisposed ? reject(streamGone()) : operation().then(resolve, reject));
        this.#scheduler.inTurn(this.#lease, { run, reject });
      }),
    );
  }

  async #track<T>(result: Promise<T>): Promise<T> {
    this.#pending.add(result);
    try {
      return await result;
    } finally {
      this.#pending.delete(result);
    }
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw streamGone();
  }
}

function takeOutput(network: Network, options: OutputOptions<OutputRequest>): Selection {
  return takeOutputRequest(network, checkOptions(options, ["output"]).output);
}

/** A checked copy. @throws GruError `shape-mismatch`, `unsupported`, `bad-input` */
export function takeStreamOptions(network: Network, options: StreamOptions, nonFinite: NonFinite): TakenOptions {
  const { initialState, ...taken } = checkOptions(options, ["batchSize", "whenFull", "queueLimit", "initialState"]);
  const { batchSize = 1, whenFull = "wait", queueLimit = 1 } = taken;
  checkBatchSize(batchSize);
  if (whenFull !== "wait" && whenFull !== "latest") {
    throw new GruError("unsupported", `whenFull: expected "wait" or "latest", got ${describeValue(whenFull)}`);
  }
  if (!Number.isInteger(queueLimit) || queueLimit < 1) {
    throw new GruError(
      "unsupported",
      `queueLimit: expected a positive whole number, got ${describeNumber(queueLimit)}`,
    );
  }
  if (initialState === undefined) return { ...taken, states: null };
  const state = takeState(network, initialState, batchSize, nonFinite);
  return { ...taken, states: splitState(network, state, batchSize) };
}

/** A session's outputs by name. */
export function nameOutputs(network: Network, outputs: readonly Float32Array[]): Record<string, Float32Array> {
  return Object.fromEntries(network.outputs.map((name, i) => [name, outputs[i]!]));
}
