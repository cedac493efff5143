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
  if (!text.startsWith("[")) {
    const cells = text.split(/\s*[,;\t]\s*|\s+/);
    const values = cells.map((cell) => (cell === "" ? NaN : Number(cell)));
    const at = values.findIndex((value) => Number.isNaN(value));
    if (at >= 0) throw bad(number, `a number in column ${at + 1}`, JSON.stringify(cells[at]));
    return { form: "csv", values };
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw bad(number, "an array in JSON", String(cause));
  }
  if (!isNumbers(values)) throw bad(number, "an array of numbers", `${text.slice(0, 40)}`);
  return { form: "json", values };
}

/** A line of numbers. @param form of the line that it answers */
export function formatLine(values: Iterable<number>, form: LineForm): string {
  const text = [...values].map(shortest).join(",");
  return form === "json" ? `[${text}]` : text;
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

function bad(number: number, expected: string, got: string): GruError {
  return new GruError("bad-input", `line ${number}: expected ${expected}, got ${got}`);
}
