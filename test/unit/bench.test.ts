import { describe, expect, it } from "vitest";
import type { RunFacts } from "../../bench/facts.js";
import { renderPage } from "../../bench/html/page.js";
import { linearScale, logScale, stepScale } from "../../bench/html/scale.js";
import { parseCommand } from "../../bench/options.js";
import { formatRatios } from "../../bench/ratios.js";
import { type Row, SUITES } from "../../bench/row.js";
import { writeOnnxGru } from "../../bench/onnxGru.js";
import { median, percentiles, summarize } from "../../bench/statistics.js";
import { formatTable } from "../../bench/table.js";
import { formatHeader, formatRows } from "../../bench/tables.js";
import { judge } from "../../bench/targets.js";
import { workloadOf } from "../../bench/workload.js";
import { gruLayers } from "../harness/gruLayers.js";
import { parseInitializers } from "../long/conformance/tensorProto.js";
import { oneGru } from "../cases/random.js";

describe("summarize", () => {
  it("takes percentiles by nearest rank", () => {
    const times = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(summarize(times)).toMatchObject({ count: 200, min: 1, p50: 100.5, p95: 190, p99: 198, mean: 100.5 });
  });

  it("takes the deviation of a sample", () => {
    expect(summarize([2, 4, 4, 4, 5, 5, 7, 9]).std).toBeCloseTo(Math.sqrt(32 / 7), 12);
  });

  it("takes one time for what it is", () => {
    expect(summarize([3])).toEqual({ count: 1, min: 3, p50: 3, p95: 3, p99: 3, mean: 3, std: 0 });
  });
});

it("the median of an odd number of times is one of them", () => {
  expect(median([9, 1, 5])).toBe(5);
});

it("percentiles are times that were measured, from the smallest to the largest", () => {
  const times = Array.from({ length: 200 }, (_, i) => 200 - i);
  const all = percentiles(times);
  expect(all).toHaveLength(101);
  expect([all[0], all[1], all[50], all[99], all[100]]).toEqual([1, 2, 100, 198, 200]);
});

it("a table lines up words to the left and figures to the right", () => {
  const table = formatTable([
    ["shape", "contender", "us"],
    ["H=64", "a", "5"],
    ["H=512", "floor", "1234"],
  ]);
  expect(table.split("\n")).toEqual([
    "shape  contender    us",
    "-----  ---------  ----",
    "H=64   a             5",
    "H=512  floor      1234",
  ]);
});

const facts: RunFacts = {
  version: "1.2.3",
  commit: "0123456",
  date: "2026-01-02T03:04:05.678Z",
  engine: "Chrome/1",
  adapter: { name: "google swiftshader", isSoftware: true, slug: "google-swiftshader" },
  warning: "software adapter: no claim",
  cpu: "2 x core",
  platform: "linux x64",
  loadAtStart: 0.5,
  clockUs: 5,
  options: { suites: ["gpu"], runtime: "browser", withPeers: false, isQuick: false, isLone: false, numRuns: 1 },
};

it("the second line of a report says what a software adapter does not show", () => {
  const header = formatHeader(facts);
  expect(header.split("\n").slice(0, 2)).toEqual([
    "webgru 1.2.3 at 0123456, 2026-01-02T03:04:05.678Z",
    "SOFTWARE ADAPTER: NO CLAIM",
  ]);
});

const shape = { sequenceLength: 1, batchSize: 1, inputSize: 4, hiddenSize: 8, storage: "f32" } as const;

function rowOf(row: Partial<Row>, times: readonly number[]): Row {
  const timeUs = times.length === 0 ? null : summarize(times);
  const none = { slopeUs: null, percentilesUs: null, maxError: null, whyNot: null };
  return { kind: "push", suite: "gpu", shape, numTogether: 1, contender: "webgru/webgpu", ...none, timeUs, ...row };
}

it("a row that was not measured says so, and why", () => {
  const rows = [rowOf({}, [1]), rowOf({ contender: "a peer", whyNot: "it is not there" }, [])];
  const table = formatRows(rows).split("\n");
  expect(table[3]).toMatch(/a peer +not measured$/);
  expect(table.at(-1)).toBe("T=1 B=1 I=4 H=8 L=1, a peer: it is not there");
});

it("a push is held against the floor of its run and against its own tail", () => {
  const floor = rowOf({ contender: "floor" }, [1000]);
  const met = judge([rowOf({}, [1500]), floor]);
  expect(met.map(({ isMet }) => isMet)).toEqual([true, true]);
  const missed = judge([rowOf({}, [1501, 1501, 1501, 4504]), floor]);
  expect(missed).toEqual([
    { text: "H=8: p50 1.50 ms <= floor 1.00 ms + 0.50 ms", isMet: false },
    { text: "H=8: p99 4.50 ms <= 3 x p50 1.50 ms", isMet: false },
  ]);
  expect(judge([rowOf({}, [1500])]), "no floor, no verdict").toEqual([]);
});

function lone(contender: string, time: number, sizes = {}): Row {
  const sizesOf = { ...shape, sequenceLength: 100, hiddenSize: 128, ...sizes };
  return rowOf({ kind: "sequence", contender, shape: sizesOf }, [time]);
}

it("a sequence is held against each peer that has a target at its size", () => {
  const rows = [lone("webgru/webgpu", 100), lone("onnxruntime-web/webgpu", 399), lone("TF.js/webgpu", 1000)];
  expect(judge(rows)).toEqual([
    { text: "T=100 B=1 I=4 H=128 L=1: 3.99 >= 4.00 times as fast as onnxruntime-web/webgpu", isMet: false },
    { text: "T=100 B=1 I=4 H=128 L=1: 10.00 >= 10.00 times as fast as TF.js/webgpu", isMet: true },
  ]);
  const larger = [lone("webgru/webgpu", 1, { hiddenSize: 1024 }), lone("TF.js/webgpu", 1, { hiddenSize: 1024 })];
  expect(judge(larger), "no target").toEqual([]);
});

it("a push on the CPU is held against a tail that a page does not notice", () => {
  const onCpu = { suite: "cpu", contender: "webgru/cpu" } as const;
  expect(judge([rowOf(onCpu, [150])])).toEqual([{ text: "H=8: p99 0.15 ms <= 0.15 ms", isMet: true }]);
  expect(judge([rowOf(onCpu, [151])])[0]).toMatchObject({ isMet: false });
});

function sequence(contender: string, sequenceLength: number, times: readonly number[]): Row {
  return rowOf({ kind: "sequence", contender, shape: { ...shape, sequenceLength } }, times);
}

it("ratios are theirs over ours, for each T", () => {
  const rows = [sequence("webgru/cpu", 25, [2]), sequence("webgru/cpu", 1, [4]), sequence("peer", 1, [6])];
  expect(formatRatios(rows, "peer").split("\n").at(-1)).toMatch(/^H=8 B=1 +1\.50x  not measured$/);
});

describe("parseCommand", () => {
  it("measures the GPU and a cold start unless a suite is named", () => {
    expect(parseCommand([])).toMatchObject({
      verb: "bench",
      options: { suites: ["gpu", "first"], runtime: "browser" },
    });
    expect(parseCommand(["cpu", "--peers"])).toMatchObject({ options: { suites: ["cpu"], withPeers: true } });
  });

  it.each([
    [["fast"], "suite: expected gpu, stream, cpu, cells, first or report, got fast"],
    [["--runtime", "deno"], "--runtime: expected browser or node, got deno"],
    [["--runs", "0"], "--runs: expected a whole number from 1, got 0"],
    [["report"], "report: expected a result's file, got none"],
  ])("refuses %j", (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});

it("every suite names contenders, and peers only where they are asked for", () => {
  const options = { runtime: "browser", isQuick: false, isLone: false, numRuns: 1, suites: SUITES } as const;
  const names = (withPeers: boolean) => workloadOf({ ...options, withPeers }).flatMap(({ contenders }) => contenders);
  expect(new Set(names(false))).toEqual(new Set(["webgru/webgpu", "webgru/cpu", "plain loop"]));
  expect(new Set(names(true)).size).toBeGreaterThan(5);
});

describe("an axis", () => {
  it.each([
    [[1], [1, 2]],
    [
      [3, 18],
      [2, 5, 10, 20],
    ],
    [
      [0.02, 30],
      [0.01, 0.1, 1, 10, 100],
    ],
    [
      [0.9, 58],
      [0.3, 1, 3, 10, 30, 100],
    ],
  ])("has round numbers around %j", (values, ticks) => {
    const scale = logScale(values);
    expect(scale.ticks).toEqual(ticks);
    expect([scale.at(ticks[0]!), scale.at(ticks.at(-1)!)]).toEqual([0, 1]);
  });

  it("has what is shorter than the clock's step at its beginning", () => {
    const { ticks, at } = logScale([0, 5, 30]);
    expect(ticks).toEqual(logScale([5, 30]).ticks);
    expect(at(0)).toBe(0);
    expect(logScale([0]).at(0)).toBe(0);
  });

  it("from zero has even steps, one of them past the largest value", () => {
    const { ticks, at } = linearScale([30, 581]);
    expect(ticks).toEqual([0, 100, 200, 300, 400, 500, 600]);
    expect(at(300)).toBe(0.5);
  });

  it("of steps has the values themselves, each as far from the next", () => {
    const { ticks, at } = stepScale([64, 512, 64, 128]);
    expect(ticks.map(at)).toEqual([0, 0.5, 1]);
  });
});

describe("the page", () => {
  const meta = { ...facts, loadAtEnd: 1 };
  const rows = [
    rowOf({ percentilesUs: percentiles([1500]) }, [1500]),
    rowOf({ contender: "floor", percentilesUs: percentiles([1000]) }, [1000]),
    rowOf({ contender: "a <peer>/webgpu" }, [6000]),
    rowOf({ contender: "gone/webgpu", whyNot: "it & its GPU left" }, []),
    rowOf({ kind: "crowd", suite: "stream", numTogether: 16 }, [50]),
  ];
  const page = renderPage([{ meta, rows }]);

  it("needs nothing but itself", () => {
    expect(page).toContain("color-scheme: light dark");
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
  });

  it("says where it was measured, and that a software adapter is none", () => {
    for (const fact of ["google swiftshader", "Chrome/1", "0123456", "2026-01-02"]) expect(page).toContain(fact);
    expect(page).toContain("Software adapter: there was no GPU.");
    const onGpu = { ...meta, warning: null, adapter: { name: "nvidia", isSoftware: false, slug: "nvidia" } };
    expect(renderPage([{ meta: onGpu, rows }])).not.toContain("Software adapter");
  });

  it("shows what was measured, and says what was not", () => {
    expect(page).toContain("a &#60;peer&#62;/webgpu");
    expect(page).toContain("4×"); // 6000 / 1500
    expect(page).toContain("20 k"); // 1e6 / 50
    expect(page).toContain("gone/webgpu: not measured at T=1 B=1 I=4 H=8 L=1: it &#38; its GPU left");
    expect(page.match(/Not measured in this run\./g)!.length).toBeGreaterThanOrEqual(5);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("can be empty", () => {
    expect(renderPage([{ meta, rows: [] }])).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("keeps the results of different adapters apart", () => {
    const other = { ...meta, adapter: { ...meta.adapter, name: "nvidia" } };
    expect(() =>
      renderPage([
        { meta, rows },
        { meta: other, rows },
      ]),
    ).toThrow(
      "report: expected results of one adapter and engine (google swiftshader, Chrome/1), got another (nvidia, Chrome/1)",
    );
  });
});

/** Rows of `size` elements of gates r, z, n, three of each, as z, r, n. */
function zrn(values: Float32Array, size: number): number[] {
  const block = 3 * size;
  return [...values.slice(block, 2 * block), ...values.slice(0, block), ...values.slice(2 * block)];
}

it("an ONNX model has the layer's weights, gates z, r, n", () => {
  const layer = gruLayers(oneGru(7, { inputSize: 2, hiddenSize: 3 }))[0]!;
  const tensors = parseInitializers(writeOnnxGru(layer, true));
  expect([...tensors].map(([name, { shape: dims }]) => [name, dims])).toEqual([
    ["W", [1, 9, 2]],
    ["R", [1, 9, 3]],
    ["B", [1, 18]],
  ]);
  expect([...tensors.get("W")!.data]).toEqual(zrn(layer.weight, 2));
  expect([...tensors.get("R")!.data]).toEqual(zrn(layer.recurrentWeight, 3));
  expect([...tensors.get("B")!.data]).toEqual([...zrn(layer.bias!, 1), ...zrn(layer.recurrentBias!, 1)]);
});
