/// <reference lib="esnext.disposable" preserve="true" />
import type { GenerateOptions, MainOutput, OutputRequest, RunOptions, RunResult, StreamOptions } from "../index.js";
import { transformOf } from "../stream/transform.js";
import type { Channel } from "./channel.js";
import type { Facts } from "./messages.js";
import { packArray, type Parcel } from "./parcel.js";
import { takeOptions } from "./takeOptions.js";
import { type SendOptions, WorkerStream } from "./workerStream.js";

/**
 * A `GruModel` that runs in a worker. It has the methods of one, but for `network`, which stays there, and `explain`, which
 * has to ask. What is refused is refused later: `createStream` and `generate` tell at the first use of what they gave.
 */
export class WorkerModel {
  readonly #channel: Channel;
  readonly #facts: Facts;

  /** Made by `loadModel` and `createModel` of `webgru/worker`. */
  constructor(channel: Channel, facts: Facts) {
    this.#channel = channel;
    this.#facts = facts;
  }

  /** The device in use. */
  get device(): "webgpu" | "cpu" {
    return this.#facts.device;
  }

  /** The device's name, as far as the browser tells. */
  get deviceName(): string {
    return this.#facts.deviceName;
  }

  /** Why this device was chosen. */
  get deviceReason(): string {
    return this.#facts.deviceReason;
  }

  /** Numbers that one step of one row takes; for a model that begins with an embedding, one index. */
  get inputSize(): number {
    return this.#facts.inputSize;
  }

  /** Numbers that one step of one row of the main output has. */
  get outputSize(): number {
    return this.#facts.outputSize;
  }

  /** Names of the outputs, the main one first. */
  get outputNames(): readonly string[] {
    return this.#facts.outputNames;
  }

  /** Numbers that one step of one row of each output has, by name. */
  get outputSizes(): Readonly<Record<string, number>> {
    return this.#facts.outputSizes;
  }

  /** What output (and index) i stands for, when the file says so. */
  get vocabulary(): readonly string[] | null {
    return this.#facts.vocabulary;
  }

  /** What was inferred in reading the file, in sentences. */
  get notes(): readonly string[] {
    return this.#facts.notes;
  }

  /**
   * Runs whole sequences from a state of zeros, or from `initialState`.
   *
   * @param input [T, B, I], or [T, B] indices when the model begins with an embedding
   * @throws GruError as `GruModel.run`; `worker-lost`
   */
  async run<Request extends OutputRequest = "all">(
    input: ArrayLike<number>,
    options: RunOptions<Request> & SendOptions = {},
  ): Promise<RunResult<MainOutput<Request>>> {
    const { transfer: isGiven, ...rest } = takeOptions(options);
    const parcels = [packArray(input, isGiven), packMembers(rest, ["lengths", "initialState"])] as const;
    const [steps, request] = parcels;
    const result = this.#channel.call("run", [steps.value, request.value], [...steps.transfer, ...request.transfer]);
    return result as Promise<RunResult<MainOutput<Request>>>;
  }

  /**
   * Writes on from a prompt, in a state of its own.
   *
   * @returns yields one token of each stream, [streams], for each position; an early end of the loop frees what it took
   * @throws GruError as `GruModel.generate`, all from the loop; `worker-lost`
   */
  generate(options: GenerateOptions): AsyncGenerator<Uint32Array, void> {
    this.#channel.checkUsable();
    return this.#generate(packMembers(takeOptions(options), ["prompt"]));
  }

  /**
   * Opens a stream with a hidden state of its own, zero at first. What `GruModel.createStream` would throw, the stream's
   * calls throw.
   */
  createStream(options: StreamOptions = {}): WorkerStream {
    this.#channel.checkUsable();
    takeOptions(options);
    const id = this.#channel.newId();
    this.#channel.tell("openStream", [id, options]);
    return new WorkerStream(this.#channel, options, id);
  }

  /** As `GruModel.createTransform`; what `createStream` would throw fails the pipe. */
  createTransform(options: StreamOptions = {}): ReadableWritablePair<Float32Array, ArrayLike<number>> {
    return transformOf(this.createStream(options));
  }

  /** Which device and why, the layers, what was inferred, and how a step and a sequence of 100 run on it. */
  async explain(): Promise<string> {
    return this.#channel.call("explain", []);
  }

  /**
   * Frees the model and its streams, once the calls under way have given their results, and ends its worker, unless that is
   * the caller's own. A second call does nothing.
   */
  dispose(): void {
    this.#channel.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async *#generate({ value, transfer }: Parcel<GenerateOptions>): AsyncGenerator<Uint32Array, void> {
    const id = this.#channel.newId();
    try {
      await this.#channel.call("openText", [id, value], transfer);
      for (let isDone = false; !isDone;) {
        const next = await this.#channel.call("nextTokens", [id]);
        for (const token of next.tokens) {
          yield token;
          this.#channel.checkUsable();
        }
        ({ isDone } = next);
      }
    } finally {
      this.#channel.tell("closeText", [id]);
    }
  }
}

/** Options as they go to the worker, their arrays as `packArray` packs them. */
function packMembers<T extends object>(options: T, names: readonly (keyof T)[]): Parcel<T> {
  const value = { ...options };
  const transfer: ArrayBuffer[] = [];
  for (const name of names) {
    if (value[name] === undefined) continue;
    const parcel = packArray(value[name]);
    value[name] = parcel.value;
    transfer.push(...parcel.transfer);
  }
  return { value, transfer };
}
