/** Objects and lists that JSON may have: a layer has some tens, and empty ones take thirty times their length in memory. */
export const MAX_NESTED = 2 ** 16;

/** How many objects and lists JSON has, or more: those that begin inside a text count too. */
export function numNested(text: string): number {
  return count(text, "{") + count(text, "[");
}

function count(text: string, letter: string): number {
  let numFound = 0;
  for (let at = text.indexOf(letter); at >= 0; at = text.indexOf(letter, at + 1)) numFound++;
  return numFound;
}
