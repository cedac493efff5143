import { printable } from "./printable.js";

/** Writes a text to standard error, in one line or several. */
export function tell(text: string): void {
  process.stderr.write(`webgru: ${text.split("\n").map(printable).join("\n")}\n`);
}
