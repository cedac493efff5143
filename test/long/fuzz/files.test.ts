// Every fixture's model file, in every format, with numbers changed at random: read, or refused by a GruError in good time.

import { GruError, parseModel } from "webgru";
import { expect, it } from "vitest";
import { uniform } from "../../cases/random.js";
import { damagedFile, usedOffsets } from "../../files/damagedFile.js";
import { fixtureNames, otherEndings, readFixture } from "../../files/fixtureFiles.js";
import { onnxFixtureNames, readOnnxFixtureFile } from "../../files/onnxFixtureFiles.js";

const NUM_CHANGES = 2000;
/** Of the processor, for one file. */
const MAX_MS = 2000;

const fixtures = fixtureNames().flatMap((name) =>
  [undefined, ...otherEndings(name)].map((ending) => ({ name: name + (ending ?? ""), ...readFixture(name, ending) })),
);
const onnxFixtures = onnxFixtureNames().map((name) => ({
  name: `${name}.onnx`,
  files: new Map<string, Uint8Array>(),
  ...readOnnxFixtureFile(name),
}));
const modelFiles = [...fixtures, ...onnxFixtures].filter(({ bytes }) => bytes !== null);

for (const [i, { name, bytes, files }] of modelFiles.entries()) {
  it(`is read or refused: ${name}`, async () => {
    const next = uniform(900 + i);
    const offsets = usedOffsets(bytes!);
    for (let change = 0; change < NUM_CHANGES; change++) {
      const damaged = damagedFile(bytes!, offsets, next);
      const start = process.cpuUsage();
      try {
        await parseModel(damaged, { files });
      } catch (error) {
        if (!(error instanceof GruError)) throw error;
      }
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000, `change ${change}`).toBeLessThan(MAX_MS);
    }
  });
}
