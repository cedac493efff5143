import type { Session } from "../engine/engine.js";
import type { Generation } from "../model/generative.js";
import { NONE } from "../model/outputRequest.js";

/** Thrown where a device draws other tokens than the one before it did. */
export const DIFFERS = Symbol("another token");

/**
 * Continues a text.
 *
 * @param given the tokens drawn so far, which a device of the same kind draws again
 * @param isForced whether to take them as they are instead: the states may then differ in their last bits
 * @throws DIFFERS where the device draws others
 */
export async function* redraw(
  session: Session,
  tokens: Uint32Array,
  generation: Generation,
  given: readonly Uint32Array[],
  isForced: boolean,
): AsyncGenerator<Uint32Array, void> {
  const before = given.flatMap((chunk) => [...chunk]);
  const numRows = tokens.length;
  const numGiven = before.length / numRows;
  if (isForced && numGiven > 0) {
    const input = Float32Array.from([...tokens, ...before.slice(0, -numRows)]);
    const slots = [...tokens.keys()];
    await session.advance({ input, slots, lengths: null, lastOnly: true, output: NONE, withState: false });
    yield* session.generate(Uint32Array.from(before.slice(-numRows)), {
      ...generation,
      first: generation.first + numGiven,
    });
    return;
  }
  let at = 0;
  for await (const chunk of session.generate(tokens, generation)) {
    const numKnown = Math.min(chunk.length, before.length - at);
    for (let i = 0; i < numKnown; i++) if (chunk[i] !== before[at + i]) throw DIFFERS;
    at += numKnown;
    if (numKnown < chunk.length) yield chunk.subarray(numKnown);
  }
}
