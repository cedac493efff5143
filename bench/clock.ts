/** Runs `work`; gives its result and how long it took, in us. */
export async function time<T>(work: () => Promise<T>): Promise<{ result: T; timeUs: number }> {
  const startMs = performance.now();
  const result = await work();
  return { result, timeUs: (performance.now() - startMs) * 1000 };
}

/** The smallest step that the clock makes, in us. */
export function clockResolution(): number {
  let smallestMs = Infinity;
  for (let i = 0; i < 20; i++) {
    const startMs = performance.now();
    let nowMs = startMs;
    while (nowMs === startMs) nowMs = performance.now();
    smallestMs = Math.min(smallestMs, nowMs - startMs);
  }
  return Math.round(smallestMs * 10_000) / 10;
}
