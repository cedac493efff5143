import { createModel, type GruModel, type GruStream } from "webgru";
import { describe, expect, it } from "vitest";
import { randomStack, randomTextModel } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomStack({ seed: 760, inputSize: 2, hiddenSizes: [4], resetAfter: true });
const chunks = [
  [1, 2],
  [3, 4, 5, 6],
  [-1, 0],
  [0.5, 0.25],
];

describe("a model's transform", () => {
  it("gives in a pipe what pushes give", async () => {
    const model = await onCpu();
    const stream = model.createStream();
    const expected: Float32Array[] = [];
    for (const chunk of chunks) expected.push(await stream.push(chunk));
    expect(await collect(source(chunks).pipeThrough(model.createTransform()))).toEqual(expected);
  });

  it("takes the options of a stream", async () => {
    const outputs = await collect(
      source([[1, 2, 3, 4, 5, 6]]).pipeThrough((await onCpu()).createTransform({ batchSize: 3 })),
    );
    expect(outputs.map(({ length }) => length)).toEqual([12]);
  });

  it("takes indices for a text model", async () => {
    const model = await createModel(randomTextModel(761, 9), { device: "cpu" });
    expect(await collect(source([[1], [8], [0]]).pipeThrough(model.createTransform()))).toHaveLength(3);
  });

  it("shares no state with another", async () => {
    const model = await onCpu();
    const [a, b] = await Promise.all([0, 1].map(() => collect(source(chunks).pipeThrough(model.createTransform()))));
    expect(a).toEqual(b);
  });

  it("fails its pipe with the reason of a chunk that it cannot take", async () => {
    const pipe = source([[1, 2], [1]]).pipeThrough((await onCpu()).createTransform());
    await expectRefusal(() => collect(pipe), "shape-mismatch", /^input: expected a positive multiple of 2/);
  });

  it("waits for its reader: chunks are not taken ahead without end", async () => {
    let numAsked = 0;
    const endless = new ReadableStream<number[]>({ pull: (controller) => controller.enqueue([numAsked++, 0]) });
    const reader = endless.pipeThrough((await onCpu()).createTransform()).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(numAsked).toBeLessThan(6);
    await reader.cancel();
  });

  const ends: [string, (pair: Pair) => Promise<unknown>][] = [
    ["is written to its end", (pair) => collect(source(chunks).pipeThrough(pair))],
    ["fails", (pair) => collect(source([[1]]).pipeThrough(pair))],
    ["is cancelled by its reader", ({ readable }) => readable.cancel()],
    ["is aborted by its writer", ({ writable }) => writable.abort()],
    ["is aborted while a chunk waits for a reader", ({ writable }) => abortWaiting(writable)],
  ];
  for (const [title, end] of ends) {
    it(`frees its stream when the pipe ${title}`, async () => {
      const model = await onCpu();
      const streams: GruStream[] = [];
      const create = model.createStream.bind(model);
      model.createStream = (options) => {
        streams.push(create(options));
        return streams.at(-1)!;
      };
      await end(model.createTransform()).catch(() => {});
      await expectRefusal(() => streams[0]!.push([1, 2]), "disposed", /^stream: already disposed/);
    });
  }

  it("fails its pipe where the model is disposed", async () => {
    const model = await onCpu();
    const { readable, writable } = model.createTransform();
    model.dispose();
    const write = writable.getWriter().write([1, 2]);
    await expectRefusal(() => collect(readable), "disposed", /^stream: already disposed/);
    await expectRefusal(() => write, "disposed", /^stream: already disposed/);
  });
});

type Pair = ReturnType<GruModel["createTransform"]>;

function onCpu() {
  return createModel(network, { device: "cpu" });
}

function source(all: readonly number[][]): ReadableStream<number[]> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of all) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** Nobody reads; what the stream does about it, it does at once. */
async function abortWaiting(writable: WritableStream<ArrayLike<number>>): Promise<void> {
  const writer = writable.getWriter();
  for (let i = 0; i < 3; i++) writer.write([1, 2]).catch(() => {});
  writer.closed.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 5));
  writer.abort("enough").catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function collect(stream: ReadableStream<Float32Array>): Promise<Float32Array[]> {
  const outputs: Float32Array[] = [];
  const reader = stream.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) outputs.push(result.value);
  return outputs;
}
