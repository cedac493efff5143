import { createModel, type GruStream } from "webgru";
import { describe, expect, it } from "vitest";
import { randomInput, randomStack } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomStack({ seed: 730, inputSize: 2, hiddenSizes: [5, 3], resetAfter: false });

describe("a fork", () => {
  for (const batchSize of [1, 3]) {
    it(`agrees bit for bit until the inputs differ, and then both are right: B=${batchSize}`, async () => {
      const [common, one, other] = [731, 732, 733].map((seed) => randomInput(network, 4 * batchSize, seed));
      const stream = await openStream(batchSize);
      await stream.push(common!);
      const fork = await stream.fork();
      expect(fork.batchSize).toBe(batchSize);
      expect(await fork.push(common!)).toEqual(await stream.push(common!));
      const [a, b] = await Promise.all([stream.push(one!), fork.push(other!)]);
      expect(a).not.toEqual(b);
      expect(a).toEqual(await pushAll(batchSize, [common!, common!, one!]));
      expect(b).toEqual(await pushAll(batchSize, [common!, common!, other!]));
    });
  }

  it("has the state after the pushes made before it, and before those made after", async () => {
    const stream = await openStream(1);
    const [, fork, second] = await Promise.all([stream.push([1, 2]), stream.fork(), stream.push([3, 4])]);
    expect(await fork.push([3, 4])).toEqual(second);
  });

  it("outlives the stream that it came from", async () => {
    const [stream, twin] = [await openStream(1), await openStream(1)];
    await Promise.all([stream.push([1, 2]), twin.push([1, 2])]);
    const fork = await stream.fork();
    stream.dispose();
    expect(await fork.push([3, 4])).toEqual(await twin.push([3, 4]));
  });

  it("may be forked", async () => {
    const stream = await openStream(1);
    await stream.push([1, 2]);
    const grandchild = await (await stream.fork()).fork();
    expect(await grandchild.push([3, 4])).toEqual(await stream.push([3, 4]));
  });

  it("has the options of the stream that it came from, and counts its own", async () => {
    const model = await createModel(network, { device: "cpu" });
    const stream = model.createStream({ whenFull: "latest" });
    const dropped = [stream.push([1, 2]), stream.push([1, 2])];
    await Promise.allSettled(dropped);
    const fork = await stream.fork();
    expect([stream.numDropped, fork.numDropped]).toEqual([1, 0]);
    await Promise.allSettled([fork.push([1, 2]), fork.push([1, 2]), fork.push([1, 2])]);
    expect([stream.numDropped, fork.numDropped]).toEqual([1, 2]);
  });

  it("is refused when the stream was disposed, or is while it waits", async () => {
    const stream = await openStream(1);
    const waiting = stream.fork();
    stream.dispose();
    for (const fork of [waiting, stream.fork()])
      await expectRefusal(() => fork, "disposed", /^stream: already disposed/);
  });

  it("is disposed with its model", async () => {
    const model = await createModel(network, { device: "cpu" });
    const fork = await model.createStream().fork();
    model.dispose();
    await expectRefusal(() => fork.push([1, 2]), "disposed", /^stream: already disposed/);
  });
});

async function openStream(batchSize: number): Promise<GruStream> {
  return (await createModel(network, { device: "cpu" })).createStream({ batchSize });
}

/** The output for the last of the inputs in a stream of its own. */
async function pushAll(batchSize: number, inputs: readonly Float32Array[]): Promise<Float32Array> {
  const stream = await openStream(batchSize);
  const outputs = await Promise.all(inputs.map((input) => stream.push(input)));
  return outputs.at(-1)!;
}
