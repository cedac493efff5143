import { GruError } from "../errors.js";
import { quote } from "./quote.js";

/**
 * Refuses unknown keys: a misspelled one would do nothing, without a word.
 *
 * @param at the object's name in the message
 * @throws GruError `unsupported`
 */
export function checkKeys(at: string, object: object, known: readonly string[]): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  const hint = near === null ? "" : `; did you mean ${quote(near)}?`;
  throw new GruError("unsupported", `${at}: expected the keys ${known.join(", ")}, got ${quote(unknown)}${hint}`);
}

/** Most slips per letter. A slip adds, leaves out or changes a letter; two letters that are swapped count as two. */
const MAX_SLIPS = 0.4;

/** The known word nearest to a misspelled one; null if none is near. */
function nearest(word: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const other of words) {
    if (Math.abs(other.length - word.length) > other.length * MAX_SLIPS) continue;
    const slips = distance(word.toLowerCase(), other.toLowerCase());
    if (slips >= least || slips > other.length * MAX_SLIPS) continue;
    [best, least] = [other, slips];
  }
  return best;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
