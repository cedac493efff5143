// The trained model on WebGPU: as good as in PyTorch and on the CPU, and in every storage type.

import { readFileSync } from "node:fs";
import { loadModel } from "webgru";
import { expect, it } from "vitest";
import { scoreText } from "../harness/bitsPerCharacter.js";
import { projectRoot } from "../harness/library.js";
import { expectGoodScores, readTrainingReport, TRAINED_MODEL } from "../files/trainedModel.js";
import { openPage } from "./support/openPage.js";

it("predicts the check text as well as in PyTorch and on the CPU, and nearly so in f16 and int8", async () => {
  const page = await openPage();
  const { checkText } = readTrainingReport();
  const scores = await page.evaluate(
    async (path, text) => {
      const bytes = new Uint8Array(await (await fetch(`/${path}.safetensors`)).arrayBuffer());
      return harness.scoreStorages(bytes, text, "webgpu");
    },
    TRAINED_MODEL,
    checkText,
  );
  expectGoodScores("webgpu", scores);

  const bytes = new Uint8Array(readFileSync(`${projectRoot}${TRAINED_MODEL}.safetensors`));
  const onCpu = await scoreText(await loadModel(bytes, { device: "cpu", dtype: "f32" }), checkText);
  expect(Math.abs(scores.f32.bitsPerCharacter - onCpu.bitsPerCharacter)).toBeLessThan(1e-3);
}, 600_000);
