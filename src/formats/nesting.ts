/** Limit of objects and lists in JSON. A layer has some tens; empty ones take thirty times their length in memory. */
export const MAX_NESTED = 2 ** 16;

/** An upper bound of the objects and lists in JSON: brackets inside strings count too. */
export function numNested(text: string): number {
  return count(text, "{") + count(text, "[");
}

function count(text: string, letter: string): number {
  let numFound = 0;
  for (let at = text.indexOf(letter); at >= 0; at = text.indexOf(letter, at + 1)) numFound++;
  return numFound;
}
