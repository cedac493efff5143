// The benchmark at one small shape, in the shared Chrome and against the sources: it must run, and refuse what is wrong.

import { expect, it } from "vitest";
import { measure } from "../../bench/main.js";
import { openPage } from "./page.js";

const BENCH = "/bench/page.html";
const request = { sequenceLength: 3, inputSize: 5, hiddenSize: 6, numWarmups: 1, numRuns: 2 };

it("measures sequences and pushes, and prints a table of each", async () => {
  const page = await openPage(BENCH);
  const tables: string[] = [];
  const workload = { sequences: [request], pushes: [{ ...request, sequenceLength: 1 }] };
  const rows = await measure(page, workload, (table) => tables.push(table));

  expect(rows.map(({ shape, contender }) => `${shape} ${contender}`)).toEqual([
    "T=3 B=1 I=5 H=6 L=1 webgru/webgpu",
    "T=3 B=1 I=5 H=6 L=1 webgru/cpu",
    "T=1 B=1 I=5 H=6 L=1 webgru/webgpu",
    "T=1 B=1 I=5 H=6 L=1 webgru/cpu",
    "T=1 B=1 I=5 H=6 L=1 floor",
  ]);
  for (const { timeUs, maxError } of rows) {
    expect(timeUs.count).toBe(request.numRuns);
    expect(timeUs.p99).toBeGreaterThanOrEqual(timeUs.min);
    expect(maxError ?? 0).toBeLessThan(2e-6);
  }
  expect(tables).toHaveLength(2);
});

for (const kind of ["sequences", "pushes"] as const) {
  it(`refuses to time ${kind} that are wrong`, async () => {
    const page = await openPage(BENCH);
    const measuring = page.evaluate(
      (name, one) => {
        const zeros = async (input: Float32Array) => new Float32Array((input.length / one.inputSize) * one.hiddenSize);
        const prepared = { runSequence: zeros, push: zeros, dispose: () => {} };
        return bench[name](one, [{ name: "zeros", prepare: async () => prepared }]);
      },
      kind,
      request,
    );
    await expect(measuring).rejects.toThrow(
      /zeros: expected outputs within 0.000002 of float64, element \d+ of \d+: got 0/,
    );
  });
}

it("names the adapter", async () => {
  const page = await openPage(BENCH);
  const { name, slug } = await page.evaluate(() => bench.describeAdapter());
  expect(name).not.toBe("");
  expect(slug).toMatch(/^[a-z0-9-]+$/);
});
