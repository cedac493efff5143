/**
 * Characters that a terminal obeys or hides: controls (escape sequences begin with one), what turns the direction of text,
 * ends a line or paragraph, joins, has no width or no meaning. A file's names may hold any of them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A line of text as it may go to a terminal: what cannot be seen is spelled, as \u{1b}. */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A value as JSON that may go to a terminal: strings spell what cannot be seen, as \u001b, and mean the same. */
export function printableJson(value: unknown, indent?: number): string {
  // Spaces and newlines separate values.
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : character.split("").map(spellUnit).join(""),
  );
}

function spellUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
