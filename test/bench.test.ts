import { describe, expect, it } from "vitest";
import { parseCommand } from "../bench/options.js";
import { formatRatios } from "../bench/ratios.js";
import type { Row } from "../bench/row.js";
import { median, percentiles, summarize } from "../bench/statistics.js";
import { formatTable } from "../bench/table.js";
import { formatHeader, formatRows } from "../bench/tables.js";
import { judge } from "../bench/targets.js";
import { SUITES, workloadOf } from "../bench/workload.js";

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

it("the second line of a report says what a software adapter does not show", () => {
  const header = formatHeader({
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
    options: { suites: ["gpu"], runtime: "browser", withPeers: false, isQuick: false, numRuns: 1 },
  });
  expect(header.split("\n").slice(0, 2)).toEqual([
    "webgru 1.2.3 at 0123456, 2026-01-02T03:04:05.678Z",
    "SOFTWARE ADAPTER: NO CLAIM",
  ]);
});

const shape = { sequenceLength: 1, batchSize: 1, inputSize: 4, hiddenSize: 8, storage: "f32" } as const;

function rowOf(row: Partial<Row>, times: readonly number[]): Row {
  const timeUs = times.length === 0 ? null : summarize(times);
  const none = { slopeUs: null, percentilesUs: null, maxError: null, whyNot: null };
  return { kind: "push", shape, numTogether: 1, contender: "webgru/webgpu", ...none, timeUs, ...row };
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
    [["fast"], "suite: expected gpu, stream, cpu, first, got fast"],
    [["--runtime", "deno"], "--runtime: expected browser or node, got deno"],
    [["--runs", "0"], "--runs: expected a whole number from 1, got 0"],
  ])("refuses %j", (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});

it("every suite names contenders, and peers only where they are asked for", () => {
  const options = { runtime: "browser", isQuick: false, numRuns: 1, suites: SUITES } as const;
  const names = (withPeers: boolean) => workloadOf({ ...options, withPeers }).flatMap(({ contenders }) => contenders);
  expect(new Set(names(false))).toEqual(new Set(["webgru/webgpu", "webgru/cpu", "plain loop"]));
  expect(new Set(names(true)).size).toBeGreaterThan(5);
});
