/// <reference lib="esnext.disposable" preserve="true" />
import type { Engine, Session } from "../engine/engine.js";
import { GruError } from "../errors.js";
import { layerOutputSize } from "../layers/index.js";
import type { NonFinite } from "../model/checkInput.js";
import { checkWhole } from "../model/checkOptions.js";
import { describeLayer } from "../model/describeLayer.js";
import { type GeneratedText, type GenerateOptions, type Generation, takeGeneration } from "../model/generative.js";
import type { InputPart, NamedInput } from "../model/inputParts.js";
import type { Rows } from "../model/takeRows.js";
import { decode, encode, type EncodeOptions } from "../model/vocabulary.js";
import { textsOf } from "./texts.js";
import {
  framesPerStep,
  layerNamed,
  needsEnd,
  type Network,
  NETWORK_INPUT,
  numParameters,
  outputSteps,
} from "../model/network.js";
import { mainOutput, type MainOutput, NONE, type OutputRequest } from "../model/outputRequest.js";
import { nameState, stateShapes } from "../model/state.js";
import { GruStream, nameOutputs, type StreamHost, type StreamOptions, takeStreamOptions } from "./gruStream.js";
import { RunChecker, type RunOptions, type RunRequest, type RunResult } from "./runRequest.js";
import { Scheduler } from "./scheduler.js";
import { SessionPool } from "./sessionPool.js";
import { transformOf } from "./transform.js";

/** A network on a device, ready to run. Made by `loadModel` and `createModel`. */
export class GruModel {
  readonly #network: Network;
  readonly #engine: Engine;
  readonly #nonFinite: NonFinite;
  readonly #streams = new Set<GruStream>();
  readonly #host: StreamHost;
  /** One for all streams, on a device that gains from batching rows; else null. */
  #scheduler: Scheduler | null = null;
  readonly #checker: RunChecker;
  readonly #sessions: SessionPool;
  /** Unfinished runs, and unfinished chunks of generated tokens. */
  readonly #runs = new Set<Promise<unknown>>();
  /** Functions that end the unfinished texts, each after its chunks in flight. */
  readonly #endsOfTexts = new Set<() => Promise<void>>();
  #isDisposed = false;

  constructor(network: Network, engine: Engine, nonFinite: NonFinite) {
    this.#network = network;
    this.#engine = engine;
    this.#nonFinite = nonFinite;
    this.#checker = new RunChecker(network, nonFinite, engine.isImmediate);
    this.#sessions = new SessionPool(engine);
    this.#host = {
      network,
      nonFinite,
      framesPerStep: framesPerStep(network),
      scheduler: (numRows) => this.#schedulerFor(numRows),
      add: (stream) => this.#streams.add(stream),
      remove: (stream) => this.#streams.delete(stream),
    };
  }

  /** The layers and their weights. `createModel` puts them on another device. */
  get network(): Network {
    return this.#network;
  }

  /** The device in use. */
  get device(): "webgpu" | "cpu" {
    return this.#engine.device;
  }

  /** The device's name, if the browser tells it. */
  get deviceName(): string {
    return this.#engine.deviceName;
  }

  /** Why this device was chosen. */
  get deviceReason(): string {
    return this.#engine.reason;
  }

  /** Numbers in one step of one row of the input; 1 for a model that reads indices. */
  get inputSize(): number {
    return this.#network.inputSize;
  }

  /** The parts of the input that `run` and `push` take by name, too; none where it is one. */
  get inputs(): readonly InputPart[] {
    return this.#network.inputs ?? [];
  }

  /** Numbers in one step of one row of the main output. */
  get outputSize(): number {
    return this.outputSizes[this.outputNames[0]!]!;
  }

  /** Names of the outputs, the main one first. */
  get outputNames(): readonly string[] {
    return this.#network.outputs;
  }

  /** Numbers in one step of one row of each output, by name. */
  get outputSizes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.outputNames.map((name) => [name, layerOutputSize(layerNamed(this.#network, name))]));
  }

  /**
   * Steps of the input for a step of every output: a push is a multiple of it. 1 unless layers have strides along time.
   */
  get framesPerStep(): number {
    return this.#host.framesPerStep;
  }

  /**
   * Steps of each output, by name, for a row of `numSteps`: fewer, or more, where layers have strides or padding along time.
   * 1 for an output of a single frame; 0 where the row has too few steps.
   */
  outputSteps(numSteps: number): Readonly<Record<string, number>> {
    checkWhole("numSteps", numSteps, 0, Number.MAX_SAFE_INTEGER);
    return outputSteps(this.#network, numSteps);
  }

  /** [D, size] of each block of state of one row, by its name, "<layer>.<block>". */
  get stateShapes(): Readonly<Record<string, readonly [numDirections: number, size: number]>> {
    return stateShapes(this.#network);
  }

  /** Element i is the meaning of output i, and of index i; null if the file does not say. */
  get vocabulary(): readonly string[] | null {
    return this.#network.vocabulary;
  }

  /** The inferences made in reading the file, in sentences. */
  get notes(): readonly string[] {
    return this.#network.notes;
  }

  /**
   * Runs whole sequences from the initial state. Runs share nothing with each other or with streams.
   *
   * @param input [T, B, I], or [T, B] for a model that reads indices; or its parts by name, where it has several;
   *   or a list of rows, each [T, I] of its own length
   * @throws GruError `shape-mismatch`, `bad-input`, `unsupported`, `limit-exceeded`, `disposed`, `device-lost`
   */
  async run<Request extends OutputRequest = "all">(
    input: ArrayLike<number> | NamedInput | Rows,
    options: RunOptions<Request> = {},
  ): Promise<RunResult<MainOutput<Request>>> {
    this.#checkUsable();
    return this.#track(this.#runOn<Request>(this.#checker.check(input, options)));
  }

  /**
   * Continues a prompt, in a state of its own. The whole loop runs on the device, which draws each token and feeds it to the
   * next step. Only tokens are read back, for several steps at once.
   *
   * @returns yields one token of each stream, [streams], for each position; leaving the loop early frees its memory. It has the seed
   * @throws GruError `unsupported` unless one layer reads the input, an index, the main output scores as many tokens (by
   *   softmax, logSoftmax or linear), and all layers are forward and give every step; `bad-input`, `shape-mismatch`,
   *   `disposed`; from the loop `limit-exceeded`, `device-lost`, `disposed`
   */
  generate(options: GenerateOptions): GeneratedText {
    this.#checkUsable();
    return textsOf(options, this.vocabulary, (rest) => {
      const { prompt, state, generation, streams } = takeGeneration(this.#network, rest, this.#nonFinite);
      return this.#generate(prompt, streams, state, generation);
    });
  }

  /**
   * The indices of a text, or of a list of words, by the vocabulary: the longest entry that fits counts.
   *
   * @throws GruError `bad-input` for what the vocabulary lacks, unless `unknown` is an entry to stand for it; `unsupported` without a vocabulary
   */
  encode(text: string | readonly string[], options?: EncodeOptions): number[] {
    return encode(this.vocabulary, text, options);
  }

  /** The text of indices. @throws GruError `bad-input`, `unsupported` without a vocabulary */
  decode(indices: ArrayLike<number>): string {
    return decode(this.vocabulary, indices);
  }

  /**
   * Opens a stream with a state of its own, which begins with the initial state.
   *
   * @throws GruError `unsupported` for a model with a layer that cannot begin before a sequence's end; `shape-mismatch`,
   *   `bad-input`, `limit-exceeded`, `disposed`
   */
  createStream(options: StreamOptions = {}): GruStream {
    this.#checkUsable();
    const taken = takeStreamOptions(this.#network, options, this.#nonFinite);
    const end = this.#network.reversesInput
      ? { layer: { name: NETWORK_INPUT }, reason: 'direction "reverse"' }
      : needsEnd(this.#network);
    if (end !== null) {
      throw new GruError(
        "unsupported",
        `layer "${end.layer.name}": expected one that a stream can step through, got ${end.reason}; use run, which sees the whole sequence`,
      );
    }
    return new GruStream(this.#host, taken);
  }

  /**
   * A stream as a pair of web streams, for `pipeThrough`: each chunk that is written is pushed, and its main output can be
   * read. The stream is disposed when the pipe ends.
   *
   * @throws GruError as `createStream`
   */
  createTransform(options: StreamOptions = {}): ReadableWritablePair<Float32Array, ArrayLike<number>> {
    return transformOf(this.createStream(options));
  }

  /** The device and why it was chosen, the layers, the reader's inferences, and how a step and a sequence of 100 run. */
  explain(): string {
    const layers = this.#network.layers.map((layer) => `  ${layer.name}: ${describeLayer(layer)}`);
    const frames = this.framesPerStep;
    const states = Object.entries(this.stateShapes).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
    return [
      `device: ${this.device} (${this.deviceName}); ${this.deviceReason}`,
      `model: ${numParameters(this.#network)} parameters in ${this.#network.layers.length} layers`,
      ...layers,
      ...(states.length > 0 ? [`state of a row: ${states.join(", ")}`] : []),
      ...this.notes.map((note) => `note: ${note}`),
      `${frames === 1 ? "one step" : `${frames} steps`} of one row: ${this.#engine.describe(1, frames)}`,
      `100 steps of one row: ${this.#engine.describe(1, 100)}`,
      ...this.#engine.describeChoices(),
    ].join("\n");
  }

  /**
   * Frees the model and its streams, after the runs and pushes in flight. A device that the caller passed in is not destroyed.
   * A second call does nothing.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const ends = [...this.#streams].map((stream) => stream.end());
    this.#sessions.dispose();
    void Promise.allSettled([...this.#runs, ...ends]).then(async () => {
      await Promise.all([...this.#endsOfTexts].map((end) => end()));
      this.#scheduler?.session.dispose();
      this.#engine.dispose();
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #runOn<Request extends OutputRequest>(request: RunRequest): Promise<RunResult<MainOutput<Request>>> {
    const { input, batchSize, sequenceLength, lengths, returnSequences, returnState, output, state } = request;
    const session = this.#sessions.take(batchSize, sequenceLength);
    try {
      session.writeStates(state);
      const { outputs, state: finalState } = await session.advance({
        input,
        slots: Array.from({ length: batchSize }, (_, slot) => slot),
        lengths,
        lastOnly: !returnSequences,
        output,
        withState: returnState,
      });
      this.#sessions.keep(batchSize, session);
      const named = output.all ? nameOutputs(this.#network, outputs) : {};
      const finalStates = returnState ? nameState(this.#network, finalState, batchSize) : {};
      return { output: mainOutput<Request>(outputs, output), outputs: named, finalState, finalStates };
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  async *#generate(
    prompt: Float32Array,
    streams: number,
    state: Float32Array | null,
    generation: Generation,
  ): AsyncGenerator<Uint32Array, void> {
    this.#checkUsable();
    const session = this.#engine.createSession(streams, Math.max(1, prompt.length - 1));
    session.writeStates(state);
    const chunks = session.generate(prompt.at(-1)!, generation);
    const end = async () => {
      await chunks.return();
      session.dispose();
    };
    this.#endsOfTexts.add(end);
    try {
      if (prompt.length > 1) await this.#track(readPrompt(session, prompt.subarray(0, -1)));
      this.#checkUsable();
      for (let chunk = await this.#track(chunks.next()); !chunk.done; chunk = await this.#track(chunks.next())) {
        for (let start = 0; start < chunk.value.length; start += streams) {
          yield chunk.value.slice(start, start + streams);
          this.#checkUsable();
        }
      }
    } finally {
      this.#endsOfTexts.delete(end);
      await end();
    }
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#runs.add(run);
    const forget = () => this.#runs.delete(run);
    run.then(forget, forget);
    return run;
  }

  #schedulerFor(numRows: number): Scheduler {
    if (this.#scheduler !== null) return this.#scheduler;
    const scheduler = new Scheduler(this.#network, this.#engine.createSession(numRows, 1));
    if (!this.#engine.isImmediate) this.#scheduler = scheduler;
    return scheduler;
  }

  #checkUsable(): void {
    if (this.#isDisposed) throw new GruError("disposed", "model: already disposed");
  }
}

/** Advances all states by the same steps, without reading outputs back. */
async function readPrompt(session: Session, indices: Float32Array): Promise<void> {
  const slots = Array.from({ length: session.numSlots }, (_, slot) => slot);
  const input = Float32Array.from(
    { length: indices.length * slots.length },
    (_, i) => indices[Math.floor(i / slots.length)]!,
  );
  await session.advance({ input, slots, lengths: null, lastOnly: true, output: NONE, withState: false });
}
