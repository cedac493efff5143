/** Columns of words to the left, then columns of figures. */
const NUM_LEFT_COLUMNS = 2;

/**
 * Lines up cells.
 *
 * @param rows the header first, all of one length
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      column < NUM_LEFT_COLUMNS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    ),
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width))); // prettier-ignore
  return lines.map((cells) => cells.join("  ").trimEnd()).join("\n");
}
