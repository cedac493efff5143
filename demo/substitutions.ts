import { glyphOf } from "./glyph.js";
import type { Vocabulary } from "./vocabulary.js";

/** A sentence need not name more. */
const MAX_NAMED = 5;

/** Says in `paragraph` which characters of a text the model reads as others; nothing when it knows them all. */
export function showSubstitutions(paragraph: HTMLElement, vocabulary: Vocabulary, text: string): void {
  const substitutions = [...vocabulary.substitutions(text)];
  if (substitutions.length === 0) return paragraph.replaceChildren();
  const named = substitutions.slice(0, MAX_NAMED).flatMap(([character, readAs], i) => {
    const { name } = glyphOf(readAs);
    return [i > 0 ? ", " : "", code(character), " as ", name === null ? code(readAs) : `a ${name}`];
  });
  const numOthers = substitutions.length - MAX_NAMED;
  const end = numOthers > 0 ? `, and ${numOthers} more.` : ".";
  paragraph.replaceChildren(`The model knows ${vocabulary.characters.length} characters. It reads `, ...named, end);
}

function code(character: string): HTMLElement {
  const element = document.createElement("code");
  element.textContent = character;
  return element;
}
