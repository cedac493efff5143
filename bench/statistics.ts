/** A summary of a list of times, in their unit. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
  /** Of the sample: divided by count - 1. Zero for a single time. */
  readonly std: number;
}

/** Summarizes one time or more. */
export function summarize(times: readonly number[]): Summary {
  const sorted = sort(times);
  const count = sorted.length;
  const mean = sorted.reduce((sum, time) => sum + time, 0) / count;
  const squares = sorted.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return {
    count,
    min: sorted[0]!,
    p50: median(sorted),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    mean,
    std: Math.sqrt(squares / Math.max(1, count - 1)),
  };
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = sort(values);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** The 0th, which is the smallest, the 1st, ... the 100th percentile. */
export function percentiles(times: readonly number[]): number[] {
  const sorted = sort(times);
  return Array.from({ length: 101 }, (_, percent) => (percent === 0 ? sorted[0]! : percentile(sorted, percent)));
}

/** Nearest rank: a time that was measured, with at least `percent` of them at or under it. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
}

function sort(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
