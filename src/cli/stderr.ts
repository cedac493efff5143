import { printable } from "./printable.js";

/** Tells standard error something, in a line or several. */
export function tell(text: string): void {
  process.stderr.write(`webgru: ${text.split("\n").map(printable).join("\n")}\n`);
}
