import type { Vocabulary } from "./vocabulary.js";

/** The stream reads this first: every text begins a line. So there is a guess before the first letter, too. */
export const BEGINNING = "\n";

/** Characters that are read again after an edit in the middle; of a longer text, the last ones. */
const MAX_CHARACTERS = 2000;

/** Indices of what a model reads of `text` before it can go on: of a long one, the end. */
export function promptOf(text: string, vocabulary: Vocabulary): number[] {
  return [BEGINNING, ...[...text].slice(-MAX_CHARACTERS)].flatMap((character) => vocabulary.encode(character));
}

/** A character that was read, and how unexpected it was. */
export interface ReadCharacter {
  readonly character: string;
  /** -log2 of the probability that the model gave it. */
  readonly bits: number;
}

/** The model's predictions for a text. */
export interface Reading {
  /** The text begins with this, and the model has not seen it: only the end of a long text is read. */
  readonly skipped: string;
  /** The rest of the text. The same array as before, grown, when the text was continued; another one when it was edited. */
  readonly characters: readonly ReadCharacter[];
  /** [V], of each next character */
  readonly probabilities: Float32Array;
}

/** Below this a float32 loses digits and then is 0: 126 bits of surprise are enough for anyone. */
const SMALLEST_PROBABILITY = 2 ** -126;

/** The parts of a stream that a predictor needs, of a `GruStream` for one. */
interface Stream {
  push(indices: ArrayLike<number>): Promise<Float32Array>;
  reset(): Promise<void>;
}

/** Keeps a stream at the end of a text that changes. */
export class Predictor {
  readonly #stream: Stream;
  readonly #vocabulary: Vocabulary;
  readonly #onKeystroke: (timeMs: number) => void;
  #wanted = "";
  /** The text that the stream has read; null when its state is of no use. */
  #text: string | null = null;
  #skipped = "";
  #characters: ReadCharacter[] = [];
  #probabilities = new Float32Array();
  /** Settles when the last call is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param stream of one row, whose model takes indices into `vocabulary` and gives their probabilities
   * @param onKeystroke hears how long the stream took for one more character; not of whole texts, which take a push, too
   */
  constructor(stream: Stream, vocabulary: Vocabulary, onKeystroke: (timeMs: number) => void) {
    this.#stream = stream;
    this.#vocabulary = vocabulary;
    this.#onKeystroke = onKeystroke;
  }

  /**
   * Brings the stream to the end of `text`, or of a newer one: a text that was replaced before its turn is skipped.
   *
   * @throws GruError as `GruStream.push`; the next call then starts afresh
   */
  follow(text: string): Promise<Reading> {
    this.#wanted = text;
    const reading = this.#queue.then(() => this.#catchUp());
    this.#queue = reading.catch(() => {});
    return reading;
  }

  async #catchUp(): Promise<Reading> {
    const text = this.#wanted;
    const known = this.#text;
    if (text !== known) {
      this.#text = null; // until the push has succeeded
      const isContinued = known !== null && text.startsWith(known) && text.length - known.length <= MAX_CHARACTERS;
      if (isContinued) await this.#read(Array.from(text.slice(known.length)), false);
      else await this.#restart(text);
      this.#text = text;
    }
    return { skipped: this.#skipped, characters: this.#characters, probabilities: this.#probabilities };
  }

  async #restart(text: string): Promise<void> {
    const characters = [...text];
    this.#skipped = characters.splice(0, characters.length - MAX_CHARACTERS).join("");
    this.#characters = [];
    await this.#stream.reset();
    await this.#read(characters, true);
  }

  /** Pushes `addition` in one call and weighs each of its characters by what was expected before it. */
  async #read(addition: readonly string[], isStart: boolean): Promise<void> {
    const codes = addition.map((character) => this.#vocabulary.encode(character));
    const opening = isStart ? this.#vocabulary.encode(BEGINNING) : [];
    const startMs = performance.now();
    const rows = await this.#push([...opening, ...codes.flat()]);
    if (!isStart && rows.length === 1) this.#onKeystroke(performance.now() - startMs);
    const expected = isStart ? rows : [this.#probabilities, ...rows];
    let next = 0;
    addition.forEach((character, i) => {
      let bits = 0;
      for (const index of codes[i]!) bits -= Math.log2(Math.max(expected[next++]![index]!, SMALLEST_PROBABILITY));
      this.#characters.push({ character, bits });
    });
    this.#probabilities = expected.at(-1)!;
  }

  /** @returns one row of probabilities for each index */
  async #push(indices: readonly number[]): Promise<Float32Array<ArrayBuffer>[]> {
    if (indices.length === 0) return [];
    const output = await this.#stream.push(indices);
    const size = output.length / indices.length;
    return indices.map((_, i) => output.slice(i * size, (i + 1) * size));
  }
}
