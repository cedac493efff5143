/** The typed character for each one that keyboards, phones and word processors put in its place. */
const STAND_INS = new Map([
  ...each("“”„‟«»″", '"'),
  ...each("‘’‚‛‹›′`´", "'"),
  ...each("‐‑‒–−", "-"),
  ...each("—―", "--"),
  ["…", "..."],
  ["ß", "ss"],
  ["æ", "ae"],
  ["Æ", "AE"],
  ["œ", "oe"],
  ["Œ", "OE"],
  ["ø", "o"],
  ["Ø", "O"],
  ["ł", "l"],
  ["Ł", "L"],
]);

/** Accents that follow their letter, joiners and variation selectors: no characters of their own. */
const INVISIBLE = /^[\p{M}\p{Cf}]+$/u;

/** The characters that a model knows, by index, and how it reads all others. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #indices = new Map<string, number>();
  /** The character that each unknown one met so far is read as. */
  readonly #readAs = new Map<string, string>();

  constructor(characters: readonly string[]) {
    this.characters = characters;
    characters.forEach((character, index) => this.#indices.set(character, index));
  }

  /** Indices of one character: one as a rule, several for `…`, none for an accent that stands alone. */
  encode(character: string): number[] {
    return [...this.readAs(character)].map((known) => this.#indices.get(known) ?? 0);
  }

  /** The known characters that stand for one character; itself when it is known, a space when there is no likeness. */
  readAs(character: string): string {
    if (this.#indices.has(character)) return character;
    const readAs = this.#readAs.get(character) ?? this.#substitute(character);
    this.#readAs.set(character, readAs);
    return readAs;
  }

  /** The unknown characters of a text and what they are read as, in the order in which they first come. */
  substitutions(text: string): Map<string, string> {
    const unknown = [...new Set(text)].filter(
      (character) => !this.#indices.has(character) && !INVISIBLE.test(character),
    );
    return new Map(unknown.map((character) => [character, this.readAs(character)]));
  }

  #substitute(character: string): string {
    if (INVISIBLE.test(character)) return "";
    const bare = STAND_INS.get(character) ?? character.normalize("NFKD").replace(/\p{M}/gu, "");
    const isKnown = bare !== "" && [...bare].every((part) => this.#indices.has(part));
    return isKnown ? bare : " ";
  }
}

function each(characters: string, standIn: string): [string, string][] {
  return [...characters].map((character) => [character, standIn]);
}
