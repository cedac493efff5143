import { GruError } from "../errors.js";
import { describeValue } from "../model/valueKind.js";

/** Pushes what comes from `source`, one item after the other, and gives what each push gives, until `signal` aborts. */
export async function* predict<Output>(
  push: (input: ArrayLike<number>) => Promise<Output>,
  source: AsyncIterable<ArrayLike<number>> | Iterable<ArrayLike<number>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Output, void, undefined> {
  if (!isIterable(source)) {
    throw new GruError("bad-input", `predict: expected an iterable of inputs, got ${describeValue(source)}`);
  }
  for await (const input of signal === undefined ? source : untilAborted(source, signal)) {
    signal?.throwIfAborted();
    const output = await push(input);
    signal?.throwIfAborted();
    yield output;
    signal?.throwIfAborted();
  }
}

/** Not a typed array or a text: their items are no inputs. */
function isIterable(source: unknown): boolean {
  try {
    const given = Object(source) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const iterate = given[Symbol.asyncIterator] ?? given[Symbol.iterator];
    return typeof iterate === "function" && typeof source !== "string" && !ArrayBuffer.isView(source);
  } catch {
    return false;
  }
}

/** What `source` gives, until `signal` aborts: then it throws the reason, even while `source` is silent. */
async function* untilAborted<T>(source: AsyncIterable<T> | Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = await orAborted(Promise.resolve(iterator.next()), signal);
      if (next.done === true) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } finally {
    // Not awaited: a silent source may not answer.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** `result`, or the signal's reason if that comes first. A listener of its own: a race would keep every result. */
export function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    const forget = () => signal.removeEventListener("abort", onAbort);
    result.then(resolve, reject).finally(forget);
  });
}
