/** One step of a run. */
export interface Step {
  readonly index: number;
  /** When it is due, by `performance.now()`. */
  readonly dueMs: number;
}

/**
 * Calls `take` for each step when it is due, or as soon after as the browser lets it; steps that are overdue together are
 * taken one after the other.
 *
 * @param intervalMs from one step to the next
 * @returns resolves when all steps have been taken, or `signal` aborts
 */
export async function pace(
  numSteps: number,
  intervalMs: number,
  signal: AbortSignal,
  take: (step: Step) => void,
): Promise<void> {
  const startMs = performance.now() + intervalMs;
  for (let index = 0; index < numSteps && !signal.aborted; index++) {
    const dueMs = startMs + index * intervalMs;
    // Timers drop fractions of a millisecond, and may be a little early.
    for (let waitMs; (waitMs = Math.ceil(dueMs - performance.now())) > 0;) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    if (!signal.aborted) take({ index, dueMs });
  }
}
