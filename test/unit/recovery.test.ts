// Models whose device is lost, refused or hangs, against the same calls on a device that stays: the numbers are the same.

import { describe, expect, it } from "vitest";
import type { DeviceChange } from "../../src/engine/engine.js";
import type { Recovery } from "../../src/engine/registry.js";
import { GruError } from "../../src/errors.js";
import { RecoverableEngine } from "../../src/recovery/recoverableEngine.js";
import { GruModel } from "../../src/stream/gruModel.js";
import { campaignNetwork } from "../cases/streamCampaign.js";
import { randomTextModel, uniform } from "../cases/random.js";
import { cpuEngine, mortalEngine, type Mortal } from "../harness/mortalEngine.js";
import type { Network } from "../../src/model/network.js";

const WAIT: Recovery = { onStall: "wait", deadlineMs: 10_000 };

interface Setting {
  readonly network: Network;
  readonly recovery?: Recovery;
  readonly seed?: number;
  /** Whether the n-th request for a GPU, from 1 on, is refused. */
  readonly refuses?: (request: number) => boolean;
  readonly openCpu?: (network: Network, reason: string) => ReturnType<typeof cpuEngine>;
}

/** A model on a device that may be lost, the changes that it told of, and the devices that it had. */
async function mortalModel({ network, recovery = WAIT, seed = 1, refuses, openCpu = cpuEngine }: Setting) {
  const next = uniform(seed);
  const delay = () => Math.floor(4 * next());
  const mortals: Mortal[] = [];
  let numRequests = 0;
  const openGpu = async () => {
    if (numRequests++ > 0 && refuses?.(numRequests - 1)) throw new GruError("no-adapter", "the browser offers none");
    mortals.push(await mortalEngine(network, delay));
    return mortals.at(-1)!.engine;
  };
  const devices = { openGpu, openCpu: (reason: string) => openCpu(network, reason) };
  const engine = new RecoverableEngine(network, await openGpu(), devices, recovery);
  const model = new GruModel(network, engine, "reject");
  const changes: DeviceChange["change"][] = [];
  model.addEventListener("device", ({ change }) => changes.push(change));
  const until = async (change: DeviceChange["change"], count = 1) => {
    while (changes.filter((each) => each === change).length < count) await rest(2);
  };
  return { model, changes, mortals, until, lose: () => mortals.at(-1)!.lose() };
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Calls of every kind at random, with the device lost at random. @returns what they gave, in their order */
async function campaign(
  seed: number,
  numTurns: number,
  lossRate: number,
): Promise<{ given: unknown[]; numLosses: number }> {
  const { model, changes, lose, until } = await mortalModel({ network: campaignNetwork(seed), seed });
  const next = uniform(seed + 1000);
  const losses = uniform(seed + 2000);
  const streams = [model.createStream()];
  let saved = await streams[0]!.save();
  const given: Promise<unknown>[] = [];
  const numRestored = () => changes.filter((each) => each === "restored").length;
  let numLost = 0;
  for (let i = 0; i < numTurns; i++) {
    const stream = streams[Math.floor(next() * streams.length)]!;
    const steps = Float32Array.from({ length: 3 * [1, 1, 1, 2, 7, 40][Math.floor(6 * next())]! }, () => next() - 0.5);
    const kind = next();
    if (kind < 0.02 && streams.length < 40) streams.push(model.createStream());
    else if (kind < 0.06) given.push(stream.reset());
    else if (kind < 0.1) {
      saved = await stream.save();
      given.push(Promise.resolve([...saved]));
    } else if (kind < 0.12) given.push(stream.restore(saved.slice()));
    else if (kind < 0.15) streams.push(await stream.fork());
    else if (kind < 0.2) given.push(model.run(steps).then(({ output, finalState }) => [[...output], [...finalState]]));
    else if (kind < 0.25) given.push(stream.push(steps, { output: "none" }));
    else given.push(stream.push(steps).then((output) => [...output]));
    if (losses() < lossRate && numRestored() === numLost) {
      numLost++;
      lose();
      if (losses() < 0.5) await until("restored", numLost);
    }
    if (next() < 0.3) await turn();
    if (next() < 0.05) await Promise.all(given);
  }
  const all = await Promise.all(given);
  model.dispose();
  return { given: all, numLosses: numLost };
}

describe("a model whose device is lost at random", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`gives the numbers of one that stays: ${seed}`, async () => {
      const { given: expected } = await campaign(seed, 600, 0);
      const { given, numLosses } = await campaign(seed, 600, 0.03);
      expect(numLosses).toBeGreaterThan(5);
      expect(given).toEqual(expected);
    });
  }

  it("goes on with a text, with the tokens that it would have had", async () => {
    const network = randomTextModel(90, 6);
    const write = async (lossRate: number) => {
      const { model, lose, changes } = await mortalModel({ network });
      const next = uniform(9);
      const tokens: number[] = [];
      let numLost = 0;
      for await (const token of model.generate({ prompt: [1, 2, 3], length: 200, streams: 3, seed: 4 })) {
        tokens.push(...token);
        if (next() > lossRate || changes.filter((each) => each === "restored").length < numLost) continue;
        numLost++;
        lose();
      }
      model.dispose();
      return { tokens, numLost };
    };
    const { tokens: expected } = await write(0);
    const { tokens, numLost } = await write(0.05);
    expect(numLost).toBeGreaterThan(4);
    expect(tokens).toEqual(expected);
  });
});

describe("a GPU that is refused", () => {
  it("leaves the CPU to go on, and is taken back", async () => {
    const network = campaignNetwork(7);
    const inputs = Array.from({ length: 30 }, (_, i) =>
      Float32Array.from({ length: 3 }, (_unused, k) => Math.sin(3 * i + k)),
    );
    const { model: whole } = await mortalModel({ network });
    const expected = await Promise.all(
      inputs.map(
        (
          (stream) => (input) =>
            stream.push(input)
        )(whole.createStream()),
      ),
    );
    const { model, changes, lose, until } = await mortalModel({ network, refuses: (request) => request < 9 });
    const stream = model.createStream();
    const outputs = await Promise.all(inputs.slice(0, 10).map((input) => stream.push(input)));
    const under = inputs.slice(10, 20).map((input) => stream.push(input));
    expect(model.device).toBe("webgpu");
    lose();
    outputs.push(...(await Promise.all(under)));
    await until("fallback");
    expect(model.device).toBe("cpu");
    expect(model.explain()).toContain("meanwhile on the CPU: the browser offers none");
    outputs.push(...(await Promise.all(inputs.slice(20, 25).map((input) => stream.push(input)))));
    await until("restored");
    expect(model.device).toBe("webgpu");
    expect(model.explain()).toContain("restored after a loss");
    outputs.push(...(await Promise.all(inputs.slice(25).map((input) => stream.push(input)))));
    expect(outputs).toEqual(expected);
    expect(changes).toEqual(["lost", "fallback", "restored"]);
    model.dispose();
    whole.dispose();
  });

  it("is not asked for again after dispose", async () => {
    let numRequests = 0;
    const { model, lose, until } = await mortalModel({
      network: campaignNetwork(8),
      refuses: (request) => (numRequests = request) > 0,
    });
    lose();
    await until("fallback");
    model.dispose();
    await rest(0);
    const before = numRequests;
    await rest(1700);
    expect(numRequests).toBe(before);
  });

  it("gives way to the CPU where calls end the device again and again", async () => {
    const { model, mortals, until } = await mortalModel({ network: campaignNetwork(9) });
    const stream = model.createStream();
    await stream.push([1, 2, 3]);
    const pushing = stream.push([1, 2, 3]);
    // Each device is lost before it has given a result.
    for (let count = 0; !mortals.some((_, i) => i > 5) && model.device === "webgpu";) {
      if (mortals.length > count) mortals[count++]!.lose();
      await turn();
    }
    await until("fallback");
    expect((await pushing).length).toBeGreaterThan(0);
    model.dispose();
  });
});

describe("a device that hangs", () => {
  const inputs = Array.from({ length: 12 }, (_, i) => [i, 1 - i, 0.5]);

  it("is told as stalled, and as resumed when it answers", async () => {
    const { model, changes, mortals, until } = await mortalModel({
      network: campaignNetwork(10),
      recovery: { onStall: "wait", deadlineMs: 60 },
    });
    const stream = model.createStream();
    await stream.push(inputs[0]!);
    const release = mortals[0]!.hang();
    const pushing = stream.push(inputs[1]!);
    await until("stalled");
    release();
    await pushing;
    await until("resumed");
    expect(changes).toEqual(["stalled", "resumed"]);
    model.dispose();
  });

  it("is left for the CPU where that was asked for, and its late answers are nobody's", async () => {
    const network = campaignNetwork(11);
    const { model: whole } = await mortalModel({ network });
    const wholeStream = whole.createStream();
    const expected = await Promise.all(inputs.map((input) => wholeStream.push(input)));
    const { model, changes, mortals, until } = await mortalModel({
      network,
      recovery: { onStall: "cpu", deadlineMs: 60 },
      refuses: (request) => request < 3,
    });
    const stream = model.createStream();
    const outputs = await Promise.all(inputs.slice(0, 4).map((input) => stream.push(input)));
    const release = mortals[0]!.hang();
    const under = inputs.slice(4, 8).map((input) => stream.push(input));
    outputs.push(...(await Promise.all(under)));
    release();
    await until("restored");
    outputs.push(...(await Promise.all(inputs.slice(8).map((input) => stream.push(input)))));
    expect(outputs).toEqual(expected);
    expect(changes.slice(0, 2)).toEqual(["stalled", "fallback"]);
    expect(mortals[0]!.isDisposed()).toBe(true);
    model.dispose();
    whole.dispose();
  });
});
