// The benchmark at small shapes, in the shared Chrome and against the sources: it must run, and refuse what is wrong.

import type { Page } from "puppeteer";
import { expect, it } from "vitest";
import { measureAll } from "../../bench/main.js";
import { type FirstTry, summarizeFirst } from "../../bench/measures/first.js";
import { nameTask, type Row } from "../../bench/row.js";
import { formatRows } from "../../bench/tables.js";
import type { MeasureRequest } from "../../bench/workload.js";
import { openPage } from "./support/openPage.js";

const BENCH = "/bench/page.html";
const request: MeasureRequest = {
  kind: "sequence",
  suite: "gpu",
  shape: { sequenceLength: 3, batchSize: 2, inputSize: 5, hiddenSize: 6, storage: "f32" },
  contenders: ["webgru/webgpu", "webgru/cpu", "plain loop"],
  numWarmups: 1,
  numRuns: 2,
  withSlope: true,
  withFloor: false,
  numTogether: [],
};
const one = { ...request.shape, sequenceLength: 1, batchSize: 1 };
const push: MeasureRequest = { ...request, kind: "push", shape: one, contenders: ["webgru/webgpu"], withFloor: true };
const crowd: MeasureRequest = { ...push, kind: "crowd", numTogether: [1, 70], numRuns: 1, numWarmups: 0 };

const measureIn = (page: Page) => ({
  measure: (each: MeasureRequest) => page.evaluate((asked) => bench.measure(asked), each),
});

it("measures sequences, pushes, crowds and generation, and prints a table of each", async () => {
  const page = await openPage(BENCH);
  const tables: (readonly Row[])[] = [];
  const generation: MeasureRequest = {
    ...push,
    kind: "generation",
    shape: { ...one, sequenceLength: 6 },
    numTogether: [1, 4],
  };
  const int8: MeasureRequest = { ...request, shape: { ...request.shape, storage: "int8" }, withSlope: false };
  const workload = [request, int8, push, crowd, generation];
  await measureAll(measureIn(page), workload, (table) => tables.push(table));
  const rows = tables.flat();

  expect(rows.map((row) => `${row.kind} ${nameTask(row)} ${row.contender}`)).toEqual([
    "sequence T=3 B=2 I=5 H=6 L=1 webgru/webgpu",
    "sequence T=3 B=2 I=5 H=6 L=1 webgru/cpu",
    "sequence T=3 B=2 I=5 H=6 L=1 plain loop",
    "sequence T=3 B=2 I=5 H=6 L=1 int8 webgru/webgpu",
    "sequence T=3 B=2 I=5 H=6 L=1 int8 webgru/cpu",
    "sequence T=3 B=2 I=5 H=6 L=1 int8 plain loop",
    "push T=1 B=1 I=5 H=6 L=1 webgru/webgpu",
    "push T=1 B=1 I=5 H=6 L=1 floor",
    "crowd T=1 B=1 I=5 H=6 L=1 streams=1 webgru/webgpu",
    "crowd T=1 B=1 I=5 H=6 L=1 streams=70 webgru/webgpu",
    "generation T=6 B=1 I=5 H=6 L=1 tokens=1 webgru/webgpu",
    "generation T=6 B=1 I=5 H=6 L=1 tokens=4 webgru/webgpu",
  ]);
  for (const { timeUs, maxError, kind } of rows) {
    expect(timeUs!.count).toBe(kind === "crowd" ? 1 : request.numRuns);
    expect(timeUs!.p99).toBeGreaterThanOrEqual(timeUs!.min);
    expect(maxError ?? 0).toBeLessThan(2e-6);
  }
  expect(rows.map(({ slopeUs }) => slopeUs !== null)).toEqual(
    rows.map(({ shape, kind }) => kind === "sequence" && shape.storage === "f32"),
  );
  expect(tables.map((table) => formatRows(table).split("  ")[0])).toEqual([
    "us per step",
    "us per push",
    "us per push of a crowd",
    "us per token",
  ]);
});

/** Measures a contender that gives zeros. */
function measureZeros(page: Page, asked: MeasureRequest, isPeer: boolean) {
  return page.evaluate(
    (each, peer) => {
      const { inputSize, hiddenSize } = each.shape;
      const zeros = async (input: Float32Array) => new Float32Array((input.length / inputSize) * hiddenSize);
      const openStream = () => ({ push: zeros, dispose: () => {} });
      const prepare = async () => ({ runSequence: zeros, openStream, dispose: () => {} });
      const contender = { name: "zeros", tolerance: 2e-6, isPeer: peer, load: async () => {}, prepare };
      return bench.measure({ ...each, contenders: ["zeros"] }, [contender]);
    },
    asked,
    isPeer,
  );
}

const WRONG = /zeros: expected outputs within 0.000002 of float64, element \d+ of \d+: got 0/;

for (const asked of [request, push, crowd]) {
  it(`refuses to time a ${asked.kind} that is wrong`, async () => {
    const page = await openPage(BENCH);
    await expect(measureZeros(page, asked, false)).rejects.toThrow(WRONG);
  });

  it(`leaves out a peer whose ${asked.kind} is wrong`, async () => {
    const rows = await measureZeros(await openPage(BENCH), asked, true);
    const row = rows.find(({ contender }) => contender === "zeros")!;
    expect(row).toMatchObject({ timeUs: null, whyNot: expect.stringMatching(WRONG) });
  });
}

it("takes the first prediction of a fresh page", async () => {
  const page = await openPage(BENCH);
  const first: MeasureRequest = { ...request, kind: "first", shape: one };
  const tried = (await page.evaluate((each) => bench.measureFirst("webgru/cpu", each), first)) as FirstTry;
  const row = summarizeFirst(first, "webgru/cpu", [tried, tried]);
  expect(row).toMatchObject({ contender: "webgru/cpu", timeUs: { count: 2 }, whyNot: null });
  expect(summarizeFirst(first, "webgru/cpu", [tried, { whyNot: "gone" }])).toMatchObject({
    timeUs: null,
    whyNot: "gone",
  });
});

it("names the adapter", async () => {
  const page = await openPage(BENCH);
  const { name, slug } = await page.evaluate(() => bench.describeAdapter());
  expect(name).not.toBe("");
  expect(slug).toMatch(/^[a-z0-9-]+$/);
});
