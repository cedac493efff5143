/// <reference lib="esnext.disposable" preserve="true" />
import {
  GruError,
  type MainOutput,
  type OutputOptions,
  type OutputRequest,
  type State,
  type StreamOptions,
} from "../index.js";
import type { NamedInput } from "../model/inputParts.js";
import { predict } from "../stream/predict.js";
import type { Channel } from "./channel.js";
import { packArray, packArrays } from "./parcel.js";
import { takeOptions } from "./takeOptions.js";

/** Options of sending an input to the worker. */
export interface SendOptions {
  /**
   * Whether to transfer the input's whole buffer instead of copying it: the caller's array is empty afterwards. Only for typed
   * arrays; others are copied.
   */
  readonly transfer?: boolean;
}

/** A `GruStream` that lives in a worker. */
export class WorkerStream {
  readonly batchSize: number;
  readonly #channel: Channel;
  readonly #options: StreamOptions;
  readonly #id: number;
  #numDropped = 0;
  #isDisposed = false;

  /** Made by `WorkerModel.createStream`. */
  constructor(channel: Channel, options: StreamOptions, id: number) {
    this.batchSize = options.batchSize ?? 1;
    this.#channel = channel;
    this.#options = options;
    this.#id = id;
  }

  /** Pushes that `whenFull: "latest"` dropped. */
  get numDropped(): number {
    return this.#numDropped;
  }

  /**
   * Advances the stream by one step or many. Overlapping calls run in the order in which they were made.
   *
   * @param input [T, B, I], or [T, B] for a model that reads indices
   * @returns the main output, as `GruStream.push` gives it
   * @throws GruError as `GruStream.push` and `GruModel.createStream`; `worker-lost`
   */
  async push<Request extends OutputRequest = "all">(
    input: ArrayLike<number> | NamedInput,
    options: OutputOptions<Request> & SendOptions = {},
  ): Promise<MainOutput<Request>> {
    this.#checkUsable();
    const { transfer: isGiven, ...request } = takeOptions(options);
    const { value, transfer } = packArrays(input, isGiven);
    return this.#counted(this.#channel.call("push", [this.#id, value, request], transfer)) as Promise<
      MainOutput<Request>
    >;
  }

  /** As `push`, for a model with several outputs: each by its layer's name. */
  async pushNamed(
    input: ArrayLike<number> | NamedInput,
    options: SendOptions = {},
  ): Promise<Readonly<Record<string, Float32Array>>> {
    this.#checkUsable();
    const { value, transfer } = packArrays(input, takeOptions(options).transfer);
    return this.#counted(this.#channel.call("pushNamed", [this.#id, value], transfer));
  }

  /** As `GruStream.predict`. */
  predict<Request extends OutputRequest = "all">(
    source: AsyncIterable<ArrayLike<number>> | Iterable<ArrayLike<number>>,
    options: OutputOptions<Request> & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<MainOutput<Request>, void, undefined> {
    const { signal, ...request } = takeOptions(options);
    return predict((input) => this.push(input, request as OutputOptions<Request>), source, signal);
  }

  /** Begins again with the initial state, after the pushes made before this call. */
  async reset(): Promise<void> {
    this.#checkUsable();
    return this.#channel.call("reset", [this.#id]);
  }

  /** The state after the pushes made before this call, [D, B, size] of each block, as `initialState` takes it. */
  async state(): Promise<State> {
    this.#checkUsable();
    return this.#channel.call("state", [this.#id]);
  }

  /** The state after the pushes made before this call, as bytes for any model of the same weights, in a worker or not. */
  async save(): Promise<Uint8Array> {
    this.#checkUsable();
    return this.#channel.call("save", [this.#id]);
  }

  /** Continues from a state that `save` gave, from this or another stream of the same model, in any browser. */
  async restore(bytes: Uint8Array): Promise<void> {
    this.#checkUsable();
    const { value, transfer } = packArray(bytes);
    return this.#channel.call("restore", [this.#id, value], transfer);
  }

  /** A new stream with a copy of this one's state, after the pushes made before this call. */
  async fork(): Promise<WorkerStream> {
    this.#checkUsable();
    const id = this.#channel.newId();
    await this.#channel.call("fork", [this.#id, id]);
    return new WorkerStream(this.#channel, this.#options, id);
  }

  /** Frees the stream's rows. Waiting pushes reject with `disposed`; a second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#channel.tell("closeStream", [this.#id]);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The result of a push; counts it if it was dropped. */
  async #counted<T>(push: Promise<T>): Promise<T> {
    try {
      return await push;
    } catch (error) {
      if (error instanceof GruError && error.code === "dropped") this.#numDropped++;
      throw error;
    }
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw new GruError("disposed", "stream: already disposed");
    this.#channel.checkUsable();
  }
}
