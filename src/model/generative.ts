// Generation: the check that a network can continue its own output, and the options for drawing tokens.

import { GruError } from "../errors.js";
import { type NonFinite, takeInput } from "./checkInput.js";
import { checkOptions, checkWhole } from "./checkOptions.js";
import { type Layer, layerOutputSize, layerType, timeOf } from "../layers/index.js";
import { framesPerStep, layerNamed, needsEnd, type Network, NETWORK_INPUT } from "./network.js";
import { type InitialState, takeState } from "./state.js";
import { describeNumber } from "./valueKind.js";

/** Options of `generate`. */
export interface GenerateOptions {
  /** Indices that each stream begins with; at least one. */
  readonly prompt: ArrayLike<number>;
  /** Tokens to draw for each stream. */
  readonly length: number;
  /** Probabilities are raised to 1 / temperature; 0 takes the likeliest token. 1 when absent. */
  readonly temperature?: number;
  /** Draw only from the k likeliest tokens; from all when absent. */
  readonly topK?: number;
  /**
   * Draw only from the smallest set of likeliest tokens whose probabilities reach this sum, at least one token; from all
   * when absent or 1. The probabilities are taken after temperature and topK, and add up to 1 over the tokens that topK keeps.
   */
  readonly topP?: number;
  /** From 0 to 2^32 - 1; a random one when absent, which the result tells. The same seed gives the same tokens. */
  readonly seed?: number;
  /**
   * Tokens that end a text, as indices or entries of the vocabulary. The last token of a text is the one that ended it; the loop ends when
   * all texts have ended, and a text that waits for others goes on.
   */
  readonly stop?: number | string | readonly (number | string)[];
  /** Ends the loop when it aborts: it throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Number of texts to write together, each with its own random numbers; 1 when absent. */
  readonly streams?: number;
  /**
   * On WebGPU, tokens of each stream that are read back together. A small number comes sooner and lets others use the GPU in
   * between; a large number takes less time per token. When absent, up to 64, and at most about 50 ms of work on a slow GPU.
   * The text does not depend on it.
   */
  readonly tokensPerSubmit?: number;
  /** The state before the prompt; [D, streams, size] of each block. The network's own when absent, which is zeros as a rule. */
  readonly initialState?: InitialState;
}

/** The tokens of `generate`, and the seed that gives them again. */
export type GeneratedText = AsyncGenerator<Uint32Array, void> & { readonly seed: number };

/** The seed; a random one where none is given. @throws GruError `bad-input` */
export function takeSeed(seed: number | undefined): number {
  if (seed === undefined) return Math.floor(Math.random() * 2 ** 32);
  checkWhole("seed", seed, 0, 2 ** 32 - 1);
  return seed;
}

/** Options of drawing tokens from scores. */
export interface Sampling {
  /** [1e-30, 1e30] */
  readonly temperature: number;
  readonly topK: number;
  /** [1e-30, 1] */
  readonly topP: number;
  readonly seed: number;
}

/** A checked request without its prompt. */
export interface Generation extends Sampling {
  /** Tokens to draw for each row. */
  readonly length: number;
  /** Steps to draw at once; the session decides when undefined. */
  readonly tokensPerSubmit: number | undefined;
}

/**
 * Checks the options of `generate`. Temperature 0 and topP 0 become topK 1.
 *
 * @returns `state` as `takeState` gives it; null for the network's own
 * @throws GruError `unsupported`, `bad-input`, `shape-mismatch` for an empty prompt
 */
export function takeGeneration(
  network: Network,
  options: Omit<GenerateOptions, "signal" | "stop">,
  nonFinite: NonFinite = "reject",
): { prompt: Float32Array; streams: number; state: Float32Array | null; generation: Generation } {
  const known = "prompt length temperature topK topP seed streams tokensPerSubmit initialState stop signal".split(" ");
  const copy = checkOptions(options, known);
  const { numTokens } = checkGenerative(network);
  const { length, temperature = 1, topK = numTokens, topP = 1, streams = 1, tokensPerSubmit } = copy;
  const prompt = takeInput(network, copy.prompt, 1, "reject", "prompt");
  checkWhole("length", length, 1, 2 ** 32);
  checkWhole("topK", topK, 1, Infinity);
  const seed = takeSeed(copy.seed);
  checkWhole("streams", streams, 1, Infinity);
  if (tokensPerSubmit !== undefined) checkWhole("tokensPerSubmit", tokensPerSubmit, 1, Infinity);
  checkNumber("temperature", temperature, "a finite number from 0 on", Infinity);
  checkNumber("topP", topP, "a number from 0 to 1", 1);
  const { initialState } = copy;
  const state = initialState === undefined ? null : takeState(network, initialState, streams, nonFinite);
  const isGreedy = temperature < 1e-30 || topP < 1e-30;
  const generation = {
    length,
    tokensPerSubmit,
    seed,
    temperature: isGreedy ? 1 : Math.min(temperature, 1e30),
    topK: isGreedy ? 1 : Math.min(topK, numTokens),
    topP: isGreedy ? 1 : topP,
  };
  return { prompt, streams, state, generation };
}

/** The scores that tokens are drawn from. */
export interface Scores {
  /** V */
  readonly numTokens: number;
  /** True for probabilities, false for logits. */
  readonly areProbabilities: boolean;
}

/** @throws GruError `unsupported` unless each step's main output can be the next step's input */
export function checkGenerative(network: Network): Scores {
  const readers = network.layers.filter(({ inputs }) => inputs.includes(NETWORK_INPUT));
  const [first] = readers;
  const numTokens = layerType(first!).numIndices?.(first!);
  if (readers.length !== 1 || numTokens === undefined) {
    throw refuse(`one layer that reads "${NETWORK_INPUT}", an index`, readers.map(describe).join(", "));
  }
  if (network.reversesInput) throw refuse("forward layers only", "reversesInput");
  const end = needsEnd(network);
  if (end !== null) throw refuse("forward layers only", `layer "${end.layer.name}", ${end.reason}`);
  const summary = network.layers.find((layer) => timeOf(layer) === "summary");
  if (summary !== undefined) {
    throw refuse("layers that give every step", `layer "${summary.name}", which gives one for all`);
  }
  const frames = framesPerStep(network);
  if (frames > 1) throw refuse("layers that give every step", `one step for ${frames} of the input`);
  const head = layerNamed(network, network.outputs[0]!);
  const scores = layerType(head).scores?.(head) ?? null;
  if (scores === null) {
    const got = [describe(head), ...activationsOf(head)].join(", ");
    throw refuse("a main output that scores tokens, by softmax, logSoftmax or linear", got);
  }
  const outputSize = layerOutputSize(head);
  if (outputSize !== numTokens) {
    throw refuse(`a main output of ${numTokens}, the size of ${describe(first!)}`, `"${head.name}" of ${outputSize}`);
  }
  return { numTokens, areProbabilities: scores === "probabilities" };
}

/** The activations of a layer, in words. */
function activationsOf(layer: Layer): string[] {
  const values = layer as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(layerType(layer).fields).flatMap(([key, field]) =>
    field.kind === "activation" ? [field.describe(values[key])] : [],
  );
}

function describe({ type, name }: Layer): string {
  return `${type} "${name}"`;
}

function refuse(expected: string, got: string): GruError {
  return new GruError("unsupported", `generate: expected ${expected}, got ${got}`);
}

function checkNumber(name: string, value: number, expected: string, largest: number): void {
  if (Number.isFinite(value) && value >= 0 && value <= largest) return;
  throw new GruError("bad-input", `${name}: expected ${expected}, got ${describeNumber(value)}`);
}
