// A mask, said by layers. A masked step leaves the state alone and, in most layers, repeats the output, which is what an
// update gate of 1 does: h' = (1 - z) * n + z * h. So a mask is a feature of its own, MASKED where a step does not count and 0 where it does,
// that the recurrent layers read beside their inputs, with a weight that drives their update gates into saturation.

import { GruError } from "../../errors.js";
import type { DenseSpec } from "../../layers/dense.js";
import type { EmbeddingSpec } from "../../layers/embedding.js";
import { activationName } from "./kerasActivation.js";
import type { GruPart } from "./gruPart.js";
import { checkMoves } from "./merge.js";

/** What the mask feature is at a step that does not count: as large as f16 can hold with ease. */
const MASKED = 2 ** 15;

/** A row's weight of the mask is at least this, so that the gate's sum is at least 4096. */
const SMALLEST_WEIGHT = 1 / 8;

/**
 * The same GRU with one input more, the mask.
 *
 * @throws GruError `unsupported` unless its gates can be saturated: then a mask cannot hold its state
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
    // As large as the row's largest: int8 has one scale for a row, and must not lose the others by it.
    const own = from.reduce((largest, value) => Math.max(largest, Math.abs(value)), SMALLEST_WEIGHT);
    if (isUpdate) weight[row * (inputSize + 1) + inputSize] = own;
  }
  return { ...part, inputSize: inputSize + 1, weight };
}

/** The mask of an embedding with mask_zero: a table of its own, in which index 0 is MASKED. */
export function indexMask(name: string, numEmbeddings: number): EmbeddingSpec {
  const weight = new Float32Array(numEmbeddings);
  weight[0] = MASKED;
  return { type: "embedding", name, inputs: ["input"], numEmbeddings, embeddingSize: 1, weight };
}

/**
 * Zeros in the place of masked steps; others to the last bit, but in int8, whose 127 / 127 is not quite 1:
 *
 *   signs = relu([x, -x] - mask)
 *   y = signs[0] - signs[1]
 *
 * @param inputs of the features, then the mask
 * @param isBounded whether no feature is near MASKED; else the mask is made larger than any first
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

/** A mask that is STEEPNESS where a step does not count. */
function largeMask(name: string, mask: string): DenseSpec {
  const weight = Float32Array.of(STEEPNESS / MASKED);
  return { type: "dense", name, inputs: [mask], inputSize: 1, outputSize: 1, weight };
}

/** Below MASKED / STEEPNESS, 3e-23, features count as equal; past 2^128 / STEEPNESS, 3e11, sums would overflow. */
const STEEPNESS = 2 ** 90;

/**
 * The mask of a Masking layer, where all features are equal to `value`:
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

/** Features with zeros where they are masked: x - value * mask / MASKED. @param inputs of the features, then the mask */
export function zeroMasked(name: string, inputs: readonly string[], size: number, value: number): DenseSpec {
  checkMoves(`layer "${name}"`, size, size + 1);
  const weight = new Float32Array(size * (size + 1));
  for (let i = 0; i < size; i++) {
    weight[i * (size + 1) + i] = 1;
    weight[i * (size + 1) + size] = -value / MASKED;
  }
  return { type: "dense", name, inputs, inputSize: size + 1, outputSize: size, weight };
}
