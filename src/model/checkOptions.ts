import { GruError } from "../errors.js";

/** @throws GruError `unsupported` for a key that is not known: misspelt, it would do nothing and say nothing */
export function checkOptions(options: object, known: readonly string[]): void {
  const unknown = typeof options === "object" ? Object.keys(options).find((key) => !known.includes(key)) : options;
  if (unknown === undefined) return;
  throw new GruError("unsupported", `options: expected ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
}

/** @throws GruError `bad-input` unless it is a whole number from `smallest` to `largest` */
export function checkWhole(name: string, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  const range = largest === Infinity ? `from ${smallest} on` : `from ${smallest} to ${largest}`;
  throw new GruError("bad-input", `${name}: expected a whole number ${range}, got ${String(value)}`);
}
