import { GruError } from "../errors.js";
import { describeNumber, describeValue, quoteText } from "./valueKind.js";

/**
 * Checks an object of options. A misspelt key is refused: it would do nothing, without a word.
 *
 * @param what name of the options in messages
 * @returns a copy, so that a getter is read once
 * @throws GruError `unsupported` for a value that is no object, or an unknown key
 */
export function checkOptions<T extends object>(options: T, known: readonly string[], what = "options"): T {
  const kind = describeValue(options);
  const copy = kind === "an object" ? { ...options } : null;
  const unknown = copy && Object.keys(copy).find((key) => !known.includes(key));
  if (copy !== null && unknown === undefined) return copy;
  throw new GruError(
    "unsupported",
    `${what}: expected ${known.join(", ")}, got ${unknown ? quoteText(unknown) : kind}`,
  );
}

/** @throws GruError `bad-input` unless it is a whole number from `smallest` to `largest` */
export function checkWhole(name: string, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  const range = largest === Infinity ? `from ${smallest} on` : `from ${smallest} to ${largest}`;
  throw new GruError("bad-input", `${name}: expected a whole number ${range}, got ${describeNumber(value)}`);
}

/** @throws GruError `bad-input` unless it is true or false */
export function checkBoolean(name: string, value: boolean): void {
  if (typeof value === "boolean") return;
  throw new GruError("bad-input", `${name}: expected true or false, got ${describeValue(value)}`);
}

/** @throws GruError `unsupported` unless it is an AbortSignal, of whatever realm, or undefined */
export function checkSignal(signal: AbortSignal | undefined): void {
  const kind = describeValue(signal);
  if (kind === "undefined" || kind === "an AbortSignal") return;
  throw new GruError("unsupported", `signal: expected an AbortSignal, got ${kind}`);
}
