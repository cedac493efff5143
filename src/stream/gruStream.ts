/// <reference lib="esnext.disposable" preserve="true" />
import type { Session } from "../engine.js";
import { GruError } from "../errors.js";
import { type NonFinite, takeInput } from "../model/checkInput.js";
import type { Network } from "../model/network.js";

/** Live use of a model: a batch of rows whose hidden state stays on the device from push to push. */
export class GruStream {
  readonly batchSize: number;
  readonly #network: Network;
  readonly #session: Session;
  readonly #nonFinite: NonFinite;
  readonly #onDispose: (stream: GruStream) => void;
  /** Settles when the last queued call is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  /** Made by `GruModel.createStream`. */
  constructor(
    network: Network,
    session: Session,
    batchSize: number,
    nonFinite: NonFinite,
    onDispose: (stream: GruStream) => void,
  ) {
    this.#network = network;
    this.#session = session;
    this.batchSize = batchSize;
    this.#nonFinite = nonFinite;
    this.#onDispose = onDispose;
  }

  /**
   * Advances the stream by one step or many. Calls that overlap run in the order in which they were made.
   *
   * @param input [T, B, I], or [T, B] indices when the model begins with an embedding
   * @returns the main output, [T, B, O]
   * @throws GruError `shape-mismatch`, `bad-input`, `disposed`, with the state as it was; `device-lost`
   */
  async push(input: ArrayLike<number>): Promise<Float32Array> {
    const outputs = await this.#advance(input);
    return outputs[0]!;
  }

  /** As `push`, for a model with several outputs: each by its layer's name. */
  async pushNamed(input: ArrayLike<number>): Promise<Readonly<Record<string, Float32Array>>> {
    return nameOutputs(this.#network, await this.#advance(input));
  }

  /**
   * Sets every hidden state to zero, after the pushes made before and before those made after.
   *
   * @throws GruError `disposed`
   */
  async reset(): Promise<void> {
    this.#checkUsable();
    return this.#enqueue(async () => this.#session.writeState(null));
  }

  /** Frees the stream's memory. Pushes that wait reject with `disposed`; a second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // A push under way keeps its buffers until its result is there.
    void this.#queue.then(() => this.#session.dispose());
    this.#onDispose(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #advance(input: ArrayLike<number>): Promise<Float32Array[]> {
    this.#checkUsable();
    const steps = takeInput(this.#network, input, this.batchSize, this.#nonFinite);
    const request = { input: steps, lengths: null, lastOnly: false, withState: false };
    const { outputs } = await this.#enqueue(() => this.#session.advance(request));
    return outputs;
  }

  #enqueue<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      this.#checkUsable();
      return call();
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw new GruError("disposed", "stream: expected one in use, got one that was disposed");
  }
}

/** A session's outputs by name. */
export function nameOutputs(network: Network, outputs: readonly Float32Array[]): Record<string, Float32Array> {
  return Object.fromEntries(network.outputs.map((name, i) => [name, outputs[i]!]));
}
