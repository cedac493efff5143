// Inputs that a model on WebGPU must refuse, and its device afterwards.

import { describe, expect, it } from "vitest";
import { badFeatures, badIndices } from "../cases/badInput.js";
import { openPage } from "./support/openPage.js";

const lists = { badFeatures, badIndices };

describe("a stream on WebGPU that is given what it cannot take", () => {
  for (const [name, list] of Object.entries(lists)) {
    it(`refuses all of it, and keeps its state: ${name}`, async () => {
      const page = await openPage();
      const refusals = await page.evaluate(async (key) => {
        const network =
          key === "badIndices"
            ? harness.random.randomTextModel(100, 9)
            : harness.random.randomStack({ seed: 101, inputSize: 2, hiddenSizes: [33, 7], resetAfter: true });
        const [first, second] = [102, 103].map((seed) => harness.random.randomInput(network, 1, seed));
        const model = await harness.webgru.createModel(network, { device: "webgpu" });
        const clean = model.createStream();
        await clean.push(first!);
        const expected = (await clean.push(second!)).join();
        const results = [];
        for (const { title, input } of harness.badInput[key as keyof typeof lists]) {
          const stream = model.createStream();
          await stream.push(first!);
          const error = await stream.push(input as never).catch((thrown: unknown) => thrown);
          const isKept = (await stream.push(second!)).join() === expected;
          const { code, message } = error as InstanceType<typeof harness.webgru.GruError>;
          results.push({ title, code, message, isKept });
          stream.dispose();
        }
        model.dispose();
        return results;
      }, name);
      expect(refusals).toEqual(list.map(({ title, code, message }) => ({ title, code, message, isKept: true })));
    });
  }

  it("lets NaN through where the model allows it, in its own row alone, until a reset", async () => {
    const page = await openPage();
    const { poisoned, after, neighbour, isClean } = await page.evaluate(async () => {
      const network = harness.random.randomStack({ seed: 104, inputSize: 2, hiddenSizes: [5], resetAfter: true });
      const model = await harness.webgru.createModel(network, { device: "webgpu", nonFinite: "allow" });
      const stream = model.createStream({ batchSize: 2 });
      const clean = await stream.push([0.5, 0.25, -0.5, 1]);
      await stream.reset();
      const first = await stream.push([NaN, 0.25, -0.5, 1]);
      const second = await stream.push([0.5, 0.25, -0.5, 1]);
      await stream.reset();
      const again = await stream.push([0.5, 0.25, -0.5, 1]);
      model.dispose();
      return {
        poisoned: first.slice(0, 5).every(Number.isNaN),
        after: second.slice(0, 5).every(Number.isNaN),
        neighbour: first.slice(5).join() === clean.slice(5).join(),
        isClean: again.join() === clean.join(),
      };
    });
    expect({ poisoned, after, neighbour, isClean }).toEqual({
      poisoned: true,
      after: true,
      neighbour: true,
      isClean: true,
    });
  });
});

describe("a model on WebGPU that was disposed", () => {
  it("refuses, and so do its streams", async () => {
    const page = await openPage();
    const errors = await page.evaluate(async () => {
      const network = harness.random.randomStack({ seed: 105, inputSize: 2, hiddenSizes: [5], resetAfter: true });
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      const stream = model.createStream();
      const gone = model.createStream();
      await stream.push([1, 2]);
      gone.dispose();
      const refusals: PromiseSettledResult<unknown>[] = await Promise.allSettled([gone.push([1, 2])]);
      model.dispose();
      model.dispose();
      refusals.push(...(await Promise.allSettled([stream.push([1, 2]), model.run([1, 2])])));
      return refusals.map((refusal) => {
        const { code, message } = (refusal as PromiseRejectedResult).reason;
        return `${code}: ${message}`;
      });
    });
    const stream = "disposed: stream: already disposed";
    expect(errors).toEqual([stream, stream, "disposed: model: already disposed"]);
  });

  it("destroyed the device that it made", async () => {
    const page = await openPage();
    const reason = await page.evaluate(async () => {
      const devices: GPUDevice[] = [];
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await request.apply(this, args);
        devices.push(device);
        return device;
      };
      const network = harness.random.randomStack({ seed: 106, inputSize: 2, hiddenSizes: [5], resetAfter: true });
      const model = await harness.webgru.createModel(network, { device: "webgpu" });
      await model.run([1, 2]);
      model.dispose();
      return (await devices[0]!.lost).reason;
    });
    expect(reason).toBe("destroyed");
  });

  it("leaves the caller's device in use: for a model, and for a shader of the caller's", async () => {
    const page = await openPage();
    const result = await page.evaluate(async () => {
      const device = await harness.requestDevice();
      const network = harness.random.randomStack({ seed: 107, inputSize: 2, hiddenSizes: [5], resetAfter: true });
      const first = await harness.webgru.createModel(network, { device });
      const expected = await first.run([1, 2]);
      const { device: kind, deviceReason } = first;
      first.dispose();
      const second = await harness.webgru.createModel(network, { device });
      const isSame = (await second.run([1, 2])).output.join() === expected.output.join();
      second.dispose();
      const answer = await harness.computeOn(device, 20);
      device.destroy();
      return { kind, deviceReason, isSame, answer };
    });
    expect(result).toEqual({ kind: "webgpu", deviceReason: "the caller's own device", isSame: true, answer: 41 });
  });

  for (const call of ["run", "push"] as const) {
    it(`gives the right numbers or none where it is disposed during a ${call} on the caller's device`, async () => {
      const page = await openPage();
      const result = await page.evaluate(async (method) => {
        const device = await harness.requestDevice();
        const errors: string[] = [];
        device.addEventListener("uncapturederror", (event) => {
          event.preventDefault();
          errors.push(event.error.message);
        });
        const network = harness.random.randomStack({ seed: 108, inputSize: 2, hiddenSizes: [5], resetAfter: true });
        const model = await harness.webgru.createModel(network, { device });
        const expected = (await model.run([1, 2])).output.join();
        model.dispose();
        const results: string[] = [];
        // Disposed at once, and a few milliseconds later: before the call's submit, or while its result is awaited.
        for (const [numTurns, delayMs] of [
          [0, 0],
          [1, 0],
          [2, 0],
          [3, 0],
          [0, 1],
          [0, 4],
          [0, 8],
        ] as const) {
          const each = await harness.webgru.createModel(network, { device });
          const pending =
            method === "run" ? each.run([1, 2]).then(({ output }) => output) : each.createStream().push([1, 2]);
          for (let turn = 0; turn < numTurns; turn++) await Promise.resolve();
          if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
          each.dispose();
          const outcome = await pending.then(
            (output) => (output.join() === expected ? "right" : `wrong: ${output.join()}`),
            (error) => (error as InstanceType<typeof harness.webgru.GruError>).code,
          );
          results.push(outcome);
        }
        await device.queue.onSubmittedWorkDone();
        device.destroy();
        return { results, errors };
      }, call);
      for (const outcome of result.results) expect(["right", "disposed"]).toContain(outcome);
      expect(result.errors).toEqual([]);
    });
  }
});
