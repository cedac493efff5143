// Keras's files with bytes changed at random: read, or refused by a GruError in good time.

import { GruError } from "webgru";
import { parseKeras } from "webgru/keras";
import { describe, expect, it } from "vitest";
import { readFixture } from "../files/fixtureFiles.js";
import { uniform } from "../cases/random.js";

const NUM_CHANGES = 400;
/** Of the processor, for one file. */
const MAX_MS = 2000;

/** What a number of 1, 2, 4 or 8 bytes is changed to. */
const NUMBERS = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0xffffffffn, 2n ** 53n, 2n ** 64n - 1n];

const NAMES = [
  "h5_keras_1",
  "h5_keras_2_embedding_mask",
  "h5_newer_layout",
  "keras_v3_functional",
  "layers_model_sharded",
];

describe("a Keras file, changed at random", () => {
  for (const [i, name] of NAMES.entries()) {
    it(`is read or refused: ${name}`, async () => {
      const { bytes, files } = readFixture(name);
      const next = uniform(500 + i);
      // Most of an HDF5 file is room for more; changes are to fall where something is.
      const places = [...bytes!.keys()].filter((at) => bytes!.subarray(at, at + 8).some((byte) => byte !== 0));
      let numRefused = 0;
      for (let change = 0; change < NUM_CHANGES; change++) {
        const changed = changeAtRandom(bytes!, places, next);
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

function changeAtRandom(bytes: Uint8Array, places: readonly number[], next: () => number): Uint8Array {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!;
  const changed = bytes.slice();
  const numNumbers = pick([1, 1, 2, 3]);
  for (let i = 0; i < numNumbers; i++) {
    const [at, size] = [pick(places), pick([1, 1, 2, 4, 8])];
    const number = pick([...NUMBERS, BigInt(pick(places)), BigInt(bytes[at]! ^ 1)]);
    for (let byte = 0; byte < size && at + byte < changed.length; byte++) {
      changed[at + byte] = Number((number >> BigInt(8 * byte)) & 0xffn);
    }
  }
  return next() > 0.9 ? changed.subarray(0, pick(places)) : changed;
}
