import { GruError } from "../errors.js";
import { firstNonFinite } from "./finite.js";
import { stepsAt } from "../layers/cadence.js";
import { layerType } from "../layers/index.js";
import { checkPartIndices, joinParts, type NamedInput } from "./inputParts.js";
import { cadencesOf, fewestIndices, type Network } from "./network.js";
import { copyNumbers, describeLength, lengthOf } from "./takeNumbers.js";
import { describeNumber } from "./valueKind.js";

/** Treatment of NaN and infinity in an input. */
export type NonFinite = "reject" | "allow";

/**
 * Checks an input before anything is changed by it.
 *
 * @param given [T, B, I], or [T, B] indices; or its parts by name
 * @param what name of the input in messages
 * @returns the caller's own array if it is float32 features: code that keeps it must copy it
 * @throws GruError `shape-mismatch` when it is not a whole number of steps, `bad-input` for NaN, infinity or an index
 *   that a layer does not know
 */
export function checkInput(
  network: Network,
  given: ArrayLike<number> | NamedInput,
  batchSize: number,
  nonFinite: NonFinite,
  what = "input",
): Float32Array {
  const input = joinParts(network, given, batchSize, what);
  const length = lengthOf(input, what);
  const isIndices = network.inputType === "indices";
  const isFloat32 = ArrayBuffer.isView(input) && input instanceof Float32Array;
  // Indices are copied: shared memory may change between the check and the look-up.
  const numbers = isFloat32 && !isIndices ? input : copyNumbers(input, length, what);
  const stepElements = batchSize * network.inputSize;
  if (length === 0 || length % stepElements !== 0) {
    const unit = isIndices ? "indices" : "elements";
    const factors =
      batchSize === 1 ? `inputSize ${network.inputSize}` : `batchSize ${batchSize} x inputSize ${network.inputSize}`;
    throw new GruError(
      "shape-mismatch",
      `${what}: expected a positive multiple of ${stepElements} ${unit} (${factors}), got ${describeLength(input, length)}`,
    );
  }
  if (isIndices) checkIndices(network, numbers, what);
  checkPartIndices(network, numbers, what);
  const steps = numbers instanceof Float32Array ? numbers : new Float32Array(numbers);
  if (!isIndices && nonFinite === "reject") {
    const at = firstNonFinite(steps);
    if (at >= 0) {
      throw new GruError(
        "bad-input",
        `${what}: expected finite float32 numbers, got ${numbers[at]} at element ${at}; load with nonFinite: "allow" to let it through`,
      );
    }
  }
  return steps;
}

/** As `checkInput`, and a copy: the caller may reuse the array at once. */
export function takeInput(...args: Parameters<typeof checkInput>): Float32Array {
  const steps = checkInput(...args);
  return steps === args[1] ? steps.slice() : steps;
}

function checkIndices(network: Network, input: Float32Array | Float64Array, what: string): void {
  const { layer, numIndices } = fewestIndices(network)!;
  for (let i = 0; i < input.length; i++) {
    const index = input[i]!;
    if (Number.isInteger(index) && index >= 0 && index < numIndices) continue;
    throw new GruError(
      "bad-input",
      `${what}: expected an index in [0, ${numIndices}) for ${layer.type} "${layer.name}", got ${index} at element ${i}`,
    );
  }
}

/** Copies lengths. @throws GruError `shape-mismatch` unless each row has one, a whole number from 0 to T */
export function takeLengths(lengths: ArrayLike<number>, batchSize: number, sequenceLength: number): number[] {
  const length = lengthOf(lengths, "lengths");
  if (length !== batchSize) {
    const got = describeLength(lengths, length);
    throw new GruError("shape-mismatch", `lengths: expected ${batchSize}, one for each row, got ${got}`);
  }
  const copy = Array.from(copyNumbers(lengths, length, "lengths"));
  const bad = copy.findIndex((steps) => !(Number.isInteger(steps) && steps >= 0 && steps <= sequenceLength));
  if (bad >= 0) {
    throw new GruError("shape-mismatch", `lengths[${bad}]: expected 0 to ${sequenceLength} steps, got ${copy[bad]}`);
  }
  return copy;
}

/**
 * Checks the steps of a sequence against the layers that take a certain number of them, by the strides before each.
 *
 * @param lengths of each row; null where all have `sequenceLength`
 * @throws GruError `shape-mismatch`
 */
export function checkSequenceLength(
  { layers }: Network,
  sequenceLength: number,
  lengths: readonly number[] | null,
): void {
  if (!layers.some((layer) => layerType(layer).sequenceLength)) return;
  const cadences = cadencesOf(layers);
  for (const layer of layers) {
    const expected = layerType(layer).sequenceLength?.(layer);
    if (expected === undefined) continue;
    const stepsOf = (length: number) => stepsAt(cadences.get(layer.inputs[0]!)!, length);
    const row = (lengths ?? [sequenceLength]).findIndex((length) => stepsOf(length) !== expected);
    if (row < 0) continue;
    const [what, length] = lengths === null ? ["input", sequenceLength] : [`lengths[${row}]`, lengths[row]!];
    const steps = stepsOf(length);
    const got = steps === length ? steps : `${steps}, of the input's ${length}`;
    throw new GruError(
      "shape-mismatch",
      `${what}: expected ${expected} steps, as many as ${layer.type} "${layer.name}" takes, got ${got}`,
    );
  }
}

/** @throws GruError `shape-mismatch` unless it is a positive whole number */
export function checkBatchSize(batchSize: number, what = "batchSize"): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new GruError("shape-mismatch", `${what}: expected a positive whole number, got ${describeNumber(batchSize)}`);
  }
}
