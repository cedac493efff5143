// A model in a worker beside the same one on the page.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "puppeteer";
import * as scenarios from "../cases/workerScenarios.js";
import { openSharedPage } from "./support/openPage.js";

let page: Page;
let close: () => Promise<void>;
beforeAll(async () => ({ page, close } = await openSharedPage()));
afterAll(() => close());

const groups = [
  { group: "features", names: Object.keys(scenarios.featureScenarios) },
  { group: "text", names: Object.keys(scenarios.textScenarios) },
  { group: "stride", names: Object.keys(scenarios.strideScenarios) },
  { group: "reverse", names: Object.keys(scenarios.reverseScenarios) },
] as const;

describe.each(["cpu", "webgpu"] as const)("a model in a worker, on %s", (where) => {
  const cases = groups.flatMap(({ group, names }) => names.map((name) => ({ group, name })));
  it.each(cases)("does what one on the page does, to the last bit and word: $group, $name", async (each) => {
    const [direct, inWorker] = await page.evaluate(
      async ({ group, name, device }) => {
        const { random, scenarios: all } = harness;
        const made = {
          features: () => [random.randomMixed(31, "softmax", 4), all.featureScenarios] as const,
          text: () => [random.randomTextModel(32, 11), all.textScenarios] as const,
          stride: () => [harness.twinNetwork("conv-stride"), all.strideScenarios] as const,
          reverse: () => {
            const shape = { inputSize: 3, hiddenSize: 4, direction: "bidirectional" } as const;
            return [random.oneGru(33, shape), all.reverseScenarios] as const;
          },
        };
        const [network, scenariosOfGroup] = made[group]();
        const stories: string[] = [];
        const worker = harness.sharedWorker();
        for (const model of [
          await harness.webgru.createModel(network, { device }),
          await harness.worker.createModel(network, { device, worker }),
        ]) {
          stories.push(await all.tell(scenariosOfGroup[name as never], model, network));
          model.dispose();
        }
        return stories;
      },
      { ...each, device: where },
    );
    expect(direct!.length).toBeGreaterThan(20);
    expect(JSON.parse(inWorker!)).toEqual(JSON.parse(direct!));
  });

  it("takes the state of one on the page, and gives it its own", async () => {
    const outputs = await page.evaluate(async (device) => {
      const network = harness.random.randomMixed(34, "tanh", 3);
      const models = [
        await harness.webgru.createModel(network, { device }),
        await harness.worker.createModel(network, { device, worker: harness.sharedWorker() }),
      ];
      const [here, there] = models.map((model) => model.createStream());
      const [first, second, third] = [1, 2, 3].map((seed) => harness.random.randomInput(network, 2, seed));
      await here!.push(first!);
      await there!.restore(await here!.save());
      const results = [await here!.push(second!), await there!.push(second!)];
      await here!.reset();
      await here!.restore(await there!.save());
      results.push(await here!.push(third!), await there!.push(third!));
      for (const model of models) model.dispose();
      return results.map((result) => result.join());
    }, where);
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[3]).toBe(outputs[2]);
    expect(outputs[3]).not.toBe(outputs[1]);
  });
});
