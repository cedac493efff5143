import { createModel, type CreateModelOptions, type Network } from "webgru";
import { describe, expect, it } from "vitest";
import { badFeatures, badIndices } from "../cases/badInput.js";
import { randomInput, randomMixed, randomStack, randomTextModel } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomStack({ seed: 50, inputSize: 2, hiddenSizes: [5, 3], resetAfter: true });
const textModel = randomTextModel(51, 9);

const STREAM_DISPOSED = "stream: already disposed";

describe("a stream on the CPU", () => {
  const networks: [string, Network][] = [
    ["a stack, reset after", network],
    ["a stack, reset before", randomStack({ seed: 52, inputSize: 2, hiddenSizes: [5, 3], resetAfter: false })],
    ["concatenations", randomMixed(53, "logSoftmax", 4)],
    ["a text model", textModel],
  ];
  for (const [name, each] of networks) {
    for (const batchSize of [1, 3]) {
      it(`gives bit for bit in T pushes what one run gives: ${name}, B=${batchSize}`, async () => {
        const model = await onCpu(each);
        const input = randomInput(each, 13 * batchSize, 54);
        const { output } = await model.run(input, { batchSize });
        const stream = model.createStream({ batchSize });
        expect(stream.batchSize).toBe(batchSize);
        const steps = splitSteps(input, batchSize * model.inputSize);
        const pushed: number[] = [];
        for (const step of steps) pushed.push(...(await stream.push(step)));
        expect(pushed).toEqual([...output]);
      });
    }
  }

  it("takes several steps in a push", async () => {
    const model = await onCpu(network);
    const input = randomInput(network, 10, 55);
    const { output } = await model.run(input);
    const stream = model.createStream();
    const pushed = [await stream.push(input.slice(0, 14)), await stream.push(input.slice(14))];
    expect(pushed.flatMap((part) => [...part])).toEqual([...output]);
  });

  it("runs overlapping pushes in the order in which they were made", async () => {
    const model = await onCpu(network);
    const input = randomInput(network, 12, 56);
    const { output } = await model.run(input);
    const stream = model.createStream();
    const pushed = await Promise.all(splitSteps(input, 2).map((step) => stream.push(step)));
    expect(pushed.flatMap((part) => [...part])).toEqual([...output]);
  });

  it("resets after the pushes made before and before those made after", async () => {
    const model = await onCpu(network);
    const input = randomInput(network, 4, 57);
    const { output } = await model.run(input);
    const stream = model.createStream();
    const [before, reset, after] = await Promise.all([stream.push(input), stream.reset(), stream.push(input)]);
    expect([before, reset, after]).toEqual([output, undefined, output]);
  });

  it("is done with the caller's array when push returns, and not only when it resolves", async () => {
    const model = await onCpu(network);
    const input = randomInput(network, 3, 58);
    const { output } = await model.run(input);
    const stream = model.createStream();
    const pushes = splitSteps(input, 2).map((step) => {
      const reused = step.slice();
      const push = stream.push(reused);
      reused.fill(0.123);
      return push;
    });
    expect((await Promise.all(pushes)).flatMap((part) => [...part])).toEqual([...output]);
  });

  it("gives arrays that later pushes leave alone", async () => {
    const model = await onCpu(network);
    const stream = model.createStream();
    const first = await stream.push([1, 2]);
    const copy = first.slice();
    await stream.push([3, 4]);
    expect(first).toEqual(copy);
  });

  it("shares nothing with other streams and runs of its model", async () => {
    const model = await onCpu(network);
    const [a, b] = [randomInput(network, 6, 59), randomInput(network, 6, 60)];
    const expected = [(await model.run(a)).output, (await model.run(b)).output];
    const streams = [model.createStream(), model.createStream()];
    const pushed: number[][] = [[], []];
    for (let step = 0; step < 6; step++) {
      pushed[0]!.push(...(await streams[0]!.push(a.slice(2 * step, 2 * step + 2))));
      await model.run(b);
      pushed[1]!.push(...(await streams[1]!.push(b.slice(2 * step, 2 * step + 2))));
      await model.createStream().reset();
    }
    expect(pushed).toEqual(expected.map((output) => [...output]));
  });
});

describe("a stream that is given what it cannot take", () => {
  for (const [each, inputs] of [
    [network, badFeatures],
    [textModel, badIndices],
  ] as const) {
    for (const { title, input, code, message } of inputs) {
      it(`refuses ${title}, and keeps its state`, async () => {
        const model = await onCpu(each);
        const good = randomInput(each, 4, 61);
        const expected = (await model.run(good)).output;
        const stream = model.createStream();
        const before = await stream.push(good.slice(0, good.length / 2));
        await expectRefusal(() => stream.push(input as never), code, message);
        const after = await stream.push(good.slice(good.length / 2));
        expect([...before, ...after]).toEqual([...expected]);
      });
    }
  }

  it("refuses a bad push between good ones that overlap it, and none of those", async () => {
    const model = await onCpu(network);
    const good = randomInput(network, 2, 62);
    const expected = (await model.run(good)).output;
    const stream = model.createStream();
    const pushes = [good.slice(0, 2), [NaN, 0], good.slice(2)].map((input) => stream.push(input));
    const [first, bad, second] = await Promise.allSettled(pushes);
    expect(bad!.status).toBe("rejected");
    expect([first, second].flatMap((push) => [...(push as PromiseFulfilledResult<Float32Array>).value])).toEqual([
      ...expected,
    ]);
  });

  it("counts a batch in what it expects", async () => {
    const stream = (await onCpu(network)).createStream({ batchSize: 3 });
    await expectRefusal(
      () => stream.push([1, 2]),
      "shape-mismatch",
      "input: expected a positive multiple of 6 elements (batchSize 3 x inputSize 2), got 2",
    );
  });

  it("lets NaN through where the model allows it, and NaN stays in the state until a reset", async () => {
    const model = await onCpu(network, { nonFinite: "allow" });
    const stream = model.createStream();
    const clean = await stream.push([0.5, 0.25]);
    expect([...(await stream.push([NaN, 0.25]))]).toEqual([NaN, NaN, NaN]);
    expect([...(await stream.push([0.5, 0.25]))]).toEqual([NaN, NaN, NaN]);
    await stream.reset();
    expect(await stream.push([0.5, 0.25])).toEqual(clean);
  });

  it("keeps NaN in its own row of a batch", async () => {
    const model = await onCpu(network, { nonFinite: "allow" });
    const [clean, batch] = [model.createStream(), model.createStream({ batchSize: 2 })];
    const output = await batch.push([NaN, 0, 0.5, 0.25]);
    expect(output.slice(0, 3)).toEqual(Float32Array.of(NaN, NaN, NaN));
    expect(output.slice(3)).toEqual(await clean.push([0.5, 0.25]));
  });

  it("refuses an index outside the embedding even where the model allows NaN", async () => {
    const stream = (await onCpu(textModel, { nonFinite: "allow" })).createStream();
    await expectRefusal(() => stream.push([NaN]), "bad-input", /^input: expected an index in \[0, 9\)/);
  });
});

describe("a stream that was disposed", () => {
  it("refuses to push and to reset", async () => {
    const stream = (await onCpu(network)).createStream();
    stream.dispose();
    stream.dispose();
    await expectRefusal(() => stream.push([1, 2]), "disposed", STREAM_DISPOSED);
    await expectRefusal(() => stream.reset(), "disposed", STREAM_DISPOSED);
  });

  it("refuses with a rejection: push and reset never throw", async () => {
    const stream = (await onCpu(network)).createStream();
    stream.dispose();
    const results = await Promise.allSettled([stream.push([1, 2]), stream.push(5 as never), stream.reset()]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  it("rejects the pushes that wait", async () => {
    const stream = (await onCpu(network)).createStream();
    const waiting = [stream.push([1, 2]), stream.push([1, 2]), stream.reset()];
    stream.dispose();
    for (const push of waiting) await expectRefusal(() => push, "disposed", STREAM_DISPOSED);
  });

  it("leaves its model and the other streams in use", async () => {
    const model = await onCpu(network);
    const [gone, kept] = [model.createStream(), model.createStream()];
    gone.dispose();
    expect(await kept.push([1, 2])).toEqual((await model.run([1, 2])).output);
  });

  it("may have been disposed by Symbol.dispose", async () => {
    const stream = (await onCpu(network)).createStream();
    stream[Symbol.dispose]();
    await expectRefusal(() => stream.push([1, 2]), "disposed", STREAM_DISPOSED);
  });

  it("may have been disposed with its model", async () => {
    const model = await onCpu(network);
    const streams = [model.createStream(), model.createStream()];
    model.dispose();
    for (const stream of streams) await expectRefusal(() => stream.push([1, 2]), "disposed", STREAM_DISPOSED);
  });
});

function onCpu(each: Network, options: CreateModelOptions = {}) {
  return createModel(each, { ...options, device: "cpu" });
}

/** @param stepElements B * I */
function splitSteps(input: Float32Array, stepElements: number): Float32Array[] {
  return Array.from({ length: input.length / stepElements }, (_, step) =>
    input.slice(step * stepElements, (step + 1) * stepElements),
  );
}
