/**
 * Characters that a terminal interprets or hides: controls (escape sequences begin with one), direction marks, line and
 * paragraph separators, joiners, characters without width or meaning. Names in a file may have any of them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A line of text for a terminal, with invisible characters as escapes: \u{1b}. */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A value as JSON for a terminal, with invisible characters as JSON's escapes: \u001b. It parses to the same value. */
export function printableJson(value: unknown, indent?: number): string {
  // Newlines of `indent` stay: within strings, JSON.stringify has escaped them.
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : character.split("").map(spellUnit).join(""),
  );
}

function spellUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
