// Loading a large file of each format: what the process takes at its peak. test/unit/memory.test.ts has smaller files.

import { beforeAll, expect, it } from "vitest";
import { largeFiles } from "../files/largeFiles.js";
import { buildLibrary } from "../harness/library.js";
import { type LoadCost, measureBlobs, measureUrls } from "../harness/loadCost.js";

const SIZE_BYTES = 50e6;

beforeAll(buildLibrary);

it("takes at most 2.5 times the file, from a Blob and from a URL", async () => {
  const files = largeFiles(SIZE_BYTES);
  const costs = { ...(await measureBlobs(files)), ...(await measureUrls(files)) };
  // oxlint-disable-next-line no-console -- the figures
  console.log(tableOf(costs));
  for (const [name, { ratio }] of Object.entries(costs)) expect(ratio, name).toBeLessThanOrEqual(2.5);
});

/** A line for each file and source. */
function tableOf(costs: Readonly<Record<string, LoadCost>>): string {
  return Object.entries(costs)
    .map(([name, { sizeBytes, peakBytes, ratio, events }]) => {
      const sizes = `${megabytes(sizeBytes)}, peak ${megabytes(peakBytes)}`;
      return `${name}: ${sizes}, ${ratio.toFixed(2)} times, ${events} progress events`;
    })
    .join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
