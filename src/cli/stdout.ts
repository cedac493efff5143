import { once } from "node:events";
import { printable, printableJson } from "./printable.js";

/** Writes data to standard output unchanged, and waits while the reader is slower. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Writes lines of text to standard output. */
export async function print(...lines: readonly string[]): Promise<void> {
  await write(lines.map((line) => `${printable(line)}\n`).join(""));
}

/** Writes a value as one JSON document, indented. */
export async function printJson(value: unknown): Promise<void> {
  await write(`${printableJson(value, 2)}\n`);
}

/** A table in text, with columns as wide as their widest cell. */
export function table(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(printable)); // before measuring: escapes are longer
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** A count with commas: 1,234,567. */
export function count(value: number): string {
  return value.toLocaleString("en");
}
