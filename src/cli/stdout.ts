import { once } from "node:events";

/** Writes to standard output, and waits while the reader is behind. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Writes lines to standard output. */
export async function print(...lines: readonly string[]): Promise<void> {
  await write(lines.map((line) => `${line}\n`).join(""));
}

/** Writes a value for machines: one JSON document, indented. */
export async function printJson(value: unknown): Promise<void> {
  await print(JSON.stringify(value, null, 2));
}

/** A table in text: columns as wide as their widest cell, the first row a heading. */
export function table(rows: readonly (readonly string[])[]): string[] {
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
