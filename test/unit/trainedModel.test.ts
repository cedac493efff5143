// The trained model on the CPU: as good as in PyTorch, and in every storage type.

import { readFileSync } from "node:fs";
import { it } from "vitest";
import { scoreStorages } from "../harness/bitsPerCharacter.js";
import { projectRoot } from "../harness/library.js";
import { expectGoodScores, readTrainingReport, TRAINED_MODEL } from "../files/trainedModel.js";

it("predicts the check text as well as in PyTorch, and nearly so in f16 and int8", async () => {
  const bytes = new Uint8Array(readFileSync(`${projectRoot}${TRAINED_MODEL}.safetensors`));
  expectGoodScores("cpu", await scoreStorages(bytes, readTrainingReport().checkText, "cpu"));
}, 300_000);
