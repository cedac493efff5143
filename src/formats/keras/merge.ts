import { GruError } from "../../errors.js";
import type { DenseSpec } from "../../layers/dense.js";
import type { Built, Value } from "./value.js";

/** Ways of merging tensors: Bidirectional's modes, and the merging layers. */
export type MergeMode = "sum" | "ave" | "mul";

/** Limit of a matrix that only moves numbers. */
const MAX_ELEMENTS = 2 ** 22;

/** @throws GruError `unsupported` when a matrix to move `columns` numbers to `rows` would be too large */
export function checkMoves(subject: string, rows: number, columns: number): void {
  if (rows * columns <= MAX_ELEMENTS) return;
  throw new GruError(
    "unsupported",
    `${subject}: expected at most ${MAX_ELEMENTS} elements in the matrix that it becomes, got ${rows} x ${columns}`,
  );
}

/** A dense layer that gives the sum of its `parts` inputs, all of one size, times `factor`; a copy for one part. */
export function sumOf(name: string, inputs: readonly string[], size: number, parts = 1, factor = 1): DenseSpec {
  const inputSize = parts * size;
  checkMoves(`layer "${name}"`, size, inputSize);
  const weight = new Float32Array(size * inputSize);
  for (let i = 0; i < size; i++) {
    for (let part = 0; part < parts; part++) weight[i * inputSize + part * size + i] = factor;
  }
  return { type: "dense", name, inputs, inputSize, outputSize: size, weight };
}

/**
 * Merges `count` tensors of one size.
 *
 * @param value the tensors concatenated, but with the size of one
 * @throws GruError `unsupported` for a product that could lose digits, or one of more than two tensors
 */
export function mergeValues(mode: MergeMode, name: string, value: Value, count: number): Built {
  if (mode === "mul" && !value.isBounded) {
    const expected = "a product of numbers in [-1, 1], as tanh and sigmoid give";
    throw new GruError(
      "unsupported",
      `layer "${name}": expected ${expected}, got larger ones, which would lose digits`,
    );
  }
  const layers = mergeLayers(mode, name, value.parts, value.size, count);
  return { layers, value: { ...value, parts: [name], isBounded: mode !== "sum" && value.isBounded } };
}

/**
 * Layers that give the sum, the mean or the product of `parts` tensors of one size. A product is a difference of squares:
 *
 *   a b = ((a + b) / 2)^2 - ((a - b) / 2)^2
 *
 * @param inputs names of the layers that give the tensors, in their order
 */
function mergeLayers(
  mode: MergeMode,
  name: string,
  inputs: readonly string[],
  size: number,
  parts: number,
): DenseSpec[] {
  if (mode !== "mul") return [sumOf(name, inputs, size, parts, mode === "ave" ? 1 / parts : 1)];
  if (parts !== 2) throw new GruError("unsupported", `layer "${name}": expected a product of 2 tensors, got ${parts}`);
  const inputSize = 2 * size;
  checkMoves(`layer "${name}"`, inputSize, inputSize);
  const halves = new Float32Array(inputSize * inputSize);
  const difference = new Float32Array(size * inputSize);
  for (let i = 0; i < size; i++) {
    halves[i * inputSize + i] = 0.5;
    halves[i * inputSize + size + i] = 0.5;
    halves[(size + i) * inputSize + i] = 0.5;
    halves[(size + i) * inputSize + size + i] = -0.5;
    difference[i * inputSize + i] = 1;
    difference[i * inputSize + size + i] = -1;
  }
  const squares = `${name}.squares`;
  return [
    { type: "dense", name: squares, inputs, inputSize, outputSize: inputSize, activation: "square", weight: halves },
    { type: "dense", name, inputs: [squares], inputSize, outputSize: size, weight: difference },
  ];
}
