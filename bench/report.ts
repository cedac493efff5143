import type { RunFacts } from "./facts.js";
import type { Row } from "./row.js";
import { formatTable } from "./table.js";

/** The first lines: what was measured, where, and what it does not show. */
export function formatHeader(facts: RunFacts): string {
  const { version, commit, date, browser, adapter, warning, cpu, platform, loadAtStart, clockUs } = facts;
  const lines = [
    `webgru ${version} at ${commit}, ${date}`,
    `adapter: ${adapter.name}`,
    `browser: ${browser}, clock of ${clockUs} us`,
    `machine: ${cpu}, ${platform}, load ${loadAtStart}`,
  ];
  if (warning !== null) lines.splice(1, 0, warning.toUpperCase());
  return lines.join("\n");
}

/**
 * Sequences: us per step, the upload, the start and the readback included; the slope is without them. `relative` is the
 * median over that of the shape's first contender.
 */
export function formatSequences(rows: readonly Row[]): string {
  const header = [
    "us per step",
    "contender",
    "min",
    "median",
    "mean ± std",
    "slope",
    "steps/s",
    "relative",
    "max error",
  ];
  return formatTable([
    header,
    ...rows.map((row) => {
      const { min, p50, mean, std } = row.timeUs;
      const spread = `${formatUs(mean)} ± ${formatUs(std)}`;
      const times = [formatUs(min), formatUs(p50), spread, formatUs(row.slopeUs!)];
      return [...label(row), ...times, (1e6 / p50).toFixed(0), ...verdict(row, rows)];
    }),
  ]);
}

/** Pushes: us from the call to its result on the CPU. */
export function formatPushes(rows: readonly Row[]): string {
  const header = ["us per push", "contender", "min", "p50", "p95", "p99", "relative", "max error"];
  return formatTable([
    header,
    ...rows.map((row) => {
      const { min, p50, p95, p99 } = row.timeUs;
      return [...label(row), ...[min, p50, p95, p99].map(formatUs), ...verdict(row, rows)];
    }),
  ]);
}

function label({ shape, contender }: Row): string[] {
  return [shape, contender];
}

function verdict({ shape, timeUs, maxError }: Row, rows: readonly Row[]): string[] {
  const first = rows.find((row) => row.shape === shape)!;
  return [`${(timeUs.p50 / first.timeUs.p50).toFixed(2)}x`, maxError === null ? "" : maxError.toExponential(1)];
}

/** Three digits, or all of those before the point. */
function formatUs(timeUs: number): string {
  return Math.abs(timeUs) >= 100 ? timeUs.toFixed(0) : timeUs.toPrecision(3);
}
