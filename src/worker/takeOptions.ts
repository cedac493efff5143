import { GruError } from "../index.js";

/** Checks that options are an object; the worker checks each option. @throws GruError `unsupported` */
export function takeOptions<T extends object>(options: T): T {
  if (typeof options === "object" && options !== null) return options;
  throw new GruError(
    "unsupported",
    `options: expected an object, got ${options === null ? "null" : `a ${typeof options}`}`,
  );
}
