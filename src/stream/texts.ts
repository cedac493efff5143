// What ends a text before its length: a signal, or a token.

import { GruError } from "../errors.js";
import { checkSignal } from "../model/checkOptions.js";
import { type GenerateOptions, type GeneratedText, takeSeed } from "../model/generative.js";
import { describeValue, quoteText } from "../model/valueKind.js";
import { orAborted } from "./predict.js";

/** Options of `generate` without what ends it. */
export type DrawOptions = Omit<GenerateOptions, "signal" | "stop">;

/**
 * Texts that may end early.
 *
 * @param draw writes them, of a seed that is known
 * @throws GruError `unsupported`, `bad-input`
 */
export function textsOf(
  options: GenerateOptions,
  vocabulary: readonly string[] | null,
  draw: (options: DrawOptions) => AsyncGenerator<Uint32Array, void>,
): GeneratedText {
  if (describeValue(options) !== "an object") return Object.assign(draw(options), { seed: 0 }); // refuses it
  const { signal, stop, seed: given, ...rest } = options;
  checkSignal(signal);
  const stops = stop === undefined ? null : takeStops(stop, vocabulary);
  const seed = takeSeed(given);
  const tokens = draw({ ...rest, seed });
  const isWhole = signal === undefined && stops === null;
  return Object.assign(isWhole ? tokens : untilEnd(tokens, stops, signal), { seed });
}

/** The tokens that end a text, as indices. */
function takeStops(stop: NonNullable<GenerateOptions["stop"]>, vocabulary: readonly string[] | null): Set<number> {
  const list = Array.isArray(stop) ? (stop as readonly (number | string)[]) : [stop as number | string];
  return new Set(
    list.map((token) => {
      const index = typeof token === "string" ? (vocabulary?.indexOf(token) ?? -1) : token;
      if (Number.isInteger(index) && index >= 0) return index;
      const got = typeof token === "string" ? quoteText(token) : describeValue(token);
      throw new GruError("bad-input", `stop: expected indices, or entries of the vocabulary, got ${got}`);
    }),
  );
}

async function* untilEnd(
  tokens: AsyncGenerator<Uint32Array, void>,
  stops: ReadonlySet<number> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint32Array, void> {
  const isOver = new Set<number>();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await (signal === undefined ? tokens.next() : orAborted(tokens.next(), signal));
      if (next.done === true) return;
      yield next.value;
      if (stops === null) continue;
      next.value.forEach((token, stream) => stops.has(token) && isOver.add(stream));
      if (isOver.size === next.value.length) return;
    }
  } finally {
    const end = tokens.return();
    // After an abort, the chunk under way may still take a while.
    if (signal?.aborted === true) end.catch(() => {});
    else await end;
  }
}
