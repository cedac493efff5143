/** A time for a reader: three digits and its unit. */
export function formatTime(timeUs: number): string {
  if (timeUs >= 1e6) return `${digits(timeUs / 1e6)} s`;
  if (timeUs >= 1000) return `${digits(timeUs / 1000)} ms`;
  return timeUs >= 1 ? `${digits(timeUs)} µs` : `${digits(timeUs * 1000)} ns`;
}

/** A count for a reader: three digits, thousands as k. */
export function formatCount(count: number): string {
  if (count >= 1e6) return `${digits(count / 1e6)} M`;
  return count >= 10_000 ? `${digits(count / 1000)} k` : digits(count);
}

/** How many times, for a reader: two digits below one. */
export function formatTimes(ratio: number): string {
  return ratio < 1 ? `${Number(ratio.toPrecision(2))}×` : `${digits(ratio)}×`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
