import { createModel, type GruStream } from "webgru";
import { describe, expect, it } from "vitest";
import { randomStack } from "../cases/random.js";
import { describeValue } from "../../src/model/valueKind.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomStack({ seed: 740, inputSize: 2, hiddenSizes: [4], resetAfter: true });
const items = [
  [1, 2],
  [3, 4, 5, 6],
  [-1, 0],
];

describe("predict", () => {
  it("gives the output of each item, in order", async () => {
    const { stream, expected } = await openStream();
    const outputs: Float32Array[] = [];
    for await (const output of stream.predict(items)) outputs.push(output);
    expect(outputs).toEqual(await expected(items));
  });

  it("ends with a source that is empty", async () => {
    const { stream } = await openStream();
    expect(await stream.predict([]).next()).toEqual({ done: true, value: undefined });
  });

  it("asks for an item when the result of the one before has been taken, and not ahead", async () => {
    const { stream } = await openStream();
    const source = new Source(items);
    const outputs = stream.predict(source);
    await settle();
    expect(source.numAsked).toBe(0);
    for (let i = 1; i <= items.length; i++) {
      await outputs.next();
      await settle();
      expect(source.numAsked).toBe(i);
    }
    expect((await outputs.next()).done).toBe(true);
  });

  it("lets go of the source where the loop ends early", async () => {
    const { stream, expected } = await openStream();
    const source = new Source(items);
    for await (const output of stream.predict(source)) {
      expect(output).toHaveLength(4);
      break;
    }
    expect([source.numAsked, source.isReturned]).toEqual([1, true]);
    expect([await stream.push([3, 4])]).toEqual(
      (
        await expected([
          [1, 2],
          [3, 4],
        ])
      ).slice(1),
    );
  });

  it("asks for nothing where the signal was aborted before", async () => {
    const { stream, expected } = await openStream();
    const source = new Source(items);
    const outputs = stream.predict(source, { signal: AbortSignal.abort("enough") });
    await expect(outputs.next()).rejects.toBe("enough");
    expect(source.numAsked).toBe(0);
    expect([await stream.push([1, 2])]).toEqual(await expected([[1, 2]]));
  });

  it("ends with the signal's reason between items, its state that after the last one", async () => {
    const { stream, expected } = await openStream();
    const source = new Source(items);
    const controller = new AbortController();
    const outputs = stream.predict(source, { signal: controller.signal });
    const taken = [(await outputs.next()).value];
    controller.abort("enough");
    await expect(outputs.next()).rejects.toBe("enough");
    expect([source.numAsked, source.isReturned]).toEqual([1, true]);
    expect((await outputs.next()).done).toBe(true);
    expect([...taken, await stream.push([3, 4])]).toEqual(
      await expected([
        [1, 2],
        [3, 4],
      ]),
    );
  });

  it("pushes no item that comes after the abort", async () => {
    const { stream, expected } = await openStream();
    const controller = new AbortController();
    const source = new Source(items, () => controller.abort("enough"));
    await expect(stream.predict(source, { signal: controller.signal }).next()).rejects.toBe("enough");
    expect([await stream.push([3, 4])]).toEqual(await expected([[3, 4]]));
  });

  it("counts an item that was aborted during its push as pushed", async () => {
    const { stream, expected } = await openStream();
    const controller = new AbortController();
    const outputs = stream.predict([[1, 2]], { signal: controller.signal });
    const first = outputs.next();
    await Promise.resolve();
    await Promise.resolve();
    controller.abort("enough");
    await first.catch(() => {});
    await expect(
      outputs.next().then(
        ({ done }) => done || "more",
        () => true,
      ),
    ).resolves.toBe(true);
    const after = await stream.push([3, 4]);
    // Before its push began, or after: one of the two, and nothing between.
    const possible = [
      await expected([[3, 4]]),
      await expected([
        [1, 2],
        [3, 4],
      ]),
    ];
    expect(possible.map((outputsOf) => outputsOf.at(-1))).toContainEqual(after);
  });

  it("throws what the source throws, and the stream stays usable", async () => {
    const { stream, expected } = await openStream();
    const outputs = stream.predict(failing());
    const first = (await outputs.next()).value;
    await expect(outputs.next()).rejects.toThrow(new RangeError("no more"));
    expect([first, await stream.push([3, 4])]).toEqual(
      await expected([
        [1, 2],
        [3, 4],
      ]),
    );
  });

  it("throws what push throws for an item, which leaves the state as it was", async () => {
    const { stream, expected } = await openStream();
    const outputs = stream.predict([
      [1, 2],
      [NaN, 2],
      [5, 6],
    ]);
    const first = (await outputs.next()).value;
    await expectRefusal(() => outputs.next(), "bad-input", /^input: expected finite float32 numbers, got NaN/);
    expect((await outputs.next()).done).toBe(true);
    expect([first, await stream.push([3, 4])]).toEqual(
      await expected([
        [1, 2],
        [3, 4],
      ]),
    );
  });

  it.each([null, 5, {}])("is refused for what gives no items, and leaves the stream usable: %s", async (source) => {
    const { stream, expected } = await openStream();
    const outputs = stream.predict(source as never);
    const message = `predict: expected an iterable of inputs, got ${describeValue(source)}`;
    await expectRefusal(() => outputs.next(), "bad-input", message);
    expect([await stream.push([3, 4])]).toEqual(await expected([[3, 4]]));
  });

  it("shares its stream with pushes", async () => {
    const { stream, expected } = await openStream();
    const outputs = stream.predict(items);
    const all = [(await outputs.next()).value, await stream.push([9, 9]), (await outputs.next()).value];
    expect(all).toEqual(await expected([items[0]!, [9, 9], items[1]!]));
  });

  it("is refused when the stream was disposed", async () => {
    const { stream } = await openStream();
    stream.dispose();
    await expectRefusal(() => stream.predict(items).next(), "disposed", /^stream: already disposed/);
  });
});

async function* failing() {
  yield [1, 2];
  throw new RangeError("no more");
}

/** Items that count who asks for them. */
class Source implements AsyncIterable<number[]>, AsyncIterator<number[]> {
  numAsked = 0;
  isReturned = false;
  readonly #items: readonly number[][];
  readonly #onAsked: () => void;

  constructor(all: readonly number[][], onAsked: () => void = () => {}) {
    this.#items = all;
    this.#onAsked = onAsked;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<number[]>> {
    this.#onAsked();
    const value = this.#items[this.numAsked++];
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<number[]>> {
    this.isReturned = true;
    return { done: true, value: undefined };
  }
}

/** Long enough for whoever would ask ahead. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

async function openStream(): Promise<{
  stream: GruStream;
  expected: (inputs: number[][]) => Promise<Float32Array[]>;
}> {
  const model = await createModel(network, { device: "cpu" });
  const expected = (inputs: number[][]) => {
    const other = model.createStream();
    return Promise.all(inputs.map((input) => other.push(input)));
  };
  return { stream: model.createStream(), expected };
}
