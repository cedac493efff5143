/** Calls between two checkpoints at least: replaying as many takes some tens of milliseconds. */
const MIN_CALLS = 64;
/** At most: a state that takes so long to copy is replayed for longer instead. */
const MAX_CALLS = 4096;
/** Share of the time that checkpoints may take. */
const MAX_SHARE = 0.02;

/** How often states are copied to the CPU: so that it takes at most 2 % of the time. */
export class CheckpointPace {
  #numCalls = 0;
  #between = MIN_CALLS;
  #lastMs = performance.now();

  /** Counts a call. @returns whether it is time for a checkpoint */
  count(): boolean {
    return ++this.#numCalls >= this.#between;
  }

  /** Notes that one is being taken. @returns a function that is told for how long calls were delayed by it, in ms */
  begin(): (costMs: number) => void {
    const nowMs = performance.now();
    const callMs = (nowMs - this.#lastMs) / this.#numCalls;
    this.#lastMs = nowMs;
    this.#numCalls = 0;
    return (costMs) => {
      const wanted = Math.ceil(costMs / (MAX_SHARE * callMs)) || 0;
      // By halves, since a single measurement may be far off.
      this.#between = Math.min(MAX_CALLS, Math.max(MIN_CALLS, Math.ceil((this.#between + wanted) / 2)));
    };
  }
}
