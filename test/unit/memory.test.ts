// What loading takes, with files small enough for every run; `npm run memory` has the large ones, and URLs.

import { beforeAll, describe, expect, it } from "vitest";
import { buildLibrary } from "../library.js";
import { largeFiles } from "../memory/files.js";
import { measureBlobs } from "../memory/measure.js";

beforeAll(buildLibrary);

describe("loading a model of 20 MB", () => {
  it("takes at most 2.5 times the file at its peak, and tells how far it is", async () => {
    const costs = await measureBlobs(largeFiles(20e6));
    expect(Object.keys(costs)).toEqual(["safetensors, Blob", "pt, Blob"]);
    for (const [name, { sizeBytes, ratio, events, layers }] of Object.entries(costs)) {
      expect(sizeBytes, name).toBeGreaterThan(19e6);
      expect(layers, name).toBe(3);
      expect(events, name).toBeGreaterThan(100);
      expect(ratio, name).toBeGreaterThan(1);
      expect(ratio, name).toBeLessThan(2.5);
    }
  });
});
