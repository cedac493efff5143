import { GruError } from "../../errors.js";
import { MAX_NESTED, numNested } from "../nesting.js";
import { quote } from "../quote.js";

/** A JSON object of a file. Its fields are read by name, and checked when they are read. */
export class Config {
  /** The layer or the file that it belongs to, for messages. */
  readonly subject: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  /** @throws GruError `bad-file` unless `value` is an object */
  constructor(value: unknown, subject: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new GruError("bad-file", `${subject}: expected an object, got ${quote(value)}`);
    }
    this.subject = subject;
    this.#fields = new Map(Object.entries(value));
  }

  /** A field, unchecked; undefined if the file has no such field, or null. */
  get(name: string): unknown {
    return this.#fields.get(name) ?? undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  entries(): [name: string, value: unknown][] {
    return [...this.#fields];
  }

  /** @throws GruError `bad-file` unless there is such an object */
  object(name: string): Config {
    return new Config(this.get(name), `${this.subject}.${name}`);
  }

  /** The configuration of a layer inside this one. @throws GruError `unsupported` for another class */
  inner(name: string, ...classNames: string[]): Config {
    const layer = this.object(name);
    if (!classNames.includes(layer.text("class_name"))) throw layer.unsupported("class_name", classNames.join(" or "));
    return new Config(layer.get("config"), layer.subject);
  }

  /** @throws GruError `bad-file` unless there is such a list */
  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.bad(name, "a list");
    return value;
  }

  /** @param otherwise the value of a missing field */
  text(name: string, otherwise?: string): string {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "string") throw this.bad(name, "a string");
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "boolean") throw this.bad(name, "true or false");
    return value;
  }

  number(name: string, otherwise: number): number {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.bad(name, "a finite number");
    return value;
  }

  /** A positive whole number. */
  size(name: string): number {
    const value = this.get(name);
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw this.bad(name, "a positive whole number");
    return value as number;
  }

  /** A positive whole number for each of `count` axes; one number is for all of them. @param otherwise of a missing field */
  sizes(name: string, count: number, otherwise?: number): number[] {
    const value = this.get(name) ?? otherwise;
    const list: unknown = Array.isArray(value) ? value : Array.from({ length: count }, () => value);
    const isSizes =
      Array.isArray(list) && list.length === count && list.every((each) => Number.isSafeInteger(each) && each > 0);
    if (!isSizes) throw this.bad(name, `${count} positive whole numbers`);
    return list as number[];
  }

  bad(name: string, expected: string): GruError {
    return new GruError(
      "bad-file",
      `${this.subject}: expected ${name} to be ${expected}, got ${quote(this.get(name))}`,
    );
  }

  unsupported(name: string, expected: string): GruError {
    return new GruError(
      "unsupported",
      `${this.subject}: expected ${name} to be ${expected}, got ${quote(this.get(name))}`,
    );
  }
}

/** The layers of a large model take some hundreds of kilobytes. */
const MAX_CONFIG_LENGTH = 2 ** 20;

/** Parses the JSON of a file, as text or as bytes in UTF-8. @throws GruError `bad-file` for other text, or too much of it */
export function parseConfig(json: string | Uint8Array, subject: string): Config {
  if (json.length > MAX_CONFIG_LENGTH) {
    throw new GruError("bad-file", `${subject}: expected at most ${MAX_CONFIG_LENGTH} characters, got ${json.length}`);
  }
  const text = typeof json === "string" ? json : new TextDecoder().decode(json);
  const got = numNested(text);
  if (got > MAX_NESTED) {
    throw new GruError("bad-file", `${subject}: expected at most ${MAX_NESTED} objects and lists, got ${got}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GruError("bad-file", `${subject}: expected JSON, got ${String(cause)}`, { cause });
  }
  return new Config(value, subject);
}
