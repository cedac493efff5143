/** A person can still follow it; tokens come many at once where they are drawn on a GPU. */
const CHARACTER_MS = 20;

/**
 * Writes what comes of one stream, one character after the other, until `signal` aborts.
 *
 * @param tokens as `model.generate` yields them; ended, so that what it took is freed
 * @param write appends the character of an index to the text
 * @returns number of characters written
 */
export async function writeOn(
  tokens: AsyncIterable<Uint32Array>,
  write: (index: number) => void,
  signal: AbortSignal,
): Promise<number> {
  let numWritten = 0;
  for await (const [index] of tokens) {
    if (signal.aborted) break;
    write(index!);
    numWritten++;
    await pause(CHARACTER_MS);
  }
  return numWritten;
}

function pause(timeMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, timeMs));
}
