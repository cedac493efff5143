// Keras's files with numbers changed at random: read, or refused by a GruError in good time. test/long/fuzz/files.test.ts
// has every format's, and more of each.

import { GruError } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { damagedFile, usedOffsets } from "../files/damagedFile.js";
import { readFixture } from "../files/fixtureFiles.js";
import { uniform } from "../cases/random.js";

const NUM_CHANGES = 400;
/** Of the processor, for one file. */
const MAX_MS = 2000;

const NAMES = [
  "h5_keras_1",
  "h5_keras_2_embedding_mask",
  "h5_newer_layout",
  "keras_v3_functional",
  "layers_model_sharded",
  "h5_cudnn",
  "keras_v3_causal",
  "tfjs_stacked_cells",
  "tfjs_time_summaries_2d",
];

describe("a Keras file, changed at random", () => {
  for (const [i, name] of NAMES.entries()) {
    it(`is read or refused: ${name}`, async () => {
      const { bytes, files } = readFixture(name);
      const next = uniform(500 + i);
      const offsets = usedOffsets(bytes!);
      let numRefused = 0;
      for (let change = 0; change < NUM_CHANGES; change++) {
        const changed = damagedFile(bytes!, offsets, next);
        const start = process.cpuUsage();
        try {
          await parseKeras(changed, { files });
        } catch (error) {
          if (!(error instanceof GruError)) throw error;
          numRefused++;
        }
        const { user, system } = process.cpuUsage(start);
        expect((user + system) / 1000).toBeLessThan(MAX_MS);
      }
      expect(numRefused).toBeGreaterThan(0);
    });
  }

  it("leaves every object's prototype as it was", () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
