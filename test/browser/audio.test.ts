// A GRU in an AudioWorklet, from source, on sound rendered without a loudspeaker.

import { expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

const SECONDS = 2;
const BLOCKS = (SECONDS * 48_000) / 128;

it("runs in an AudioWorklet, in WebAssembly, and gives gains in time", async () => {
  const page = await openPage(`/demo/audio/index.html?offline=${SECONDS}`);
  const told = await page.waitForSelector("#told:not(:empty)");
  const text = await told!.evaluate((element) => element.textContent);
  const match = /^CPU, WebAssembly SIMD, relaxed: (\d+) blocks, (\d+) missed, gain (0\.\d+)$/.exec(text);
  expect(match, text).not.toBeNull();
  const [, numBlocks, numMissed, gain] = match!.map(Number);
  expect(numBlocks).toBe(BLOCKS);
  expect(numMissed).toBeLessThan(BLOCKS); // a busy machine misses many
  expect(gain).toBeGreaterThan(0.05);
  expect(gain).toBeLessThan(0.95);
});
