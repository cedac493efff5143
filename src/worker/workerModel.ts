/// <reference lib="esnext.disposable" preserve="true" />
import type {
  EncodeOptions,
  GeneratedText,
  GenerateOptions,
  MainOutput,
  OutputRequest,
  Rows,
  RunOptions,
  RunResult,
  StreamOptions,
} from "../index.js";
import { decode, encode } from "../model/vocabulary.js";
import { withRows } from "../stream/runRequest.js";
import { type DrawOptions, textsOf } from "../stream/texts.js";
import { transformOf } from "../stream/transform.js";
import type { Channel } from "./channel.js";
import type { Facts } from "./messages.js";
import type { NamedInput } from "../model/inputParts.js";
import { packArrays, type Parcel } from "./parcel.js";
import { takeOptions } from "./takeOptions.js";
import { type SendOptions, WorkerStream } from "./workerStream.js";

/**
 * A `GruModel` that runs in a worker. Its interface differs in three points: there is no `network`, which stays in the worker;
 * `explain` is asynchronous; and errors of `createStream` and `generate` come with the first use of their result.
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

  /** The device's name, if the browser tells it. */
  get deviceName(): string {
    return this.#facts.deviceName;
  }

  /** Why this device was chosen. */
  get deviceReason(): string {
    return this.#facts.deviceReason;
  }

  /** Numbers in one step of one row of the input; 1 for a model that reads indices. */
  get inputSize(): number {
    return this.#facts.inputSize;
  }

  /** Numbers in one step of one row of the main output. */
  get outputSize(): number {
    return this.#facts.outputSize;
  }

  /** Names of the outputs, the main one first. */
  get outputNames(): readonly string[] {
    return this.#facts.outputNames;
  }

  /** Numbers in one step of one row of each output, by name. */
  get outputSizes(): Readonly<Record<string, number>> {
    return this.#facts.outputSizes;
  }

  /** Steps of the input for a step of every output: a push is a multiple of it. */
  get framesPerStep(): number {
    return this.#facts.framesPerStep;
  }

  /** Steps of each output, by name, for a row of `numSteps`, as `GruModel.outputSteps`. */
  async outputSteps(numSteps: number): Promise<Readonly<Record<string, number>>> {
    return this.#channel.call("outputSteps", [numSteps]);
  }

  /** [D, size] of each block of state of one row, by its name, "<layer>.<block>". */
  get stateShapes(): Readonly<Record<string, readonly [numDirections: number, size: number]>> {
    return this.#facts.stateShapes;
  }

  /** Element i is the meaning of output i, and of index i; null if the file does not say. */
  get vocabulary(): readonly string[] | null {
    return this.#facts.vocabulary;
  }

  /** The inferences made in reading the file, in sentences. */
  get notes(): readonly string[] {
    return this.#facts.notes;
  }

  /**
   * Runs whole sequences from the initial state.
   *
   * @param given [T, B, I], or [T, B] for a model that reads indices; or a list of rows, each [T, I] of its own length; or its parts by name
   * @throws GruError as `GruModel.run`; `worker-lost`
   */
  async run<Request extends OutputRequest = "all">(
    given: ArrayLike<number> | NamedInput | Rows,
    options: RunOptions<Request> & SendOptions = {},
  ): Promise<RunResult<MainOutput<Request>>> {
    const { transfer: isGiven, input, ...rest } = withRows(given, this.inputSize, takeOptions(options));
    const parcels = [packArrays(input, isGiven), packMembers(rest, ["lengths", "initialState"])] as const;
    const [steps, request] = parcels;
    const result = this.#channel.call("run", [steps.value, request.value], [...steps.transfer, ...request.transfer]);
    return result as Promise<RunResult<MainOutput<Request>>>;
  }

  /**
   * Continues a prompt, in a state of its own.
   *
   * @returns yields one token of each stream, [streams], for each position; leaving the loop early frees its memory
   * @throws GruError as `GruModel.generate`, all from the loop; `worker-lost`
   */
  generate(options: GenerateOptions): GeneratedText {
    this.#channel.checkUsable();
    const draw = (rest: DrawOptions) => this.#generate(packMembers(rest, ["prompt", "initialState"]));
    return textsOf(takeOptions(options), this.vocabulary, draw);
  }

  /** As `GruModel.encode`. */
  encode(text: string | readonly string[], options?: EncodeOptions): number[] {
    return encode(this.vocabulary, text, options);
  }

  /** As `GruModel.decode`. */
  decode(indices: ArrayLike<number>): string {
    return decode(this.vocabulary, indices);
  }

  /**
   * Opens a stream with a state of its own, which begins with the initial state. The errors of `GruModel.createStream` are thrown by the
   * stream's calls.
   */
  createStream(options: StreamOptions = {}): WorkerStream {
    this.#channel.checkUsable();
    const { value, transfer } = packMembers(takeOptions(options), ["initialState"]);
    const id = this.#channel.newId();
    this.#channel.tell("openStream", [id, value], transfer);
    return new WorkerStream(this.#channel, options, id);
  }

  /** As `GruModel.createTransform`; an error of `GruModel.createStream` fails the pipe. */
  createTransform(options: StreamOptions = {}): ReadableWritablePair<Float32Array, ArrayLike<number>> {
    return transformOf(this.createStream(options));
  }

  /** The device and why it was chosen, the layers, the reader's inferences, and how a step and a sequence of 100 run. */
  async explain(): Promise<string> {
    return this.#channel.call("explain", []);
  }

  /**
   * Frees the model and its streams after the calls in flight, and terminates its worker unless the caller passed it in. A
   * second call does nothing.
   */
  dispose(): void {
    this.#channel.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async *#generate({ value, transfer }: Parcel<DrawOptions>): AsyncGenerator<Uint32Array, void> {
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

/** Packs options for the worker. @param names the options that are arrays, or arrays by name */
function packMembers<T extends object>(options: T, names: readonly (keyof T)[]): Parcel<T> {
  const value = { ...options };
  const transfer: ArrayBuffer[] = [];
  for (const name of names) {
    if (value[name] === undefined) continue;
    const parcel = packArrays(value[name]);
    value[name] = parcel.value;
    transfer.push(...parcel.transfer);
  }
  return { value, transfer };
}
