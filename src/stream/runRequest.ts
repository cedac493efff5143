import { GruError } from "../errors.js";
import {
  checkBatchSize,
  checkInput,
  checkSequenceLength,
  type NonFinite,
  takeInput,
  takeLengths,
} from "../model/checkInput.js";
import { checkBoolean, checkOptions } from "../model/checkOptions.js";
import { latestLayer, type Network } from "../model/network.js";
import { type OutputOptions, type OutputRequest, type Selection, takeOutputRequest } from "../model/outputRequest.js";
import { reverseSteps } from "../model/reverseSteps.js";
import { type InitialState, type State, takeState } from "../model/state.js";
import type { NamedInput } from "../model/inputParts.js";
import { areRows, layOutRows, type Rows } from "../model/takeRows.js";

/** Options of `run`. */
export interface RunOptions<Request extends OutputRequest = "all"> extends OutputOptions<Request> {
  /** B, independent rows; 1 when absent. */
  readonly batchSize?: number;
  /** Steps of each row, [B], from 0 to T; T for all when absent. */
  readonly lengths?: ArrayLike<number>;
  /** Every step of the outputs (true when absent), or only each row's last one. */
  readonly returnSequences?: boolean;
  /** Whether to give `finalState` (true when absent). Without it a small run allocates less, and reads less back from a GPU. */
  readonly returnState?: boolean;
  /**
   * By block; or one array, [D, B, H] of each recurrent layer, one after the other: [L D, B, H] when all have one size. The
   * network's own when absent, which is zeros as a rule.
   */
  readonly initialState?: InitialState;
}

/** Result of `run`. */
export interface RunResult<Output = Float32Array> {
  /**
   * The main output: [T, B, O], or [B, O] of the last step. T is that of `outputSteps`. Zeros past a row's length. With `topK` its highest numbers;
   * undefined if `output` is `"none"`.
   */
  readonly output: Output;
  /** Every output by its layer's name, including the main one; empty unless all are read back. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /**
   * State after each row's last step, as one array, laid out as `initialState`; empty without `returnState`. A row of length 0
   * keeps its initial state.
   */
  readonly finalState: Float32Array;
  /** The same by block, [D, B, size] of each: views of `finalState`. */
  readonly finalStates: State;
}

/** A checked call of `run`. */
export interface RunRequest {
  /** [T, B, I], in the order that the layers read. */
  readonly input: Float32Array;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly lengths: readonly number[] | null;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly output: Selection;
  readonly state: Float32Array | null;
}

/** The input and the options of a call, with a list of rows laid out. @throws GruError `shape-mismatch`, `bad-input` */
export function withRows<Options extends RunOptions<OutputRequest>>(
  input: ArrayLike<number> | NamedInput | Rows,
  inputSize: number,
  options: Options,
): Options & { readonly input: ArrayLike<number> | NamedInput } {
  if (!areRows(input)) return { ...options, input };
  const key = (["batchSize", "lengths"] as const).find((name) => options[name] !== undefined);
  if (key !== undefined) {
    throw new GruError(
      "shape-mismatch",
      `${key}: expected none beside a list of rows, which say it themselves, got some`,
    );
  }
  const { lengths, ...rest } = layOutRows(input, inputSize);
  return { ...options, ...rest, ...(lengths && { lengths }) };
}

const OPTIONS = ["batchSize", "lengths", "initialState", "returnSequences", "returnState", "output"];

/** Checks the calls of `run` of a model. */
export class RunChecker {
  readonly #network: Network;
  readonly #nonFinite: NonFinite;
  readonly #take: typeof checkInput;
  readonly #latestLayer: ReturnType<typeof latestLayer>;

  /** @param isReadAtOnce whether the device reads an input before `run` returns: it needs no copy then */
  constructor(network: Network, nonFinite: NonFinite, isReadAtOnce: boolean) {
    this.#network = network;
    this.#nonFinite = nonFinite;
    // Reversing copies the input too.
    this.#take = isReadAtOnce || network.reversesInput ? checkInput : takeInput;
    this.#latestLayer = latestLayer(network);
  }

  /** @throws GruError `shape-mismatch`, `bad-input`, `unsupported`, `limit-exceeded` */
  check<Request extends OutputRequest>(
    given: ArrayLike<number> | NamedInput | Rows,
    options: RunOptions<Request>,
  ): RunRequest {
    const network = this.#network;
    const { input, ...taken } = withRows(given, network.inputSize, checkOptions(options, OPTIONS));
    const { batchSize = 1, lengths, initialState, returnSequences = true, returnState = true } = taken;
    checkBatchSize(batchSize);
    checkBoolean("returnSequences", returnSequences);
    checkBoolean("returnState", returnState);
    const steps = this.#take(network, input, batchSize, this.#nonFinite);
    const sequenceLength = steps.length / (batchSize * network.inputSize);
    this.#checkSteps(sequenceLength);
    const rowLengths = lengths === undefined ? null : takeLengths(lengths, batchSize, sequenceLength);
    checkSequenceLength(network, sequenceLength, rowLengths);
    const state = initialState === undefined ? null : takeState(network, initialState, batchSize, this.#nonFinite);
    return {
      input: network.reversesInput ? reverseSteps(steps, batchSize, network.inputSize, rowLengths) : steps,
      batchSize,
      sequenceLength,
      lengths: rowLengths,
      returnSequences,
      returnState,
      output: takeOutputRequest(network, taken.output),
      state,
    };
  }

  /** A layer without padding along time has no output for fewer frames than its window. */
  #checkSteps(sequenceLength: number): void {
    const { name, least } = this.#latestLayer;
    if (sequenceLength >= least) return;
    throw new GruError(
      "shape-mismatch",
      `input: expected at least ${least} steps, of which layer "${name}" makes its first, got ${sequenceLength}`,
    );
  }
}
