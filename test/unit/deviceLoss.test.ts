// A device that is lost at any of the moments at which something is awaited of it.

import { afterEach, describe, expect, it, vi } from "vitest";
import { GruError } from "../../src/errors.js";
import { createModel } from "../../src/load/loadModel.js";
import { plain, received, toSend } from "../../src/worker/sentError.js";
import { DEFAULT_FACTS, fakeDevice } from "../harness/fakeDevice.js";
import { randomStack, randomTextModel } from "../cases/random.js";

/** How browsers let go of calls under way: Chromium (156) fails them, and tells of the loss after that; by the specification they may end well. */
const MANNERS = [
  "calls fail, then the loss is told",
  "the loss is told, then calls fail",
  "calls seem to end well",
] as const;
type Manner = (typeof MANNERS)[number];

/** The contents of memory once the device is lost: no number of ours. */
const GARBAGE = 0x4b4b4b4b;

/** A device that is lost when it is asked for the `fatal`th time, and how often it was asked. */
function losingDevice(fatal: number, manner: Manner) {
  let tell!: (info: GPUDeviceLostInfo) => void;
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => (tell = resolve));
  const underWay = new Set<() => void>();
  let numAsked = 0;
  let isLost = false;
  const fail = () => {
    for (const end of underWay) end();
    underWay.clear();
  };
  const lose = () => {
    isLost = true;
    const info = { reason: "unknown", message: "it was unplugged" } as GPUDeviceLostInfo;
    if (manner === "calls fail, then the loss is told") fail();
    tell(info);
    fail();
  };
  const answer = <T>(method: string, value: T): Promise<T> => {
    const isFatal = numAsked++ === fatal;
    return new Promise((resolve, reject) => {
      const end = () => (isLost && manner !== "calls seem to end well" ? reject(failureOf(method)) : resolve(value));
      underWay.add(end);
      // By tasks, as a browser does, so that several calls are under way.
      setImmediate(() => {
        if (isFatal) return lose();
        if (underWay.delete(end)) end();
      });
    });
  };
  const bytes = (size: number) => new Uint32Array(size / 4).fill(isLost ? GARBAGE : 0).buffer;
  const { choice } = fakeDevice(DEFAULT_FACTS, { lost, answer, bytes });
  return { device: choice.device, lost, isLost: () => isLost, numAsked: () => numAsked };
}

/** As Chromium names them: only a pipeline has a reason. */
function failureOf(method: string): Error {
  const name = { createComputePipelineAsync: "GPUPipelineError", mapAsync: "AbortError" }[method] ?? "OperationError";
  return new DOMException(`${method}: the instance is gone`, name);
}

/** "done" for a call that gives numbers of ours, or the code of the error that it was refused with. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const result = await call;
    const { output = result } = (result ?? {}) as { output?: unknown };
    const words = output instanceof Float32Array ? [...new Uint32Array(output.buffer)] : [output];
    return words.includes(GARBAGE) ? "garbage" : "done";
  } catch (error) {
    return (error as { code?: unknown }).code?.toString() ?? "";
  }
}

const network = randomTextModel(90, 6);

/**
 * The outcomes of the calls to a model on a device, in their order.
 *
 * @param numTurns of the event loop until it is disposed, with calls under way; after all of them when null
 */
async function useAll(device: GPUDevice, numTurns: number | null): Promise<string[]> {
  const creating = createModel(network, { device });
  const created = await outcomeOf(creating);
  if (created !== "done") return [created];
  const model = await creating;
  const streams = [model.createStream(), model.createStream()] as const;
  const write = async () => {
    for await (const [token] of model.generate({ prompt: [1, 2], length: 9, tokensPerSubmit: 2 })) {
      if (token === GARBAGE) return GARBAGE;
    }
    return null;
  };
  const begin = () => [
    model.run([1, 2, 3]),
    model.run([1, 2, 3, 4], { batchSize: 2, returnSequences: false }),
    streams[0].push([1]),
    streams[1].push([1, 2, 3]),
    streams[0].push([2]),
    ...Array.from({ length: 6 }, () => streams[0].push([3], { output: "none" })),
    streams[0].push([3], { output: { topK: 2 } }),
    streams[1].save(),
    streams[1].fork(),
    write(),
  ];
  const first = begin().map(outcomeOf);
  if (numTurns !== null) {
    for (let turn = 0; turn < numTurns; turn++) await new Promise((resolve) => setImmediate(resolve));
    model.dispose();
    return Promise.all(first);
  }
  const outcomes = [created, ...(await Promise.all(first))];
  outcomes.push(...(await Promise.all(begin().map(outcomeOf))));
  model.dispose();
  return outcomes;
}

describe("a device that is lost while a model is made or used", () => {
  for (const manner of MANNERS) {
    for (const isBrief of [false, true]) {
      it(`gives numbers or device-lost, at whatever moment: ${manner}${isBrief ? ", disposed soon" : ""}`, async () => {
        const never = losingDevice(Infinity, manner);
        const whole = await useAll(never.device, isBrief ? 1 : null);
        for (const outcome of whole) expect(outcome).toMatch(isBrief ? /^(done|disposed)$/ : /^done$/);
        const allowed = isBrief ? /^(done|device-lost|disposed)$/ : /^(done|device-lost)$/;
        expect(never.numAsked()).toBeGreaterThan(15);
        for (let fatal = 0; fatal < never.numAsked(); fatal++) {
          const { device } = losingDevice(fatal, manner);
          const outcomes = await useAll(device, isBrief ? fatal % 9 : null);
          const what = `lost at call ${fatal}: ${outcomes.join()}`;
          for (const outcome of outcomes) expect(outcome, what).toMatch(allowed);
        }
      });
    }

    it(`refuses what comes later, by that code: ${manner}`, async () => {
      for (let fatal = 0; fatal < 200; fatal += 3) {
        const { device, isLost } = losingDevice(fatal, manner);
        const model = await createModel(network, { device }).catch(() => null);
        if (model === null) continue;
        while (!isLost()) await outcomeOf(model.run([1, 2]));
        await device.lost;
        const [stream, other] = [model.createStream(), model.createStream()];
        const calls = [model.run([1, 2]), stream.push([1]), stream.save(), other.fork()];
        const outcomes = await Promise.all(calls.map(outcomeOf));
        // A fork of nothing asks the device for nothing.
        expect(outcomes.slice(0, 3), `lost at call ${fatal}`).toEqual(Array(3).fill("device-lost"));
        model.dispose();
      }
    });

    it(`says so where it was asked which kernels it is best at: ${manner}`, async () => {
      for (let fatal = 0; fatal < 120; fatal += 5) {
        const { device, isLost } = losingDevice(fatal, manner);
        const end = await outcomeOf(createModel(differentNetwork(fatal, manner), { device, autotune: true }));
        expect(end, `lost at call ${fatal}`).toMatch(isLost() ? /^device-lost$/ : /^done$/);
      }
    });
  }

  it("tells of one that was lost before it was passed in", async () => {
    const lost = Promise.resolve({ reason: "destroyed", message: "over" } as GPUDeviceLostInfo);
    const { choice } = fakeDevice(DEFAULT_FACTS, { lost });
    await expect(createModel(network, { device: choice.device })).rejects.toMatchObject({
      code: "device-lost",
      message: 'GPU device: expected to be there, got "destroyed: over"; load the model again',
    });
  });

  it("takes a kernel that does not compile for that, where the device is there", async () => {
    const { choice } = fakeDevice(DEFAULT_FACTS, { answer: compilingNothing });
    await expect(createModel(network, { device: choice.device })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("expected to compile, got GPUPipelineError: no such type") as string,
    });
  });
});

async function compilingNothing<T>(method: string, value: T): Promise<T> {
  if (method === "createComputePipelineAsync") throw new DOMException("no such type", "GPUPipelineError");
  return value;
}

/** Lets the browser offer these adapters, one after the other, and then none. */
function stub(adapters: unknown[]): void {
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapters.shift() ?? null } });
}

describe("an adapter whose GPU process has ended", () => {
  afterEach(() => vi.unstubAllGlobals());

  const stale = {
    info: {},
    limits: {},
    requestDevice: () => Promise.reject(new DOMException("gone", "OperationError")),
  };

  it("gives way to the next one", async () => {
    const { choice } = fakeDevice();
    stub([stale, { info: {}, limits: {}, requestDevice: async () => choice.device }]);
    expect((await createModel(network, { device: "webgpu" })).device).toBe("webgpu");
  });

  it("is no adapter where the next one is none, or the same", async () => {
    for (const adapters of [[stale], [stale, stale]]) {
      stub(adapters);
      await expect(createModel(network, { device: "webgpu" })).rejects.toMatchObject({ code: "no-adapter" });
    }
  });
});

describe("an error that a worker cannot send as it is", () => {
  it("keeps its code and message, without its cause", () => {
    const error = new GruError("device-lost", "gone", { cause: () => {} });
    expect(() => structuredClone(toSend(error))).toThrow(/could not be cloned/);
    const sent = received(structuredClone(toSend(plain(error))));
    expect(sent).toBeInstanceOf(GruError);
    expect(sent).toMatchObject({ code: "device-lost", message: "gone" });
  });
});

/** One that no test has tuned before: times are kept by shape. */
function differentNetwork(fatal: number, manner: Manner) {
  const hiddenSizes = [4 + fatal, 4 + MANNERS.indexOf(manner)];
  return randomStack({ seed: fatal, inputSize: 2, hiddenSizes, resetAfter: true });
}
