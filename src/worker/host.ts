import {
  createModel,
  type CreateModelOptions,
  type GenerateOptions,
  GruError,
  type GruModel,
  type GruStream,
  loadModel,
  type LoadModelOptions,
  type ModelSource,
  type Network,
  type OutputOptions,
  type OutputRequest,
  type RunOptions,
  type StreamOptions,
} from "../index.js";
import type { NamedInput } from "../model/inputParts.js";
import type { Answer, Call, Calls, Facts, Tokens } from "./messages.js";
import { Outbox } from "./outbox.js";
import { buffersOf } from "./parcel.js";
import { plain, toSend } from "./sentError.js";

/** Tokens drawn within this time after the first one are sent with it. */
const GATHERING_MS = 4;

/** An unfinished text. */
interface Text {
  readonly tokens: AsyncGenerator<Uint32Array, void>;
  /** The next tokens, requested before the page asks for them. */
  ahead: Promise<IteratorResult<Uint32Array, void>> | null;
}

/**
 * Serves one model to the page at the other end of `port`.
 *
 * @param lock name of the lock to hold until the model is disposed
 */
export function serveModel(port: MessagePort, lock: string): void {
  const answers = new Outbox<Answer>(port);
  const host = new Host((loaded, total) => answers.post({ progress: { loaded, total } }, [], () => {}));
  port.addEventListener("message", ({ data }: MessageEvent<readonly Call[]>) => {
    // Not awaited one by one: pushes of one task must share a tick.
    for (const call of data) void answer(call);
  });
  port.start();
  const tellLock = (isLocked: boolean) => answers.post({ isLocked }, [], () => {});
  if (navigator.locks === undefined) tellLock(false); // an insecure context has no locks
  else {
    void navigator.locks.request(lock, () => {
      tellLock(true);
      return host.ended;
    });
  }

  async function answer({ id, method, args }: Call): Promise<void> {
    try {
      const value: unknown = await (host[method] as (...args: unknown[]) => unknown).call(host, ...args);
      answers.post({ id, value }, buffersOf(value), (error) => refuse(id, error));
    } catch (error) {
      refuse(id, error);
    }
  }

  function refuse(id: number, error: unknown): void {
    answers.post({ id, error: toSend(error) }, [], () =>
      answers.post({ id, error: toSend(plain(error)) }, [], () => {}),
    );
  }
}

/** A model in a worker, and the streams and texts that the page opened. */
class Host implements Calls {
  readonly #onProgress: (loaded: number, total: number | null) => void;
  readonly #loading = new AbortController();
  #model: GruModel | null = null;
  /** By the page's numbers. For a stream that was refused, the function throws. */
  readonly #streams = new Map<number, () => GruStream>();
  readonly #texts = new Map<number, Text>();
  #tellEnd!: () => void;
  /** Resolves when the page has disposed the model. */
  readonly ended = new Promise<void>((resolve) => (this.#tellEnd = resolve));

  constructor(onProgress: (loaded: number, total: number | null) => void) {
    this.#onProgress = onProgress;
  }

  async load(source: ModelSource, options: LoadModelOptions): Promise<Facts> {
    return this.#keep(
      await loadModel(source, {
        ...options,
        signal: this.#loading.signal,
        onProgress: ({ loaded, total }) => this.#onProgress(loaded, total),
      }),
    );
  }

  async create(network: Network, options: CreateModelOptions): Promise<Facts> {
    return this.#keep(await createModel(network, options));
  }

  run(input: ArrayLike<number> | NamedInput, options: RunOptions<OutputRequest>) {
    return this.#loadedModel.run(input, options);
  }

  explain(): string {
    return this.#loadedModel.explain();
  }

  outputSteps(numSteps: number): Readonly<Record<string, number>> {
    return this.#loadedModel.outputSteps(numSteps);
  }

  dispose(): void {
    this.#loading.abort();
    this.#model?.dispose();
    this.#tellEnd();
  }

  openStream(id: number, options: StreamOptions): void {
    try {
      const stream = this.#loadedModel.createStream(options);
      this.#streams.set(id, () => stream);
    } catch (error) {
      this.#streams.set(id, () => {
        throw error;
      });
    }
  }

  push(id: number, input: ArrayLike<number> | NamedInput, options: OutputOptions<OutputRequest>) {
    return this.#stream(id).push(input, options);
  }

  pushNamed(id: number, input: ArrayLike<number> | NamedInput) {
    return this.#stream(id).pushNamed(input);
  }

  reset(id: number) {
    return this.#stream(id).reset();
  }

  state(id: number) {
    return this.#stream(id).state();
  }

  save(id: number) {
    return this.#stream(id).save();
  }

  restore(id: number, bytes: Uint8Array) {
    return this.#stream(id).restore(bytes);
  }

  async fork(id: number, forked: number): Promise<void> {
    const stream = await this.#stream(id).fork();
    this.#streams.set(forked, () => stream);
  }

  closeStream(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    try {
      stream?.().dispose();
    } catch {
      // the stream was refused: there is nothing to dispose
    }
  }

  openText(id: number, options: GenerateOptions): void {
    this.#texts.set(id, { tokens: this.#loadedModel.generate(options), ahead: null });
  }

  /** The next token of each stream, and the tokens of later positions that are drawn already. */
  async nextTokens(id: number): Promise<Tokens> {
    const text = this.#texts.get(id)!;
    const tokens: Uint32Array[] = [];
    let next: IteratorResult<Uint32Array, void> | null = await (text.ahead ?? text.tokens.next());
    const endMs = performance.now() + GATHERING_MS;
    const turn = new Promise<null>((resolve) => setTimeout(resolve, 0, null));
    while (next !== null) {
      if (next.done === true) return { tokens, isDone: true };
      tokens.push(next.value);
      text.ahead = text.tokens.next();
      // An error is thrown by the call that takes these tokens.
      const early = Promise.race([text.ahead, turn]).catch(() => null);
      next = performance.now() < endMs ? await early : null;
    }
    return { tokens, isDone: false };
  }

  async closeText(id: number): Promise<void> {
    const text = this.#texts.get(id);
    this.#texts.delete(id);
    await text?.tokens.return();
  }

  get #loadedModel(): GruModel {
    return this.#model!;
  }

  #stream(id: number): GruStream {
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new GruError("unsupported", "stream: its options cannot be sent to a worker");
    return stream();
  }

  #keep(model: GruModel): Facts {
    if (this.#loading.signal.aborted) model.dispose(); // the page disposed it while it was created
    this.#model = model;
    const { device, deviceName, deviceReason, inputSize, outputSize, outputNames, outputSizes } = model;
    const { framesPerStep, stateShapes, vocabulary, notes } = model;
    const sizes = { inputSize, outputSize, outputNames, outputSizes, framesPerStep, stateShapes };
    return { device, deviceName, deviceReason, ...sizes, vocabulary, notes };
  }
}
