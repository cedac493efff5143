import { GruError } from "../index.js";

/** Options of a call, before they are taken apart here; the worker checks each. @throws GruError `unsupported` for none */
export function takeOptions<T extends object>(options: T): T {
  if (typeof options === "object" && options !== null) return options;
  throw new GruError(
    "unsupported",
    `options: expected an object, got ${options === null ? "null" : `a ${typeof options}`}`,
  );
}
