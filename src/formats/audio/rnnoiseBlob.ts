// RNNoise 0.2's weights, as its `dump_weights_blob` writes them: linear layers, dense or in blocks of 8 outputs by 4 inputs, as float32
// or int8; of a GRU one for the input and one for the state, with gates z r h, and the state's diagonal apart.
// https://gitlab.xiph.org/xiph/rnnoise, src/parse_lpcnet_weights.c, nnet.c and rnn.c; dnn/torch/weight-exchange of Opus

import { GruError } from "../../errors.js";
import type { Network } from "../../model/network.js";
import { convertKernel, swapGates } from "../kernel.js";
import { networkOf02, type RnnoiseLayer } from "./rnnoise.js";
import { readWeightsBlob } from "./weightsBlob.js";

/** A linear layer of the file. */
interface Linear {
  readonly numInputs: number;
  readonly numOutputs: number;
  /** [inputs, outputs] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Of a block of a sparse matrix. */
const [BLOCK_OUTPUTS, BLOCK_INPUTS] = [8, 4];
const BLOCK = BLOCK_OUTPUTS * BLOCK_INPUTS;
/** int8 weights are multiplied by inputs of which 127 is 1. */
const INPUT_UNIT = 127;
/** Largest number of inputs or outputs: a sparse layer of few bytes could say any. */
const MAX_SIZE = 4096;

/** @throws GruError `bad-file`, `unsupported`, `shape-mismatch` */
export function readRnnoiseBlob(bytes: Uint8Array): Network {
  const blob = new Blob(readWeightsBlob(bytes));
  const conv2Outputs = blob.numOutputs("conv2");
  const [conv1Outputs, units] = [blob.numOutputs("conv1"), blob.numUnits("gru1")];
  const conv2 = blob.linear("conv2", null);
  const kernelSize = conv2.numInputs / conv1Outputs;
  const grus = ["gru1", "gru2", "gru3"].map(
    (name, i) => [name, blob.gru(name, i === 0 ? conv2Outputs : units)] as const,
  );
  const heads = ["dense_out", "vad_dense"].map((name) => [name, blob.linear(name, null)] as const);
  const conv1 = blob.linear("conv1", null);
  const layers = {
    conv1: convLayer("conv1", conv1, kernelSize),
    conv2: convLayer("conv2", conv2, kernelSize),
    ...Object.fromEntries(grus),
    ...Object.fromEntries(heads.map(([name, linear]) => [name, denseLayer(linear)])),
  };
  // Version 0.2 reads the last GRU; later ones all of them.
  const isLast = heads[0]![1].numInputs === units;
  return networkOf02(layers, isLast ? ["gru3"] : ["conv2", "gru1", "gru2", "gru3"]);
}

/** A convolution of the last `kernelSize` frames, the earliest first. */
function convLayer(name: string, { numInputs, numOutputs, weight, bias }: Linear, kernelSize: number): RnnoiseLayer {
  const channels = numInputs / kernelSize;
  if (!Number.isInteger(kernelSize) || !Number.isInteger(channels)) {
    throw bad(name, "inputs of several whole frames", `${numInputs} inputs`);
  }
  const ours = new Float32Array(weight.length);
  for (let time = 0; time < kernelSize; time++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let output = 0; output < numOutputs; output++) {
        ours[(output * channels + channel) * kernelSize + time] =
          weight[(time * channels + channel) * numOutputs + output]!;
      }
    }
  }
  const shape = { inputShape: [channels], outputChannels: numOutputs, timeKernelSize: kernelSize };
  return { type: "conv", ...shape, activation: "tanh", weight: ours, bias };
}

function denseLayer({ numInputs, numOutputs, weight, bias }: Linear): RnnoiseLayer {
  const tensor = { shape: [numInputs, numOutputs], values: weight, storage: "f32" } as const;
  const sizes = { inputSize: numInputs, outputSize: numOutputs };
  return { type: "dense", ...sizes, activation: "sigmoid", weight: convertKernel(tensor, 1), bias };
}

/** The linear layers of a file. */
class Blob {
  readonly #records: ReadonlyMap<string, Uint8Array>;

  constructor(records: ReadonlyMap<string, Uint8Array>) {
    this.#records = records;
  }

  /** Numbers of a layer's bias. */
  numOutputs(name: string): number {
    const { length } = this.#floats(`${name}_bias`) ?? this.#missing(`${name}_bias`);
    if (length >= 1 && length <= MAX_SIZE) return length;
    throw bad(`${name}_bias`, `1 to ${MAX_SIZE} numbers`, length);
  }

  /** H of a GRU. */
  numUnits(name: string): number {
    const units = this.numOutputs(`${name}_recurrent`) / 3;
    if (Number.isInteger(units)) return units;
    throw bad(`${name}_recurrent_bias`, "numbers of three gates", 3 * units);
  }

  gru(name: string, inputSize: number): RnnoiseLayer {
    const hiddenSize = this.numUnits(name);
    const input = this.linear(`${name}_input`, inputSize);
    const recurrent = this.linear(`${name}_recurrent`, hiddenSize);
    if (input.numOutputs !== 3 * hiddenSize)
      throw bad(`${name}_input_bias`, `${3 * hiddenSize} numbers`, input.numOutputs);
    const [weight, recurrentWeight] = [input, recurrent].map(({ numInputs, weight: values }) =>
      convertKernel({ shape: [numInputs, 3 * hiddenSize], values, storage: "f32" }, 3),
    );
    const [bias, recurrentBias] = [input, recurrent].map((linear) => {
      const values = linear.bias.slice();
      swapGates(values, 1);
      return values;
    });
    return {
      type: "gru",
      inputSize,
      hiddenSize,
      weight: weight!,
      recurrentWeight: recurrentWeight!,
      bias: bias!,
      recurrentBias: recurrentBias!,
    };
  }

  /** @param numInputs null where the weights tell it */
  linear(name: string, numInputs: number | null): Linear {
    const numOutputs = this.numOutputs(name);
    const bias = this.#floats(`${name}_bias`)!;
    const indices = this.#records.get(`${name}_weights_idx`);
    const floats = this.#floats(`${name}_weights_float`);
    const stored = floats ?? this.#scaled(name);
    const inputs = numInputs ?? stored.length / numOutputs;
    if (!Number.isInteger(inputs) || inputs < 1 || inputs > MAX_SIZE) {
      throw bad(`${name}_weights`, `1 to ${MAX_SIZE} inputs of ${numOutputs} outputs`, `${stored.length} numbers`);
    }
    const blocks = indices === undefined ? null : blockPlaces(name, indices, inputs, numOutputs);
    const places = blocks ?? (floats === null ? allBlocks(name, inputs, numOutputs) : null);
    const length = places === null ? inputs * numOutputs : places.length * BLOCK;
    if (stored.length !== length) throw bad(`${name}_weights`, `${length} numbers`, stored.length);
    const weight =
      places === null ? stored : unpacked(stored, places, floats !== null, inputs * numOutputs, numOutputs);
    if (floats === null) this.#rescale(name, weight, numOutputs);
    this.#addDiagonal(name, weight, inputs, numOutputs);
    return { numInputs: inputs, numOutputs, weight, bias };
  }

  /** int8 weights, still without the scale of their outputs. */
  #scaled(name: string): Float32Array {
    const bytes = this.#records.get(`${name}_weights_int8`) ?? this.#missing(`${name}_weights_float`);
    return Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  #rescale(name: string, weight: Float32Array, numOutputs: number): void {
    const scale = this.#floats(`${name}_scale`) ?? this.#missing(`${name}_scale`);
    if (scale.length !== numOutputs) throw bad(`${name}_scale`, `${numOutputs} numbers`, scale.length);
    for (let i = 0; i < weight.length; i++) weight[i]! *= scale[i % numOutputs]! * INPUT_UNIT;
  }

  /** Adds, to each gate's square part, what is kept apart of its diagonal. */
  #addDiagonal(name: string, weight: Float32Array, numInputs: number, numOutputs: number): void {
    const diagonal = this.#floats(`${name}_weights_diag`);
    if (diagonal === null) return;
    if (diagonal.length !== numOutputs || numOutputs !== 3 * numInputs) {
      throw bad(`${name}_weights_diag`, `${3 * numInputs} numbers`, diagonal.length);
    }
    diagonal.forEach((value, output) => (weight[(output % numInputs) * numOutputs + output]! += value));
  }

  #floats(name: string): Float32Array | null {
    const bytes = this.#records.get(name);
    if (bytes === undefined) return null;
    if (bytes.length % 4 !== 0) throw bad(name, "float32 numbers", `${bytes.length} bytes`);
    return new Float32Array(bytes.slice().buffer);
  }

  #missing(name: string): never {
    const names = [...this.#records.keys()].slice(0, 4).join(", ");
    throw new GruError(
      "unsupported",
      `rnnoise: expected a record "${name}", as RNNoise 0.2 has it, got ${names || "none"}`,
    );
  }
}

/** The first output and the first input of a block. */
type Place = readonly [output: number, input: number];

/** The blocks that are there: for each 8 outputs their number, and the first input of each. */
function blockPlaces(name: string, bytes: Uint8Array, numInputs: number, numOutputs: number): Place[] {
  const what = `${name}_weights_idx`;
  if (bytes.length % 4 !== 0) throw bad(what, "whole numbers of 4 bytes", `${bytes.length} bytes`);
  const indices = new Int32Array(bytes.slice().buffer);
  const places: Place[] = [];
  let at = 0;
  for (let output = 0; output < numOutputs; output += BLOCK_OUTPUTS) {
    const end = at + 1 + (indices[at] ?? NaN);
    if (!(end > at && end <= indices.length)) throw bad(what, `a number of blocks at ${at}`, String(indices[at]));
    for (at++; at < end; at++) {
      const input = indices[at]!;
      const isInside = input >= 0 && input % BLOCK_INPUTS === 0 && input + BLOCK_INPUTS <= numInputs;
      if (!isInside) throw bad(what, `a multiple of 4 inside ${numInputs} inputs`, input);
      places.push([output, input]);
    }
  }
  if (at !== indices.length || numOutputs % BLOCK_OUTPUTS !== 0) {
    throw bad(what, `blocks of ${numOutputs} outputs`, `${indices.length} numbers`);
  }
  return places;
}

/** All blocks, of int8 weights that are not sparse. */
function allBlocks(name: string, numInputs: number, numOutputs: number): Place[] {
  if (numOutputs % BLOCK_OUTPUTS !== 0 || numInputs % BLOCK_INPUTS !== 0) {
    throw bad(`${name}_weights_int8`, "whole blocks of 8 by 4", `${numOutputs} by ${numInputs}`);
  }
  const columns = numInputs / BLOCK_INPUTS;
  return Array.from({ length: (numOutputs / BLOCK_OUTPUTS) * columns }, (_, i) => [
    Math.floor(i / columns) * BLOCK_OUTPUTS,
    (i % columns) * BLOCK_INPUTS,
  ]);
}

/** The matrix [inputs, outputs] of blocks, of floats [4 inputs, 8 outputs] or of int8 [8 outputs, 4 inputs]. */
function unpacked(
  stored: Float32Array,
  places: readonly Place[],
  isFloat: boolean,
  length: number,
  numOutputs: number,
): Float32Array {
  const weight = new Float32Array(length);
  places.forEach(([firstOutput, firstInput], block) => {
    for (let i = 0; i < BLOCK; i++) {
      const output = firstOutput + (isFloat ? i % BLOCK_OUTPUTS : Math.floor(i / BLOCK_INPUTS));
      const input = firstInput + (isFloat ? Math.floor(i / BLOCK_OUTPUTS) : i % BLOCK_INPUTS);
      weight[input * numOutputs + output] = stored[block * BLOCK + i]!;
    }
  });
  return weight;
}

function bad(what: string, expected: string, got: string | number): GruError {
  return new GruError("bad-file", `${what}: expected ${expected}, got ${got}`);
}
