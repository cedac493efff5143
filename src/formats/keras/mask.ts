// Masks, expressed by layers. A masked step keeps the state and, in most layers, repeats the output. An update gate of 1 does
// the same: h' = (1 - z) * n + z * h. So a mask is a feature of its own, MASKED at masked steps and 0 at others. The recurrent
// layers read it beside their inputs, with a weight that saturates their update gates.

import { GruError } from "../../errors.js";
import type { DenseSpec } from "../../layers/dense.js";
import type { EmbeddingSpec } from "../../layers/embedding.js";
import { activationName } from "./kerasActivation.js";
import type { GruPart, RnnPart } from "./cellPart.js";

/** Limit of a matrix that only moves numbers. */
const MAX_ELEMENTS = 2 ** 22;

/** @throws GruError `unsupported` when a matrix to move `columns` numbers to `rows` would be too large */
function checkMoves(subject: string, rows: number, columns: number): void {
  if (rows * columns <= MAX_ELEMENTS) return;
  throw new GruError(
    "unsupported",
    `${subject}: expected at most ${MAX_ELEMENTS} elements in the matrix that it becomes, got ${rows} x ${columns}`,
  );
}

/** The mask feature at a masked step: the largest power of two that f16 holds. */
const MASKED = 2 ** 15;

/** Smallest weight of the mask in a row, so that the gate's sum is at least 4096. */
const SMALLEST_WEIGHT = 1 / 8;

/**
 * The same GRU with one more input, the mask.
 *
 * @throws GruError `unsupported` for gates that do not saturate: the mask could not hold the state
 */
export function withMask(part: GruPart, subject: string): GruPart {
  const gate = activationName(part.gateActivation);
  if (!["sigmoid", "hardSigmoid", "tanh"].includes(gate)) {
    const expected = "gates of sigmoid, hard_sigmoid or tanh under a mask";
    throw new GruError("unsupported", `${subject}: expected ${expected}, which can hold a state, got ${gate}`);
  }
  const { inputSize, hiddenSize } = part;
  const weight = new Float32Array(3 * hiddenSize * (inputSize + 1));
  for (let row = 0; row < 3 * hiddenSize; row++) {
    const from = part.weight.subarray(row * inputSize, (row + 1) * inputSize);
    weight.set(from, row * (inputSize + 1));
    const isUpdate = row >= hiddenSize && row < 2 * hiddenSize;
    // The row's largest magnitude: a larger weight would cost the row precision in int8, which has one scale for a row.
    const own = from.reduce((largest, value) => Math.max(largest, Math.abs(value)), SMALLEST_WEIGHT);
    if (isUpdate) weight[row * (inputSize + 1) + inputSize] = own;
  }
  return { ...part, inputSize: inputSize + 1, weight };
}

/** A gate's bias at which it is 1 exactly, and 0 with the other sign. */
const SATURATED = 128;

/** A simple recurrent layer as a GRU, whose gates are constant: r is 1 and z is 0, so that h' = n. A mask can then hold its state. */
export function gruOfRnn(part: RnnPart): GruPart {
  const { inputSize, hiddenSize, storage, activation, bias } = part;
  const weight = new Float32Array(3 * hiddenSize * inputSize);
  const recurrentWeight = new Float32Array(3 * hiddenSize * hiddenSize);
  const biases = new Float32Array(3 * hiddenSize).fill(SATURATED, 0, hiddenSize).fill(-SATURATED, hiddenSize);
  weight.set(part.weight, 2 * hiddenSize * inputSize);
  recurrentWeight.set(part.recurrentWeight, 2 * hiddenSize * hiddenSize);
  biases.set(bias ?? new Float32Array(hiddenSize), 2 * hiddenSize);
  const gates = { gateActivation: "sigmoid", newActivation: activation, resetAfter: true } as const;
  const sizes = { inputSize, hiddenSize, storage };
  return { type: "gru", ...sizes, ...gates, weight, recurrentWeight, bias: biases, recurrentBias: null };
}

/** The mask of an embedding with mask_zero: another table, with MASKED at index 0. */
export function indexMask(name: string, numEmbeddings: number): EmbeddingSpec {
  const weight = new Float32Array(numEmbeddings);
  weight[0] = MASKED;
  return { type: "embedding", name, inputs: ["input"], numEmbeddings, embeddingSize: 1, weight };
}

/** The mask of a whole number that is an index: relu(MASKED - MASKED * index), MASKED at index 0. */
export function numberMask(name: string, input: string): DenseSpec {
  const [weight, bias] = [Float32Array.of(-MASKED), Float32Array.of(MASKED)];
  return { type: "dense", name, inputs: [input], inputSize: 1, outputSize: 1, activation: "relu", weight, bias };
}

/**
 * Replaces masked steps by zeros. Other steps stay exact, except in int8, where 127 * (1 / 127) is not quite 1:
 *
 *   signs = relu([x, -x] - mask)
 *   y = signs[0] - signs[1]
 *
 * @param inputs of the features, then the mask
 * @param isBounded whether no feature is near MASKED; otherwise a larger mask is made first
 */
export function zeroMaskedSteps(
  name: string,
  inputs: readonly string[],
  mask: string,
  size: number,
  isBounded: boolean,
): DenseSpec[] {
  checkMoves(`layer "${name}"`, 2 * size, 2 * size);
  const signs = new Float32Array(2 * size * (size + 1));
  const difference = new Float32Array(size * 2 * size);
  for (let row = 0; row < 2 * size; row++) {
    const [feature, sign] = row < size ? [row, 1] : [row - size, -1];
    signs[row * (size + 1) + feature] = sign;
    signs[row * (size + 1) + size] = -1;
    difference[feature * 2 * size + row] = sign;
  }
  const large = isBounded ? [] : [largeMask(`${name}.mask`, mask)];
  const reads = [...inputs, large[0]?.name ?? mask];
  const [both, dense] = [`${name}.signs`, { type: "dense", outputSize: size } as const];
  return [
    ...large,
    {
      ...dense,
      name: both,
      inputs: reads,
      inputSize: size + 1,
      outputSize: 2 * size,
      activation: "relu",
      weight: signs,
    },
    { ...dense, name, inputs: [both], inputSize: 2 * size, weight: difference },
  ];
}

/** A score whose softmax over a sequence leaves out the masked steps: exp(-MASKED) is 0. */
export function unmaskedScore(name: string, mask: string): DenseSpec & { readonly name: string } {
  return { type: "dense", name, inputs: [mask], inputSize: 1, outputSize: 1, weight: Float32Array.of(-1) };
}

/** A mask that is STEEPNESS at masked steps. */
function largeMask(name: string, mask: string): DenseSpec {
  const weight = Float32Array.of(STEEPNESS / MASKED);
  return { type: "dense", name, inputs: [mask], inputSize: 1, outputSize: 1, weight };
}

/** Features that differ by less than MASKED / STEEPNESS, 3e-23, count as equal; sums overflow above 2^128 / STEEPNESS, 3e11. */
const STEEPNESS = 2 ** 90;

/**
 * The mask of a Masking layer, which masks steps whose features all equal `value`:
 *
 *   difference = relu([x - value, value - x])
 *   mask = relu(MASKED - STEEPNESS * sum(difference))
 */
export function valueMask(name: string, inputs: readonly string[], size: number, value: number): DenseSpec[] {
  checkMoves(`layer "${name}"`, 2 * size, size);
  const difference = new Float32Array(2 * size * size);
  for (let i = 0; i < size; i++) {
    difference[i * size + i] = 1;
    difference[(size + i) * size + i] = -1;
  }
  const bias = Float32Array.from({ length: 2 * size }, (_, row) => (row < size ? -value : value));
  return [
    {
      type: "dense",
      name: `${name}.difference`,
      inputs,
      inputSize: size,
      outputSize: 2 * size,
      activation: "relu",
      weight: difference,
      bias,
    },
    {
      type: "dense",
      name: `${name}.mask`,
      inputSize: 2 * size,
      outputSize: 1,
      activation: "relu",
      weight: new Float32Array(2 * size).fill(-STEEPNESS),
      bias: Float32Array.of(MASKED),
    },
  ];
}

/** Replaces masked steps, which are `value`, by zeros: x - value * mask / MASKED. @param inputs of the features, then the mask */
export function zeroMasked(name: string, inputs: readonly string[], size: number, value: number): DenseSpec {
  checkMoves(`layer "${name}"`, size, size + 1);
  const weight = new Float32Array(size * (size + 1));
  for (let i = 0; i < size; i++) {
    weight[i * (size + 1) + i] = 1;
    weight[i * (size + 1) + size] = -value / MASKED;
  }
  return { type: "dense", name, inputs, inputSize: size + 1, outputSize: size, weight };
}
