const MAX_LENGTH = 100;

/** A value of a file as JSON, for a message: cut where it is long, and named where it cannot be written. */
export function quote(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return "something nested too deep"; // the only way for what was parsed from JSON
  }
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}... (${text.length} characters)`;
}
