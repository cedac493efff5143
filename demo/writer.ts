import { sample, type Random } from "./sampler.js";

/** A person can still follow it, and the page stays free for the Stop button. */
const CHARACTER_MS = 20;

/** What a writer needs of the page. */
export interface Desk {
  readonly random: Random;
  /** Asked before each character, so that the user may turn it on the way. */
  temperature(): number;
  /** Reads the text; null when that is no longer possible. @returns [V], of each next character */
  read(): Promise<ArrayLike<number> | null>;
  /** Appends the character of an index to the text. */
  write(index: number): void;
}

/**
 * Continues the text, one character after the other, until `signal` aborts.
 *
 * @returns number of characters written
 */
export async function writeOn(desk: Desk, maxCharacters: number, signal: AbortSignal): Promise<number> {
  let probabilities = await desk.read();
  for (let written = 0; written < maxCharacters; written++) {
    if (signal.aborted || probabilities === null) return written;
    desk.write(sample(probabilities, desk.temperature(), desk.random));
    [probabilities] = await Promise.all([desk.read(), pause(CHARACTER_MS)]);
  }
  return maxCharacters;
}

function pause(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}
