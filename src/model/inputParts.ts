// The parts of an input that callers may give by name: { notes, times }.

import { GruError } from "../errors.js";
import { copyNumbers, lengthOf } from "./takeNumbers.js";
import { describeValue, quoteText } from "./valueKind.js";

/** A part of a network's input: some numbers of each step. */
export interface InputPart {
  readonly name: string;
  /** Numbers of a step. */
  readonly size: number;
  /** Where they are indices, their number; else null. */
  readonly numIndices: number | null;
  /** Whether they are the same in all steps of a row: a caller may give them once. */
  readonly isStatic: boolean;
}

/** A network, as far as this file needs it. */
interface Parts {
  readonly inputs?: readonly InputPart[];
  readonly inputSize: number;
}

/** Parts by name, [T, B, size] of each, or [B, size] of one that is the same in all steps. */
export type NamedInput = Readonly<Record<string, ArrayLike<number>>>;

/** The parts beside each other, [T, B, I]; an input that is no object of parts as it is. @throws GruError `shape-mismatch`, `bad-input` */
export function joinParts(
  { inputs = [] }: Parts,
  given: ArrayLike<number> | NamedInput,
  batchSize: number,
  what: string,
): ArrayLike<number> {
  if (inputs.length === 0 || describeValue(given) !== "an object" || "length" in given)
    return given as ArrayLike<number>;
  const names = Object.keys(given);
  if (names.length !== inputs.length || !inputs.every(({ name }) => Object.hasOwn(given, name))) {
    const expected = inputs.map(({ name }) => quoteText(name)).join(", ");
    throw new GruError("shape-mismatch", `${what}: expected ${expected}, got ${names.map(quoteText).join(", ")}`);
  }
  const arrays = inputs.map(({ name, size, isStatic }) => {
    const title = `${what} ${quoteText(name)}`;
    const values = (given as NamedInput)[name]!;
    return { title, size, isStatic, values: copyNumbers(values, lengthOf(values, title), title) };
  });
  const { size, values } = arrays.find(({ isStatic }) => !isStatic) ?? arrays[0]!;
  const numSteps = values.length / (batchSize * size);
  const width = inputs.reduce((sum, part) => sum + part.size, 0);
  const joined = new Float32Array(Math.ceil(numSteps) * batchSize * width);
  let column = 0;
  for (const part of arrays) {
    const { length } = part.values;
    const row = batchSize * part.size;
    const isWhole = Number.isInteger(numSteps) && length === numSteps * row;
    if (!isWhole && !(part.isStatic && length === row)) {
      const steps = Number.isInteger(numSteps) ? numSteps : "T";
      const got = `${length} numbers`;
      throw new GruError(
        "shape-mismatch",
        `${part.title}: expected [${steps}, ${batchSize}, ${part.size}], got ${got}`,
      );
    }
    for (let i = 0; i < numSteps * row; i++) {
      joined[Math.floor(i / part.size) * width + column + (i % part.size)] = part.values[i % length]!;
    }
    column += part.size;
  }
  return joined;
}

/** @param steps [T, B, I] @throws GruError `bad-input` for an index that no table has */
export function checkPartIndices({ inputs = [], inputSize }: Parts, steps: ArrayLike<number>, what: string): void {
  let column = 0;
  for (const part of inputs) {
    if (part.numIndices !== null) checkColumn(part.name, part.numIndices, steps, column, inputSize, what);
    column += part.size;
  }
}

function checkColumn(
  name: string,
  numIndices: number,
  steps: ArrayLike<number>,
  column: number,
  width: number,
  what: string,
): void {
  for (let at = column; at < steps.length; at += width) {
    const index = steps[at]!;
    if (Number.isInteger(index) && index >= 0 && index < numIndices) continue;
    const expected = `expected an index in [0, ${numIndices}) for ${quoteText(name)}`;
    throw new GruError("bad-input", `${what}: ${expected}, got ${index} at element ${at}`);
  }
}

/** @throws GruError `unsupported`, `shape-mismatch` unless they are the parts of an input of so many numbers */
export function checkParts(inputs: readonly InputPart[], inputSize: number): void {
  const names = new Set(inputs.map(({ name }) => name));
  const isPart = ({ name, size, numIndices, isStatic }: InputPart) =>
    typeof name === "string" &&
    Number.isSafeInteger(size) &&
    size > 0 &&
    (numIndices === null || (Number.isSafeInteger(numIndices) && size === 1)) &&
    typeof isStatic === "boolean";
  if (!inputs.every(isPart) || names.size < inputs.length) {
    const expected = "parts, each with a name of its own, a size, numIndices and isStatic";
    throw new GruError("unsupported", `network inputs: expected ${expected}, got ${JSON.stringify(inputs)}`);
  }
  const total = inputs.reduce((sum, { size }) => sum + size, 0);
  if (total === inputSize) return;
  throw new GruError("shape-mismatch", `network inputs: expected ${inputSize} numbers in all, got ${total}`);
}
