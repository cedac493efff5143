// The messages between page and worker. The page sends the worker one MessagePort for each model. On it, the page sends arrays
// of `Call`s, and the worker arrays of `Answer`s.

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
  State,
  StreamOptions,
} from "../index.js";
import type { NamedInput } from "../model/inputParts.js";
import type { LoadProgress } from "../index.js";
import type { SentError } from "./sentError.js";

/** Version of the messages. Page and worker must have the same. */
export const PROTOCOL = 2;

/** The message that brings the port of a model. */
export interface Greeting {
  readonly webgru: number;
  /**
   * Name of the lock that the worker holds until the model is disposed. If the page gets the lock, the worker was terminated:
   * there is no event for that.
   */
  readonly lock: string;
}

/** The properties of a model that the page has without a call. */
export interface Facts {
  readonly device: "webgpu" | "cpu";
  readonly deviceName: string;
  readonly deviceReason: string;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly outputNames: readonly string[];
  readonly outputSizes: Readonly<Record<string, number>>;
  readonly framesPerStep: number;
  readonly stateShapes: Readonly<Record<string, readonly [numDirections: number, size: number]>>;
  readonly vocabulary: readonly string[] | null;
  readonly notes: readonly string[];
}

/** Tokens of several positions, [streams] for each. */
export interface Tokens {
  readonly tokens: Uint32Array[];
  readonly isDone: boolean;
}

type Answered<T> = T | Promise<T>;

/** The methods of the worker. The page numbers streams and texts. */
export interface Calls {
  load(source: ModelSource, options: Omit<LoadModelOptions, "signal" | "onProgress">): Answered<Facts>;
  create(network: Network, options: CreateModelOptions): Answered<Facts>;
  run(
    input: ArrayLike<number> | NamedInput,
    options: RunOptions<OutputRequest>,
  ): Answered<RunResult<MainOutput<OutputRequest>>>;
  explain(): Answered<string>;
  outputSteps(numSteps: number): Answered<Readonly<Record<string, number>>>;
  /** Also aborts an unfinished load. */
  dispose(): Answered<void>;

  /** The page does not await it: if the stream is refused, its other calls throw. */
  openStream(stream: number, options: StreamOptions): Answered<void>;
  push(
    stream: number,
    input: ArrayLike<number> | NamedInput,
    options: OutputOptions<OutputRequest>,
  ): Answered<MainOutput<OutputRequest>>;
  pushNamed(stream: number, input: ArrayLike<number> | NamedInput): Answered<Readonly<Record<string, Float32Array>>>;
  reset(stream: number): Answered<void>;
  state(stream: number): Answered<State>;
  save(stream: number): Answered<Uint8Array>;
  restore(stream: number, bytes: Uint8Array): Answered<void>;
  fork(stream: number, forked: number): Answered<void>;
  closeStream(stream: number): Answered<void>;

  openText(text: number, options: GenerateOptions): Answered<void>;
  nextTokens(text: number): Answered<Tokens>;
  closeText(text: number): Answered<void>;
}

/** A call of one of the methods. */
export type Call = {
  [Method in keyof Calls]: { readonly id: number; readonly method: Method; readonly args: Parameters<Calls[Method]> };
}[keyof Calls];

/** The result of a call, the progress of a load, or whether the worker holds its lock. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError }
  | { readonly progress: LoadProgress }
  | { readonly isLocked: boolean };
