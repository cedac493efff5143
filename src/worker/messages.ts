// What page and worker say to each other. The page sends the worker one MessagePort for each model; from then on arrays of
// `Call`s go one way, arrays of `Answer`s the other.

import type {
  CreateModelOptions,
  GenerateOptions,
  LoadModelOptions,
  ModelSource,
  MainOutput,
  Network,
  OutputOptions,
  OutputRequest,
  RunOptions,
  RunResult,
  StreamOptions,
} from "../index.js";
import type { LoadProgress } from "../index.js";
import type { SentError } from "./sentError.js";

/** Both sides must be of one release; this tells when they are not. */
export const PROTOCOL = 1;

/** How the page opens the port of a model, which goes with it. */
export interface Greeting {
  readonly webgru: number;
  /** Name of the lock that the worker is to hold while the model is there: nothing else tells that it was terminated. */
  readonly lock: string;
}

/** What a model is, to be known on the page without asking. */
export interface Facts {
  readonly device: "webgpu" | "cpu";
  readonly deviceName: string;
  readonly deviceReason: string;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly outputNames: readonly string[];
  readonly outputSizes: Readonly<Record<string, number>>;
  readonly vocabulary: readonly string[] | null;
  readonly notes: readonly string[];
}

/** Tokens that came together, one [streams] for each position. */
export interface Tokens {
  readonly tokens: Uint32Array[];
  readonly isDone: boolean;
}

type Answered<T> = T | Promise<T>;

/** What can be asked of a worker. Streams and texts go by numbers that the page chooses. */
export interface Calls {
  load(source: ModelSource, options: Omit<LoadModelOptions, "signal" | "onProgress">): Answered<Facts>;
  create(network: Network, options: CreateModelOptions): Answered<Facts>;
  run(input: ArrayLike<number>, options: RunOptions<OutputRequest>): Answered<RunResult<MainOutput<OutputRequest>>>;
  explain(): Answered<string>;
  /** Gives up a load under way too. */
  dispose(): Answered<void>;

  /** A refusal comes with the stream's other calls: this one is not waited for. */
  openStream(stream: number, options: StreamOptions): Answered<void>;
  push(
    stream: number,
    input: ArrayLike<number>,
    options: OutputOptions<OutputRequest>,
  ): Answered<MainOutput<OutputRequest>>;
  pushNamed(stream: number, input: ArrayLike<number>): Answered<Readonly<Record<string, Float32Array>>>;
  reset(stream: number): Answered<void>;
  save(stream: number): Answered<Uint8Array>;
  restore(stream: number, bytes: Uint8Array): Answered<void>;
  fork(stream: number, forked: number): Answered<void>;
  closeStream(stream: number): Answered<void>;

  openText(text: number, options: GenerateOptions): Answered<void>;
  nextTokens(text: number): Answered<Tokens>;
  closeText(text: number): Answered<void>;
}

/** A call on its way to the worker. */
export type Call = {
  [Method in keyof Calls]: { readonly id: number; readonly method: Method; readonly args: Parameters<Calls[Method]> };
}[keyof Calls];

/** What a call gave, or how far a load is, or whether the worker holds its lock, as soon as that is settled. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError }
  | { readonly progress: LoadProgress }
  | { readonly isLocked: boolean };
