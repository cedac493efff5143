// How well a next-character model predicts a text, and what each storage type costs. Runs in Node and in the page.

import type { GruModel } from "../../src/stream/gruModel.js";
import { loadModel } from "../../src/load/loadModel.js";
import type { Storage } from "../../src/layers/layerType.js";
import { compare } from "./compare.js";

/**
 * Feeds a text to a model whose output is the probability of each next character.
 *
 * @returns the mean of -log2 p over all characters but the first, and every probability [T - 1, V]
 */
export async function scoreText(
  model: GruModel,
  text: string,
): Promise<{ bitsPerCharacter: number; probabilities: Float32Array }> {
  const vocabulary = model.vocabulary!;
  const indices = Array.from(text, (character) => vocabulary.indexOf(character));
  const { output } = await model.run(indices.slice(0, -1));
  let bits = 0;
  indices.slice(1).forEach((index, step) => (bits -= Math.log2(output[step * vocabulary.length + index]!)));
  return { bitsPerCharacter: bits / (indices.length - 1), probabilities: output };
}

export interface StorageScore {
  readonly bitsPerCharacter: number;
  /** Largest error of a probability, against f32. */
  readonly maxError: number;
  /** The error that 999 in 1000 probabilities do not exceed. */
  readonly usualError: number;
  readonly worst: string;
}

/** Scores a text with the matrices of a model file kept in each storage type. */
export async function scoreStorages(
  bytes: Uint8Array,
  text: string,
  device: "cpu" | "webgpu",
): Promise<Record<Storage, StorageScore>> {
  const scores: Partial<Record<Storage, StorageScore>> = {};
  let inFloat32: Float32Array | null = null;
  for (const dtype of ["f32", "f16", "int8"] as const) {
    const model = await loadModel(bytes, { device, dtype });
    const { bitsPerCharacter, probabilities } = await scoreText(model, text);
    model.dispose();
    const expected = (inFloat32 ??= probabilities);
    const errors = probabilities.map((probability, i) => Math.abs(probability - expected[i]!)).sort();
    const usualError = errors[Math.floor(errors.length * 0.999)]!;
    const { maxError, worst } = compare(probabilities, expected, { atol: 0, rtol: 0 });
    scores[dtype] = { bitsPerCharacter, maxError, usualError, worst };
  }
  return scores as Record<Storage, StorageScore>;
}
