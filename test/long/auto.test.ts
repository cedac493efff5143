// The device that `auto` takes of this machine's own, beside the time that either takes. Other work on the machine shows.

import { expect, it } from "vitest";
import { openPage } from "../browser/support/openPage.js";

/** H, B, T */
const GRID = [16, 128, 256].flatMap((hiddenSize) =>
  [
    [1, 1],
    [1, 100],
    [16, 1],
    [64, 10],
  ].map(([batchSize, sequenceLength]) => [hiddenSize, batchSize!, sequenceLength!] as const),
);

/** Other work on the machine slows what is timed, now one device and now the other. */
const FAR = 3;

it.each([
  [{}, "cpu"],
  [{ batchSize: 4096, sequenceLength: 100 }, "webgpu"],
])("takes for %j what does better, measured, where the adapter passes for a GPU: %s", async (workload, device) => {
  const page = await openPage();
  const told = await page.evaluate((given) => harness.chooseOnHardware(given), workload);
  expect(told.device).toBe(device);
});

it("takes no device of this machine that is far slower, in nine of ten uses, both measured", async () => {
  const page = await openPage();
  const lines: string[] = [];
  let numRight = 0;
  for (const [hiddenSize, batchSize, sequenceLength] of GRID) {
    const workload = { batchSize, sequenceLength };
    const told = await page.evaluate((size, given) => harness.chooseAndTime(size, given), hiddenSize, workload);
    const { chosen, cpuMs, webgpuMs } = told;
    const [chosenMs, otherMs] = chosen === "cpu" ? [cpuMs, webgpuMs] : [webgpuMs, cpuMs];
    const isRight = chosenMs <= FAR * otherMs;
    if (isRight) numRight++;
    const times = `CPU ${cpuMs.toFixed(2)} ms, WebGPU ${webgpuMs.toFixed(2)} ms`;
    lines.push(
      `H=${hiddenSize} B=${batchSize} T=${sequenceLength}: ${times}, auto ${chosen}${isRight ? "" : ", WRONG"}`,
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  expect(numRight, lines.join("\n")).toBeGreaterThanOrEqual(0.9 * GRID.length);
});
