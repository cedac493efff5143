// How `run` reads a table: its header, the columns that are the model's input, decimal commas, and what an answer begins with.

import { GruError } from "../index.js";
import { UsageError } from "./command.js";
import { type LineForm, type NumberLine, numbersOf, parseLine, shortest } from "./lines.js";

/** Options of `run` about tables. */
export const TABLE_OPTIONS = {
  header: { type: "boolean", default: false },
  columns: { type: "string" },
  append: { type: "boolean", default: false },
  "decimal-comma": { type: "boolean", default: false },
} as const;

/** Help for `TABLE_OPTIONS`. */
export const TABLE_HELP = `  --header            the first line has the columns' names; it is answered by the outputs' names
  --columns A,B       the columns to read, in this order, by name with --header, or by number from 1 on; all when absent
  --append            each answer is its line with the outputs after it
  --decimal-comma     numbers are written 0,5: columns are separated by semicolons, tabs or spaces, and so are answers`;

/** Values of `TABLE_OPTIONS`. */
export interface TableValues {
  readonly header: boolean;
  readonly columns?: string | undefined;
  readonly append: boolean;
  readonly "decimal-comma": boolean;
}

/** A line to answer: what is needed for its answer. */
export interface Asked {
  readonly form: LineForm;
  readonly text: string;
}

/** Reads lines of a table, and writes the answers. */
export class Table {
  readonly #values: TableValues;
  readonly #outputNames: readonly string[];
  /** Names of the columns to read, or their numbers. */
  readonly #wanted: readonly string[] | null;
  /** Places of the columns to read; null for all, or before the header is read. */
  #places: readonly number[] | null = null;
  #isHeaderRead: boolean;

  /** @param outputNames a name for each number of an answer */
  constructor(values: TableValues, outputNames: readonly string[]) {
    this.#values = values;
    this.#outputNames = outputNames;
    this.#wanted = values.columns?.split(",").map((name) => name.trim()) ?? null;
    this.#isHeaderRead = !values.header;
    if (this.#isHeaderRead) this.#places = this.#wanted && this.#wanted.map(placeOf);
  }

  /** Whether an option is given that needs lines. */
  get isAsked(): boolean {
    const { header, append, columns, "decimal-comma": hasCommas } = this.#values;
    return header || append || hasCommas || columns !== undefined;
  }

  /** The answer of the header, where the line is one; null for all other lines. @throws GruError `bad-input` */
  header(line: string): string | null {
    if (this.#isHeaderRead || line.trim() === "") return null;
    this.#isHeaderRead = true;
    const names = this.#cells(line).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    this.#places = this.#wanted && this.#wanted.map((name) => placeIn(name, names));
    const joint = this.#joint(line);
    const own = this.#outputNames.join(joint);
    return this.#values.append ? line + joint + own : own;
  }

  /** @param number of the line, from 1 @returns null for an empty line @throws GruError `bad-input` */
  parse(line: string, number: number): NumberLine | null {
    if (!this.isAsked || line.trimStart().startsWith("[")) {
      const parsed = parseLine(line, number);
      return parsed && { ...parsed, values: this.#chosen(parsed.values, number) };
    }
    if (line.trim() === "") return null;
    const cells = this.#chosen(this.#cells(line), number);
    const points = this.#values["decimal-comma"] ? cells.map((cell) => cell.replace(",", ".")) : cells;
    return { form: "csv", values: numbersOf(points, number) };
  }

  /** The answer to a line. */
  answer({ form, text }: Asked, output: Iterable<number>): string {
    const { append, "decimal-comma": hasCommas } = this.#values;
    const numbers = [...output].map(shortest);
    if (form === "json") {
      const own = numbers.join(",");
      return append ? `${text.trim().slice(0, -1)},${own}]` : `[${own}]`;
    }
    const joint = this.#joint(text);
    const own = (hasCommas ? numbers.map((number) => number.replace(".", ",")) : numbers).join(joint);
    return append ? text.trimEnd() + joint + own : own;
  }

  /** Separator of an answer: a comma, or that of its line where it must go with it. */
  #joint(line: string): string {
    const { append, "decimal-comma": hasCommas } = this.#values;
    if (!append && !hasCommas) return ",";
    return separatorOf(line, hasCommas) ?? (hasCommas ? ";" : append && /\S\s+\S/.test(line) ? " " : ",");
  }

  /** The cells of a line: between separators of one kind, or else between spaces. */
  #cells(line: string): string[] {
    const separator = separatorOf(line, this.#values["decimal-comma"]);
    const cells = separator === null ? line.trim().split(/\s+/) : line.split(separator);
    return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  }

  #chosen<T>(all: readonly T[], number: number): readonly T[] {
    if (this.#places === null) return all;
    const missing = this.#places.find((place) => place >= all.length);
    if (missing === undefined) return this.#places.map((place) => all[place]!);
    throw new GruError("bad-input", `line ${number}: expected a column ${missing + 1}, got ${all.length} columns`);
  }
}

/** The separator of a line's columns; null for spaces, or one column. */
function separatorOf(line: string, hasCommas: boolean): string | null {
  return [";", "\t", ...(hasCommas ? [] : [","])].find((separator) => line.includes(separator)) ?? null;
}

function placeOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text) - 1;
  throw new UsageError(`--columns: expected numbers from 1 on, or names with --header, got ${text}`);
}

function placeIn(name: string, names: readonly string[]): number {
  const place = names.indexOf(name);
  if (place >= 0) return place;
  if (/^[1-9]\d{0,8}$/.test(name)) return Number(name) - 1;
  throw new UsageError(`--columns: expected names of the header, ${names.join(", ")}, got ${name}`);
}
