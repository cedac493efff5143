import { GruError } from "../index.js";

/** The form of a line and of its answer: an array in JSON, or numbers separated by commas, tabs or spaces. */
export type LineForm = "json" | "csv";

/** The numbers of a line. */
export interface NumberLine {
  readonly form: LineForm;
  readonly values: readonly number[];
}

/** Longer than a line of a million features. A file without line ends is refused before it fills the memory. */
const MAX_LINE_LENGTH = 2 ** 24;

/** The lines of a text that comes in chunks. @returns yields the lines that each chunk completes */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const lines = text.split("\n");
    rest = lines.pop()!;
    if (rest.length > MAX_LINE_LENGTH) {
      throw new GruError(
        "bad-input",
        `input: expected lines of at most ${MAX_LINE_LENGTH} characters, got a longer one`,
      );
    }
    if (lines.length > 0) yield lines.map(withoutReturn);
  }
  rest += decoder.decode();
  if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/**
 * Reads a line of numbers.
 *
 * @param number of the line, from 1, for messages
 * @returns null for an empty line
 * @throws GruError `bad-input`
 */
export function parseLine(line: string, number: number): NumberLine | null {
  const text = line.trim();
  if (text === "") return null;
  if (!text.startsWith("[")) return { form: "csv", values: numbersOf(text.split(/\s*[,;\t]\s*|\s+/), number) };
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw bad(number, "an array in JSON", String(cause));
  }
  if (!isNumbers(values)) throw bad(number, "an array of numbers", `${text.slice(0, 40)}`);
  return { form: "json", values };
}

/** The numbers of a line's cells. @param number of the line @throws GruError `bad-input` */
export function numbersOf(cells: readonly string[], number: number): number[] {
  const values = cells.map((cell) => (cell === "" ? NaN : Number(cell)));
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at < 0) return values;
  // A first line of words is a table's header.
  const isHeader = number === 1 && cells.every((cell) => /\p{L}/u.test(cell));
  const hint = isHeader ? "; does the line name the columns? Then say --header" : "";
  throw bad(number, `a number in column ${at + 1}`, JSON.stringify(cells[at]) + hint);
}

/** The shortest decimal that rounds to the same float32, of 6 to 9 digits; "null" for NaN and infinity. */
export function shortest(value: number): string {
  if (!Number.isFinite(value)) return "null"; // as JSON.stringify does
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** Whether a line seems to have commas in its numbers, as in much of Europe: "0,5;1,25", or "0,5" between tabs. */
export function seemsDecimalComma(line: string): boolean {
  const cells = line.trim().split(/\s*[;\t]\s*|\s+/);
  return cells.length > 1 && cells.every((cell) => /^[-+]?\d+(,\d+)?(e[-+]?\d+)?$/i.test(cell)) && line.includes(",");
}

function bad(number: number, expected: string, got: string): GruError {
  return new GruError("bad-input", `line ${number}: expected ${expected}, got ${got}`);
}
