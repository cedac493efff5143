// Kinds of a layer's fields: their allowed values, and their defaults.

import {
  type ActivationSpec,
  completeActivation,
  describeActivation,
  ELEMENT_FUNCTIONS,
  ROW_FUNCTIONS,
} from "./activation.js";

/** One field of a layer type. */
export interface Field {
  readonly kind: "size" | "choice" | "activation" | "number" | "name";
  /** The value of a field that is left out, or a function that gives it from the fields before; undefined where it must be given. */
  readonly default?: unknown;
  /** The allowed values: words to choose from, or a phrase for a message. */
  readonly expected: string | readonly unknown[];
  accepts(value: unknown): boolean;
  /** A layer's value, from a value that is accepted. */
  complete(value: unknown): unknown;
  /** A few words for a person; "" to say nothing. */
  describe(value: unknown): string;
}

/** The value of a field that a layer leaves out. @param fields the layer's fields before it */
export function defaultOf(field: Field, fields: Readonly<Record<string, unknown>>): unknown {
  return typeof field.default === "function" ? field.default(fields) : field.default;
}

function same(value: unknown): unknown {
  return value;
}

/** A number of features, units or rows. */
export const size = sizeUpTo(Number.MAX_SAFE_INTEGER, "a positive whole number");

/** As `size`, up to `most`. @param expected a phrase with the limit and its reason */
export function sizeUpTo(most: number, expected: string): Field {
  return {
    kind: "size",
    expected,
    accepts: (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= most,
    complete: same,
    describe: String,
  };
}

/**
 * A number of equal parts, or of steps.
 *
 * @param word before it, where a person reads it; nothing is said of the usual number
 * @param usual null for a field that may be null
 */
export function count(word: string, usual: 1 | null = 1): Field {
  return {
    ...size,
    default: usual,
    expected: usual === null ? `${size.expected as string}, or null` : size.expected,
    accepts: (value) => value === usual || size.accepts(value),
    describe: (value) => (value === usual ? "" : `${word} ${String(value)}`),
  };
}

/** Most numbers of a list: more axes than any frame has. */
const MAX_LIST = 8;

/** No sum of a few of them, and no product of two, is past what a number holds exactly. */
const MAX_WHOLE = 2 ** 24;

/**
 * A list of whole numbers.
 *
 * @param least of each number
 * @param describe a few words for the list
 * @param usual the list of a layer that has none, by its fields before; without it the list must be given
 */
export function wholes(
  least: 0 | 1,
  describe: (list: readonly number[]) => string,
  usual?: (fields: Readonly<Record<string, unknown>>) => readonly number[],
): Field {
  return {
    kind: "size",
    default: usual,
    expected: `a list of ${least === 0 ? "whole numbers" : "positive whole numbers"} up to ${MAX_WHOLE}`,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length <= MAX_LIST &&
      value.every((each) => Number.isInteger(each) && each >= least && each <= MAX_WHOLE),
    complete: (value) => [...(value as readonly number[])],
    describe: (value) => describe(value as readonly number[]),
  };
}

/** Most numbers of a frame with axes: a kernel's grid has a dimension of columns, and a push a buffer of frames. */
export const MAX_FRAME = 2 ** 21;

const shape = wholes(1, (axes) => axes.join("x"));

/** The shape of a frame, its channels first. */
export const frameShape: Field = {
  ...shape,
  accepts: (value) => shape.accepts(value) && (value as readonly number[]).length > 0,
};

/**
 * One of a few words, or true and false. The first is the default.
 *
 * @param describe a few words for each value, where they are not the value's own
 */
export function choice<T>(words: readonly T[], describe: (value: T) => string = String): Field {
  return {
    kind: "choice",
    default: words[0],
    expected: words,
    accepts: (value) => words.includes(value as T),
    complete: same,
    describe: (value) => describe(value as T),
  };
}

/** A function of one element, or also of a whole row, with its parameters. */
export function activation(defaultName: string, { ofRows = false } = {}): Field {
  const names: readonly unknown[] = ofRows ? [...ELEMENT_FUNCTIONS, ...ROW_FUNCTIONS] : ELEMENT_FUNCTIONS;
  return {
    kind: "activation",
    default: defaultName,
    expected: names,
    accepts: (value) => {
      const { name, alpha = 0, beta = 0 } = partsOf(value);
      return names.includes(name) && Number.isFinite(alpha) && Number.isFinite(beta);
    },
    complete: (value) => completeActivation(value as ActivationSpec<string>),
    describe: (value) => describeActivation(completeActivation(value as ActivationSpec<string>)),
  };
}

function partsOf(value: unknown): { name?: unknown; alpha?: unknown; beta?: unknown } {
  if (typeof value === "string") return { name: value };
  return typeof value === "object" && value !== null ? value : {};
}

/** The name of another layer. */
export const layerName: Field = {
  kind: "name",
  expected: "the name of a layer",
  accepts: (value) => typeof value === "string" && value !== "",
  complete: same,
  describe: (value) => `next ${String(value)}`,
};

/** Whether it is a finite number above 0 in float32, in which devices compute: they may take smaller ones than 2^-126 for 0. */
function isPositiveFloat32(value: number): boolean {
  const rounded = Math.fround(value);
  return rounded >= 2 ** -126 && rounded < Infinity;
}

/**
 * A number above 0.
 *
 * @param word before it, where a person reads it
 * @param defaultValue null for a field that may be null, which means none
 */
export function positive(word: string, defaultValue: number | null): Field {
  const mayBeNull = defaultValue === null;
  return {
    kind: "number",
    default: defaultValue,
    expected: mayBeNull ? "a number above 0, or null" : "a number above 0",
    accepts: (value) => (mayBeNull && value === null) || (typeof value === "number" && isPositiveFloat32(value)),
    complete: same,
    describe: (value) => (value === null ? "" : `${word} ${String(value)}`),
  };
}

/** Any number that float32 holds. @param word before it, where a person reads it; nothing is said of the default */
export function number(word: string, defaultValue: number): Field {
  return {
    kind: "number",
    default: defaultValue,
    expected: "a finite float32 number",
    accepts: (value) => typeof value === "number" && Number.isFinite(Math.fround(value)),
    complete: same,
    describe: (value) => (value === defaultValue ? "" : `${word} ${String(value)}`),
  };
}
