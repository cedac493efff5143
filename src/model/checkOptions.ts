import { GruError } from "../errors.js";

/** @throws GruError `unsupported` for a key that is not known: misspelt, it would do nothing and say nothing */
export function checkOptions(options: object, known: readonly string[]): void {
  const unknown = typeof options === "object" ? Object.keys(options).find((key) => !known.includes(key)) : options;
  if (unknown === undefined) return;
  throw new GruError("unsupported", `options: expected ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
}
