// Keras models need more of the page: a mask in streams on the GPU, and files beside model.json.

import { expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

it("keeps the state of a stream at masked steps, on the GPU, to the last bit", async () => {
  const page = await openPage();
  const pushes = await page.evaluate(async () => {
    const response = await fetch("/test/fixtures/h5_keras_2_embedding_mask.h5");
    const network = await harness.webgru.parseModel(new Uint8Array(await response.arrayBuffer()));
    const model = await harness.webgru.createModel(network, { device: "webgpu" });
    const [plain, holed] = [model.createStream(), model.createStream()];
    const results: { output: number[]; repeated: number[]; hasSameState: boolean }[] = [];
    for (const index of [3, 1, 7]) {
      const [expected, output] = await Promise.all([plain.push([index]), holed.push([index])]);
      const repeated = await holed.push([0]);
      const [state, own] = await Promise.all([plain.save(), holed.save()]);
      results.push({
        output: [...expected, ...output],
        repeated: [...output, ...repeated],
        hasSameState: state.join() === own.join(),
      });
    }
    model.dispose();
    return results;
  });
  for (const { output, repeated, hasSameState } of pushes) {
    expect(output.slice(0, 11)).toEqual(output.slice(11));
    expect(repeated.slice(0, 11)).toEqual(repeated.slice(11));
    expect(hasSameState).toBe(true);
  }
});

it("fetches what model.json names from beside it", async () => {
  const page = await openPage();
  const sizes = await page.evaluate(async () => {
    const model = await harness.webgru.loadModel("../../fixtures/layers_model_sharded.model.json");
    const { inputSize, outputSize } = model;
    model.dispose();
    return [inputSize, outputSize];
  });
  expect(sizes).toEqual([4, 3]);
});
