// RNNoise's model files of 2018, as FFmpeg's arnndn and the collection rnnoise-models have them: a line of text, then whole
// numbers. A dense layer is inputs, outputs, activation, weights [inputs, outputs], bias; a GRU inputs, units, activation, weights
// [inputs, 3 units], recurrent weights [units, 3 units], bias, with gates z r h, and the reset before the product. 256 is 1.
// https://gitlab.xiph.org/xiph/rnnoise, src/rnn_reader.c and rnn.c of 2018

import { GruError } from "../../errors.js";
import type { Network } from "../../model/network.js";
import { convertKernel, swapGates } from "../kernel.js";
import { quoteText } from "../../model/valueKind.js";
import { networkOf2018, type RnnoiseLayer } from "./rnnoise.js";

/** The first line of such a file. */
const HEADER = "rnnoise-nu model file version 1";
const WEIGHT_UNIT = 1 / 256;
/** Largest number of inputs or units, RNNoise's own. */
const MAX_UNITS = 128;
/** By number. */
const ACTIVATIONS = ["tanh", "sigmoid", "relu"] as const;
const LAYERS = ["dense", "gru", "gru", "gru", "dense", "dense"] as const;

/** @throws GruError `bad-file`, `unsupported`, `shape-mismatch` */
export function readRnnoiseText(bytes: Uint8Array): Network {
  const text = new TextDecoder().decode(bytes);
  if (!text.startsWith(HEADER)) {
    throw new GruError("unsupported", `rnnoise: expected "${HEADER}", got ${quoteText(text.slice(0, HEADER.length))}`);
  }
  const numbers = new Numbers(text.slice(HEADER.length));
  const layers = LAYERS.map((type) => readLayer(type, numbers));
  numbers.checkEnd();
  return networkOf2018(layers);
}

function readLayer(type: (typeof LAYERS)[number], numbers: Numbers): RnnoiseLayer {
  const [inputSize, size] = [numbers.size(), numbers.size()];
  const activation = ACTIVATIONS[numbers.next(0, MAX_UNITS)] ?? "tanh"; // as RNNoise takes all others
  const numGates = type === "gru" ? 3 : 1;
  const weight = numbers.kernel(inputSize, size, numGates);
  if (type === "dense") {
    return { type, inputSize, outputSize: size, activation, weight, bias: numbers.weights(size) };
  }
  const recurrentWeight = numbers.kernel(size, size, numGates);
  const bias = numbers.weights(3 * size);
  swapGates(bias, 1);
  const shape = { inputSize, hiddenSize: size, resetAfter: false, newActivation: activation };
  return { type, ...shape, weight, recurrentWeight, bias };
}

/** The numbers of a text, one after the other. */
class Numbers {
  readonly #words: RegExp = /\S+/g;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws GruError `bad-file` unless a whole number between both comes next */
  next(least: number, most: number): number {
    const word = this.#words.exec(this.#text)?.[0];
    const value = word !== undefined && /^[+-]?\d{1,9}$/.test(word) ? Number(word) : NaN;
    if (value >= least && value <= most) return value;
    const got = word === undefined ? "the end" : quoteText(word.slice(0, 40));
    throw new GruError("bad-file", `rnnoise: expected a whole number from ${least} to ${most}, got ${got}`);
  }

  size(): number {
    return this.next(1, MAX_UNITS);
  }

  weights(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.next(-128, 127) * WEIGHT_UNIT);
  }

  /** A kernel [inputs, gates units] of the file in our axes and order of gates. */
  kernel(inputs: number, units: number, numGates: 1 | 3): Float32Array {
    const shape = [inputs, numGates * units];
    return convertKernel({ shape, values: this.weights(shape[0]! * shape[1]!), storage: "f32" }, numGates);
  }

  checkEnd(): void {
    const rest = this.#words.exec(this.#text)?.[0];
    if (rest === undefined) return;
    throw new GruError(
      "bad-file",
      `rnnoise: expected the end after ${LAYERS.length} layers, got ${quoteText(rest.slice(0, 40))}`,
    );
  }
}
