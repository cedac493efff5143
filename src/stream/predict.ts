import { GruError } from "../errors.js";
import { describeValue } from "../model/valueKind.js";

/** Pushes the items of `source` one after the other, and yields the result of each push, until `signal` aborts. */
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

/** Whether `source` is iterable, and neither a typed array nor a string, whose items are no inputs. */
function isIterable(source: unknown): boolean {
  try {
    const given = Object(source) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const iterate = given[Symbol.asyncIterator] ?? given[Symbol.iterator];
    return typeof iterate === "function" && typeof source !== "string" && !ArrayBuffer.isView(source);
  } catch {
    return false;
  }
}

/** The items of `source` until `signal` aborts. Then it throws the reason, even while it waits for `source`. */
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
    // Not awaited: a source that still waits for its next item may never answer.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/**
 * `result`, or the signal's reason if that comes first. Not by Promise.race: with a promise that lives as long as the signal,
 * every result would stay in memory.
 */
export function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    const forget = () => signal.removeEventListener("abort", onAbort);
    result.then(resolve, reject).finally(forget);
  });
}
