/** A character as a person can see it. */
export interface Glyph {
  /** Stands in for the character. */
  readonly sign: string;
  /** Its name, where the sign alone would not do. */
  readonly name: string | null;
}

const INVISIBLE = new Map<string, Glyph>([
  [" ", { sign: "␣", name: "space" }],
  ["\n", { sign: "↵", name: "new line" }],
  ["\t", { sign: "⇥", name: "tab" }],
]);

export function glyphOf(character: string): Glyph {
  return INVISIBLE.get(character) ?? { sign: character, name: null };
}
