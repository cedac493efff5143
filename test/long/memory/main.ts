import { largeFiles } from "./files.js";
import { measureBlobs, measureUrls } from "./measure.js";

/** Of a model's file, in bytes: what `npm run memory` loads when it is not told. */
const SIZE_MB = 50;

/** Prints what loading takes. @returns the exit code: 1 when some load took more than 2.5 times the file */
export async function main([sizeMb = String(SIZE_MB)]: readonly string[]): Promise<number> {
  const files = largeFiles(Number(sizeMb) * 1e6);
  const costs = { ...(await measureBlobs(files)), ...(await measureUrls(files)) };
  for (const [name, { sizeBytes, peakBytes, ratio, events }] of Object.entries(costs)) {
    const [size, peak] = [sizeBytes, peakBytes].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
    process.stdout.write(`${name}: ${size}, peak ${peak}, ${ratio.toFixed(2)} times, ${events} progress events\n`);
  }
  return Object.values(costs).every(({ ratio }) => ratio <= 2.5) ? 0 : 1;
}
