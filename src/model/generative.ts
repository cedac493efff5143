// What a model must be to write on by itself, and how its tokens are drawn.

import { GruError } from "../errors.js";
import { takeInput } from "./checkInput.js";
import { checkOptions, checkWhole } from "./checkOptions.js";
import { layerType } from "../layers/index.js";
import { layerNamed, needsEnd, type Network, NETWORK_INPUT } from "./network.js";
import { describeNumber } from "./valueKind.js";

/** What `generate` is to write. */
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
   * Draw only from the fewest likeliest tokens whose probabilities reach this sum, one at the least; from all when absent
   * or 1. Probabilities are as temperature, then topK, have left them: of the tokens that topK keeps, the sum is 1.
   */
  readonly topP?: number;
  /** From 0 to 2^32 - 1; 0 when absent. The same seed gives the same tokens. */
  readonly seed?: number;
  /** Texts to write side by side, each with random numbers of its own; 1 when absent. */
  readonly streams?: number;
  /**
   * On WebGPU, tokens of each stream that come down together: few come sooner and leave the GPU to others in between, many
   * take less time each. When absent, up to 64, and no more than about 50 ms of work on a slow GPU. The text is the same.
   */
  readonly tokensPerSubmit?: number;
}

/** How tokens are drawn from an output. */
export interface Sampling {
  /** [1e-30, 1e30] */
  readonly temperature: number;
  readonly topK: number;
  /** [1e-30, 1] */
  readonly topP: number;
  readonly seed: number;
}

/** A checked request, but for its prompt. */
export interface Generation extends Sampling {
  /** Tokens to draw for each row. */
  readonly length: number;
  /** Steps to draw at once; as many as are worth it when undefined. */
  readonly tokensPerSubmit: number | undefined;
}

/**
 * Checks what the caller asks for; the likeliest token is the only one of the one likeliest.
 *
 * @throws GruError `bad-input`, `shape-mismatch` for a prompt that is none
 */
export function takeGeneration(
  network: Network,
  options: GenerateOptions,
): { prompt: Float32Array; streams: number; generation: Generation } {
  const known = ["prompt", "length", "temperature", "topK", "topP", "seed", "streams", "tokensPerSubmit"];
  const copy = checkOptions(options, known);
  const { numTokens } = checkGenerative(network);
  const { length, temperature = 1, topK = numTokens, topP = 1, seed = 0, streams = 1, tokensPerSubmit } = copy;
  const prompt = takeInput(network, copy.prompt, 1, "reject", "prompt");
  checkWhole("length", length, 1, 2 ** 32);
  checkWhole("topK", topK, 1, Infinity);
  checkWhole("seed", seed, 0, 2 ** 32 - 1);
  checkWhole("streams", streams, 1, Infinity);
  if (tokensPerSubmit !== undefined) checkWhole("tokensPerSubmit", tokensPerSubmit, 1, Infinity);
  checkNumber("temperature", temperature, "a finite number from 0 on", Infinity);
  checkNumber("topP", topP, "a number from 0 to 1", 1);
  const isGreedy = temperature < 1e-30 || topP < 1e-30;
  const generation = {
    length,
    tokensPerSubmit,
    seed,
    temperature: isGreedy ? 1 : Math.min(temperature, 1e30),
    topK: isGreedy ? 1 : Math.min(topK, numTokens),
    topP: isGreedy ? 1 : topP,
  };
  return { prompt, streams, generation };
}

/** What the tokens are drawn from, of a network that passes `checkGenerative`. */
export interface Scores {
  /** V */
  readonly numTokens: number;
  /** Probabilities, or their logarithms less some number that is the same for all. */
  readonly areProbabilities: boolean;
}

/** @throws GruError `unsupported` unless each step's main output can be the next step's input */
export function checkGenerative(network: Network): Scores {
  const readers = network.layers.filter(({ inputs }) => inputs.includes(NETWORK_INPUT));
  const [first] = readers;
  if (readers.length !== 1 || first!.type !== "embedding") {
    const got = readers.map(({ type, name }) => `${type} "${name}"`).join(", ");
    throw refuse("a model whose input goes to one embedding and nowhere else", got);
  }
  if (network.reversesInput) throw refuse("forward layers only", "reversesInput");
  const end = needsEnd(network);
  if (end !== null) throw refuse("forward layers only", `layer "${end.layer.name}", ${end.reason}`);
  const summary = network.layers.find((layer) => layerType(layer).time === "summary");
  if (summary !== undefined) {
    throw refuse("layers that give every step", `layer "${summary.name}", which gives one for all`);
  }
  const head = layerNamed(network, network.outputs[0]!);
  const activation = head.type === "dense" ? head.activation.name : "";
  if (head.type !== "dense" || !["softmax", "logSoftmax", "linear"].includes(activation)) {
    const got = `${head.type} "${head.name}"${activation && `, ${activation}`}`;
    throw refuse("a dense main output, softmax, logSoftmax or linear", got);
  }
  if (head.outputSize !== first!.numEmbeddings) {
    throw refuse(
      `a main output of ${first!.numEmbeddings}, the size of embedding "${first!.name}"`,
      `"${head.name}" of ${head.outputSize}`,
    );
  }
  return { numTokens: head.outputSize, areProbabilities: activation === "softmax" };
}

function refuse(expected: string, got: string): GruError {
  return new GruError("unsupported", `generate: expected ${expected}, got ${got}`);
}

function checkNumber(name: string, value: number, expected: string, largest: number): void {
  if (Number.isFinite(value) && value >= 0 && value <= largest) return;
  throw new GruError("bad-input", `${name}: expected ${expected}, got ${describeNumber(value)}`);
}
