// Text to indices and back, by a model's vocabulary.

import { GruError } from "../errors.js";
import { checkOptions } from "./checkOptions.js";
import { copyNumbers, lengthOf } from "./takeNumbers.js";
import { describeValue, quoteText } from "./valueKind.js";

/** Options of `encode`. */
export interface EncodeOptions {
  /** The entry of the vocabulary that stands for a character or a word that it lacks. Such ones are refused when absent. */
  readonly unknown?: string;
}

/**
 * The indices of a text. Where several entries of the vocabulary fit, the longest one counts; of equal ones the first.
 *
 * @param text a text, or its words, each of which is an entry
 * @throws GruError `bad-input` for what the vocabulary lacks, `unsupported` without a vocabulary
 */
export function encode(
  vocabulary: readonly string[] | null,
  text: string | readonly string[],
  options: EncodeOptions = {},
): number[] {
  const words = vocabularyOf(vocabulary, "encode");
  const { unknown } = checkOptions(options, ["unknown"]);
  const indices = new Map<string, number>();
  for (let i = words.length - 1; i >= 0; i--) indices.set(words[i]!, i); // the first of equal ones is the last to be set
  if (unknown !== undefined && !indices.has(unknown)) {
    throw new GruError("bad-input", `unknown: expected an entry of the vocabulary, got ${describeValue(unknown)}`);
  }
  const other = (piece: string, at: number) => {
    if (unknown !== undefined) return indices.get(unknown)!;
    const wayOut = "give option unknown, an entry to stand for it";
    throw new GruError(
      "bad-input",
      `text: expected entries of the vocabulary, got ${quoteText(piece)} at ${at}; ${wayOut}`,
    );
  };
  if (typeof text === "string") return encodeText(text, indices, other);
  if (!Array.isArray(text)) throw new GruError("bad-input", `text: expected a string, got ${describeValue(text)}`);
  return text.map((word: string, i) => indices.get(word) ?? other(String(word), i));
}

function encodeText(
  text: string,
  indices: ReadonlyMap<string, number>,
  other: (piece: string, at: number) => number,
): number[] {
  const lengths = [...new Set([...indices.keys()].map(({ length }) => length))].filter(Boolean).sort((a, b) => b - a);
  const encoded: number[] = [];
  for (let at = 0; at < text.length;) {
    const length = lengths.find((each) => at + each <= text.length && indices.has(text.slice(at, at + each)));
    const piece = length === undefined ? String.fromCodePoint(text.codePointAt(at)!) : text.slice(at, at + length);
    encoded.push(length === undefined ? other(piece, at) : indices.get(piece)!);
    at += piece.length;
  }
  return encoded;
}

/** The text of indices. @throws GruError `bad-input` for an index that the vocabulary lacks, `unsupported` without a vocabulary */
export function decode(vocabulary: readonly string[] | null, indices: ArrayLike<number>): string {
  const words = vocabularyOf(vocabulary, "decode");
  const numbers = copyNumbers(indices, lengthOf(indices, "indices"), "indices");
  return Array.from(numbers, (index, i) => {
    if (Number.isInteger(index) && index >= 0 && index < words.length) return words[index]!;
    throw new GruError("bad-input", `indices: expected an index in [0, ${words.length}), got ${index} at element ${i}`);
  }).join("");
}

function vocabularyOf(vocabulary: readonly string[] | null, what: string): readonly string[] {
  if (vocabulary !== null) return vocabulary;
  throw new GruError(
    "unsupported",
    `${what}: expected a model with a vocabulary, got none; a description may have one`,
  );
}
