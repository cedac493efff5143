// Data that crosses between page and worker, and how workers begin and end.

import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openPage, openSharedPage } from "./support/openPage.js";

const MODEL = "/demo/models/next-char.safetensors";

describe("a model in a worker", () => {
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => ({ page, close } = await openSharedPage()));
  afterAll(() => close());

  it.each(["URL", "relative address", "Uint8Array", "a part of an array", "ArrayBuffer", "Blob", "File"])(
    "loads from %s, which stays as it was",
    async (source) => {
      const result = await page.evaluate(
        async ({ kind, path }) => {
          const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
          const larger = new Uint8Array(bytes.length + 100);
          larger.set(bytes, 60);
          const sources = {
            URL: new URL(path, location.href),
            "relative address": `../../..${path}`,
            Uint8Array: bytes,
            "a part of an array": larger.subarray(60, 60 + bytes.length),
            ArrayBuffer: bytes.buffer,
            Blob: new Blob([bytes]),
            File: new File([bytes], "model"),
          };
          const progress: unknown[] = [];
          const model = await harness.worker.loadModel(sources[kind as keyof typeof sources], {
            device: "cpu",
            onProgress: (each) => progress.push(each),
          });
          const { vocabulary, outputSize } = model;
          model.dispose();
          return { length: vocabulary?.length, outputSize, progress, lengths: [bytes.length, larger.length] };
        },
        { kind: source, path: MODEL },
      );
      expect(result.length).toBe(result.outputSize);
      expect(result.outputSize).toBeGreaterThan(50);
      const [numBytes, numMore] = result.lengths;
      expect(numMore).toBe(numBytes! + 100);
      const isFetched = /URL|address|Blob|File/.test(source);
      expect(result.progress.at(-1) ?? null).toEqual(isFetched ? { loaded: numBytes, total: numBytes } : null);
    },
  );

  it("takes a description and options over, and refuses those that there are not", async () => {
    const ends = await page.evaluate(async (path) => {
      const { worker, endOf } = harness;
      const device = await harness.requestDevice();
      const load = (options: object) => endOf(worker.loadModel(path, { device: "cpu", ...options }));
      const gone = new ArrayBuffer(8);
      structuredClone(gone, { transfer: [gone] });
      const result = [
        await load({ description: { layers: [] } }),
        await load({ dtype: "f8" }),
        await load({ devise: "cpu" }),
        await load({ device }),
        await load({ nonFinite: () => {} }),
        await endOf(worker.loadModel("/nowhere.safetensors", { device: "cpu" })),
        await endOf(worker.loadModel(5 as never)),
        await endOf(worker.loadModel(Uint8Array.of(1, 2, 3))),
        await endOf(worker.createModel({} as never, { device: "cpu" })),
        await endOf(worker.loadModel(path, null as never)),
        await endOf(worker.createModel({} as never, "cpu" as never)),
        await load({ worker: null }),
        await load({ device: null }),
        await load({ signal: 5 }),
        await load({ onProgress: "no" }),
        await endOf(worker.loadModel(gone)),
        await endOf(worker.loadModel(new Uint8Array(4).subarray(1, 3), { device: "cpu", files: null as never })),
        await endOf(worker.loadModel(new DataView(new ArrayBuffer(4)), { device: "cpu" })),
      ];
      device.destroy();
      return result;
    }, MODEL);
    expect(ends).toEqual([
      "unsupported: network: expected at least one layer, got none",
      'unsupported: dtype: expected auto, f32, f16, int8, got the string "f8"',
      expect.stringMatching(/^unsupported: options: expected .*, got "devise"$/),
      expect.stringMatching(/^unsupported: device: expected "auto", "webgpu" or "cpu" in a worker, got a GPUDevice/),
      expect.stringMatching(/^bad-input: load: expected values that can be sent to a worker, got DataCloneError/),
      expect.stringMatching(/^bad-file: .*nowhere.*got/),
      expect.stringMatching(/^bad-file: source: expected an address.*got the number 5$/),
      expect.stringMatching(/^bad-file: model: expected a model file/),
      "unsupported: layers: expected an array, got undefined",
      "unsupported: options: expected an object, got null",
      'unsupported: options: expected an object, got the string "cpu"',
      expect.stringMatching(/^worker-lost: worker: its script did not start/),
      expect.stringMatching(/^unsupported: device: .*, got null$/),
      "unsupported: signal: expected an AbortSignal, got the number 5",
      'unsupported: onProgress: expected a function, got the string "no"',
      "bad-file: source: expected a file's bytes, got a detached buffer",
      expect.stringMatching(/^unsupported: files: .*, got null$/),
      expect.stringMatching(/^bad-file: model: expected a model file, got 4 bytes that begin 00 00 00 00$/),
    ]);
  });

  it("leaves every array that it is given as it was, and has its own copy at once", async () => {
    const result = await page.evaluate(async () => {
      const { random, worker } = harness;
      const network = random.randomStack({ seed: 41, inputSize: 2, hiddenSizes: [4], resetAfter: true });
      const model = await worker.createModel(network, { device: "cpu" });
      const frame = Float32Array.of(9, 1, 2, 9);
      const lengths = Uint8Array.of(1);
      const stream = model.createStream();
      const pushed = stream.push(frame.subarray(1, 3));
      frame.fill(7);
      const plain = [1, 2];
      const ran = model.run(plain, { lengths });
      plain.fill(7);
      const [output, { output: same }] = await Promise.all([pushed, ran]);
      const state = await stream.save();
      await stream.restore(state);
      await stream.restore(state);
      model.dispose();
      return { output: output.join(), same: same.join(), left: [frame.length, lengths.length, state.length > 0] };
    });
    expect(result.same).toBe(result.output);
    expect(result.left).toEqual([4, 1, true]);
  });

  it("takes a whole buffer over where it is told to", async () => {
    const result = await page.evaluate(async (path) => {
      const bytes = await (await fetch(path)).arrayBuffer();
      const model = await harness.worker.loadModel(bytes, { device: "cpu", transfer: true });
      const [first, second, plain] = [Float32Array.of(1, 2), Float32Array.of(3, 4), [1, 2]];
      const stream = model.createStream();
      const outputs = await Promise.all([
        stream.push(first.subarray(0, 1), { transfer: true }),
        stream.push(first.subarray(1), { transfer: true }),
        stream.push(plain, { transfer: true }),
      ]);
      const { output } = await model.run(second, { transfer: true });
      const again = await harness.endOf(stream.push(first, { transfer: true }));
      model.dispose();
      const sizes = [...outputs, output].map(({ length }) => length / model.outputSize);
      return { sizes, left: [bytes.byteLength, first.length, second.length, plain.length], again };
    }, MODEL);
    expect(result.sizes).toEqual([1, 1, 2, 2]);
    expect(result.left).toEqual([0, 0, 0, 2]);
    expect(result.again).toMatch(/^shape-mismatch: input: .*got 0$/);
  });

  it("refuses what cannot be sent, and nothing beside it", async () => {
    const ends = await page.evaluate(async () => {
      const network = harness.random.randomStack({ seed: 42, inputSize: 1, hiddenSizes: [2], resetAfter: true });
      const model = await harness.worker.createModel(network, { device: "cpu" });
      const stream = model.createStream();
      const odd = model.createStream({ batchSize: () => 2 } as never);
      const pushes = [stream.push([1]), stream.push([() => 1] as never), odd.push([1]), stream.push([2])];
      const result = await Promise.all(pushes.map(harness.endOf));
      const expected = model.createStream();
      await expected.push([1, 2]);
      const same = (await stream.save()).join() === (await expected.save()).join();
      model.dispose();
      return [...result, same];
    });
    expect(ends).toEqual([
      "no error",
      expect.stringMatching(/^bad-input: push: expected values that can be sent to a worker, got DataCloneError/),
      "unsupported: stream: its options cannot be sent to a worker",
      "no error",
      true,
    ]);
  });

  it("refuses options that are none, whatever is called", async () => {
    const ends = await page.evaluate(async () => {
      const network = harness.random.randomTextModel(43, 5);
      const model = await harness.worker.createModel(network, { device: "cpu" });
      const stream = model.createStream();
      const none = null as never;
      const calls: (() => unknown)[] = [
        () => model.run([1], none),
        () => model.createStream(none),
        () => model.generate(none),
        () => stream.push([1], none),
        () => stream.pushNamed([1], none),
        () => stream.predict([[1]], none),
        () => stream.push([1], 5 as never),
      ];
      const result = await Promise.all(calls.map((call) => harness.endOf((async () => call())())));
      model.dispose();
      return result;
    });
    const message = "unsupported: options: expected an object, got";
    expect(ends).toEqual([...Array.from({ length: 6 }, () => `${message} null`), `${message} a number`]);
  });

  it("gives up a load that is aborted, with the reason, and ends its worker", async () => {
    const result = await page.evaluate(async (path) => {
      const calls = harness.recordWorkers();
      const { loadModel } = harness.worker;
      const reason = { why: "no longer needed" };
      const controller = new AbortController();
      const onProgress = () => controller.abort(reason);
      const caught = await loadModel(path, { signal: controller.signal, onProgress }).catch((error: unknown) => error);
      const after = await loadModel(path, { signal: controller.signal }).catch((error: unknown) => error);
      const thrown = await loadModel(path, {
        onProgress: () => {
          throw reason;
        },
      }).catch((error: unknown) => error);
      return { isReason: [caught, after, thrown].map((error) => error === reason), ...calls };
    }, MODEL);
    expect(result).toEqual({ isReason: [true, true, true], numStarted: 2, numTerminated: 2 });
  });

  it("ends its worker when it is disposed, after the calls under way", async () => {
    const result = await page.evaluate(async () => {
      const calls = harness.recordWorkers();
      const network = harness.random.randomStack({ seed: 43, inputSize: 2, hiddenSizes: [8], resetAfter: true });
      const model = await harness.worker.createModel(network, { device: "cpu" });
      const run = model.run(harness.random.randomInput(network, 500, 1));
      model.dispose();
      const during = { ...calls };
      const { output } = await run;
      while (calls.numTerminated === 0) await harness.rest(1);
      return { length: output.length, during, after: { ...calls } };
    });
    expect(result).toEqual({
      length: 4000,
      during: { numStarted: 1, numTerminated: 0 },
      after: { numStarted: 1, numTerminated: 1 },
    });
  });

  it("ends its worker when the model is refused", async () => {
    const result = await page.evaluate(async () => {
      const calls = harness.recordWorkers();
      const end = await harness.endOf(harness.worker.loadModel(Uint8Array.of(1)));
      return { end, ...calls };
    });
    expect(result).toEqual({ end: expect.stringMatching(/^bad-file/), numStarted: 1, numTerminated: 1 });
  });

  it("shares a worker of the caller's with others, which stays when they are gone", async () => {
    const result = await page.evaluate(async () => {
      const calls = harness.recordWorkers();
      const worker = harness.ownWorker();
      const shapes = [
        { seed: 44, inputSize: 2, hiddenSizes: [8], resetAfter: true },
        { seed: 45, inputSize: 2, hiddenSizes: [3], resetAfter: false },
      ];
      const create = (shape: (typeof shapes)[0]) =>
        harness.worker.createModel(harness.random.randomStack(shape), { device: "cpu", worker });
      const [first, second] = await Promise.all(shapes.map(create));
      const sizes = [first!.outputSize, second!.outputSize];
      first!.dispose();
      await second!.run([1, 2]);
      second!.dispose();
      const third = await create(shapes[0]!);
      sizes.push((await third.run([1, 2])).output.length);
      third.dispose();
      worker.terminate();
      return { sizes, ...calls };
    });
    expect(result, "the caller's own alone").toEqual({ sizes: [8, 3, 8], numStarted: 1, numTerminated: 1 });
  });

  it("tells of a GPU that goes away, after the tokens that it gave", async () => {
    const result = await page.evaluate(async () => {
      const worker = harness.ownWorker();
      const network = harness.random.randomTextModel(50, 9);
      const model = await harness.worker.createModel(network, { device: "webgpu", worker });
      let numTokens = 0;
      const write = async () => {
        for await (const token of model.generate({ prompt: [1], length: 100_000 })) {
          numTokens += token.length;
          if (numTokens === 3) worker.postMessage("lose", []);
        }
      };
      const end = await harness.endOf(write());
      model.dispose();
      worker.terminate();
      return { end, numTokens };
    });
    expect(result.end).toMatch(/^device-lost: /);
    expect(result.numTokens).toBeGreaterThan(3);
  });

  it("runs in a script from another site", async () => {
    const address = `${inject("serverUrl").replace("127.0.0.1", "localhost")}/src/entries/workerHost.ts`;
    const length = await page.evaluate(async (worker) => {
      const network = harness.random.randomStack({ seed: 46, inputSize: 2, hiddenSizes: [8], resetAfter: true });
      const model = await harness.worker.createModel(network, { device: "cpu", worker });
      const { output } = await model.run([1, 2]);
      model.dispose();
      return output.length;
    }, address);
    expect(length).toBe(8);
  });

  it("leaves the page free while it computes: its thread has less than half as much to do as in a run on the page", async () => {
    const busyTimes: number[] = [];
    for (const entry of ["webgru", "worker"] as const) {
      const model = await page.evaluateHandle((name) => {
        const network = harness.random.randomStack({ seed: 47, inputSize: 64, hiddenSizes: [256], resetAfter: true });
        return harness[name].createModel(network, { device: "cpu" });
      }, entry);
      const before = await page.metrics();
      await page.evaluate(async (each) => {
        const input = new Float32Array(40_000 * each.inputSize).fill(0.5);
        await each.run(input, { returnSequences: false });
        each.dispose();
      }, model);
      busyTimes.push((await page.metrics()).TaskDuration! - before.TaskDuration!);
    }
    const [direct, inWorker] = busyTimes;
    expect(inWorker).toBeLessThan(direct! / 2);
  });
});

describe("a worker that dies", () => {
  it("ends a load whose script is not there", async () => {
    const page = await openPage(undefined, true);
    const ends = await page.evaluate(async () => {
      const { createModel } = harness.worker;
      const network = harness.random.randomTextModel(48, 5);
      const throwing = URL.createObjectURL(new Blob(['throw new Error("no")'], { type: "text/javascript" }));
      return [
        await harness.endOf(createModel(network, { worker: "/nowhere.js" })),
        await harness.endOf(createModel(network, { worker: throwing })),
        await harness.endOf(createModel(network, { worker: "http://[" })),
      ];
    });
    expect(ends).toEqual([
      expect.stringMatching(/^worker-lost: worker: its script did not start/),
      expect.stringMatching(/^worker-lost: worker: ended by an error, .*no; load/),
      expect.stringMatching(/^worker-lost: worker: expected a script that the page may start, got .*URL/),
    ]);
  });

  const deaths = [
    { death: "fails", reason: /: worker: ended by an error, .*as it was told; load the model again$/ },
    { death: "is terminated", reason: /: worker: ended before the model was disposed/ },
  ];
  it.each(deaths)("ends every call under way and to come, when it $death", async ({ death, reason }) => {
    const page = await openPage(undefined, true);
    const ends = await page.evaluate(async (how) => {
      const worker = harness.ownWorker();
      const network = harness.random.randomTextModel(49, 400);
      const model = await harness.worker.createModel(network, { device: "cpu", worker });
      const stream = model.createStream();
      const input = harness.random.randomInput(network, 20_000, 1);
      const underWay = [model.run(input), stream.push(input), stream.save(), model.explain()].map(harness.endOf);
      if (how === "is terminated") worker.terminate();
      else worker.postMessage("fail", []);
      const result = await Promise.all(underWay);
      const after = [model.run([1]), stream.push([1]), stream.fork()].map(harness.endOf);
      result.push(...(await Promise.all(after)));
      result.push(await harness.endOf((async () => model.createStream())()));
      model.dispose();
      worker.terminate();
      return result;
    }, death);
    expect(ends).toHaveLength(8);
    for (const end of ends) {
      expect(end).toMatch(/^worker-lost/);
      expect(end).toMatch(reason);
    }
  });

  it("tells a page of another release", async () => {
    const page = await openPage(undefined, true);
    const message = await page.evaluate(async () => {
      const worker = harness.ownWorker();
      const failed = new Promise<string>((resolve) =>
        worker.addEventListener("error", (event) => resolve(event.message)),
      );
      worker.postMessage({ webgru: 99 }, [new MessageChannel().port1]);
      const text = await failed;
      worker.terminate();
      return text;
    });
    expect(message).toMatch(/expected version 2 of the page's messages, got 99/);
  });
});
