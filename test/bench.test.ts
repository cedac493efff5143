import { describe, expect, it } from "vitest";
import { formatHeader } from "../bench/report.js";
import { median, summarize } from "../bench/statistics.js";
import { formatTable } from "../bench/table.js";

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
    browser: "Chrome/1",
    adapter: { name: "google swiftshader", isSoftware: true, slug: "google-swiftshader" },
    warning: "software adapter: no claim",
    cpu: "2 x core",
    platform: "linux x64",
    loadAtStart: 0.5,
    clockUs: 5,
    workload: { sequences: [], pushes: [] },
  });
  expect(header.split("\n").slice(0, 2)).toEqual([
    "webgru 1.2.3 at 0123456, 2026-01-02T03:04:05.678Z",
    "SOFTWARE ADAPTER: NO CLAIM",
  ]);
});
