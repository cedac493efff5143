// The trained model that the demo ships, and what its training measured.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Storage } from "../../src/layers/layerType.js";
import type { StorageScore } from "../harness/bitsPerCharacter.js";
import { projectRoot } from "../harness/library.js";

/** Path of the model from the project's root, without the ending. */
export const TRAINED_MODEL = "demo/models/next-char";

/** The contents of next-char.json. */
export interface TrainingReport {
  /** Held-out text. */
  readonly checkText: string;
  /** PyTorch's, of `checkText`, in float32 with the file's weights: mean of -log2 p(character | those before). */
  readonly checkBitsPerCharacter: number;
}

export function readTrainingReport(): TrainingReport {
  return JSON.parse(readFileSync(`${projectRoot}${TRAINED_MODEL}.json`, "utf8")) as TrainingReport;
}

/**
 * How far a storage type may be from f32: any probability, 999 in 1000 of them, and the bits per character of the text.
 *
 * An int8 has 127 steps to its row's largest weight, and the text is 4095 steps of one state: 999 probabilities in 1000
 * stay within 2e-2, a few near 0.5 do not. That is rounding: a scale for every 16, 32 or 64 columns instead of one for
 * the row left the largest error at 4e-2 to 5e-2 (2026-11-23, on the CPU).
 */
const STORAGE_LIMITS = {
  f32: { maxError: 0, usualError: 0, bits: 0 },
  f16: { maxError: 2e-3, usualError: 2e-3, bits: 0.01 },
  int8: { maxError: 1e-1, usualError: 2e-2, bits: 0.05 },
} satisfies Record<Storage, object>;

/** Asserts that each storage type is as close to f32 as it must be, and f32 to PyTorch; prints the figures. */
export function expectGoodScores(device: string, scores: Record<Storage, StorageScore>): void {
  const { checkBitsPerCharacter } = readTrainingReport();
  // oxlint-disable-next-line no-console -- the numbers behind the claim
  console.log(scoreTable(device, checkBitsPerCharacter, scores));
  expect(Math.abs(scores.f32.bitsPerCharacter - checkBitsPerCharacter)).toBeLessThan(1e-3);
  for (const dtype of ["f32", "f16", "int8"] as const) {
    const { bitsPerCharacter, maxError, usualError, worst } = scores[dtype];
    const limits = STORAGE_LIMITS[dtype];
    expect(maxError, `${dtype}: ${worst}`).toBeLessThanOrEqual(limits.maxError);
    expect(usualError, dtype).toBeLessThanOrEqual(limits.usualError);
    expect(Math.abs(bitsPerCharacter - scores.f32.bitsPerCharacter), dtype).toBeLessThanOrEqual(limits.bits);
  }
}

function scoreTable(device: string, ofPyTorch: number, scores: Record<Storage, StorageScore>): string {
  const lines = Object.entries(scores).map(([dtype, { bitsPerCharacter, maxError, usualError }]) =>
    [
      dtype.padEnd(8),
      bitsPerCharacter.toFixed(5).padEnd(19),
      maxError.toExponential(1).padEnd(15),
      usualError.toExponential(1),
    ].join(""),
  );
  const head = `${device.padEnd(8)}bits per character largest error  99.9% within`;
  return [head, ...lines, `PyTorch ${ofPyTorch.toFixed(5)}`].join("\n");
}
