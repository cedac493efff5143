import { type Network, stateLength } from "../model/network.js";
import type { Runner } from "./runner.js";

/** Time to spend, unless a single run takes longer. */
const BUDGET_MS = 10;

/** Runs are timed together for at least this long: a page's clock steps by 0.1 ms, and a small model's run is shorter. */
const MIN_TIMED_MS = 1;
const MAX_RUNS_AT_ONCE = 4096;

/** The shortest of some runs of B rows by T steps of zeros, in microseconds. */
export function timeRunnerUs(runner: Runner, network: Network, batchSize: number, sequenceLength: number): number {
  const input = new Float32Array(batchSize * sequenceLength * network.inputSize);
  const states = Array.from({ length: batchSize }, () => new Float32Array(stateLength(network, 1)));
  const chunk = { input, numSteps: sequenceLength, states, lengths: null };
  const startMs = performance.now();
  let shortestMs = Infinity;
  for (let numRuns = 1; ;) {
    const runMs = performance.now();
    for (let run = 0; run < numRuns; run++) runner.run(chunk, network.layers.length);
    const elapsedMs = performance.now() - runMs;
    if (elapsedMs < MIN_TIMED_MS && numRuns < MAX_RUNS_AT_ONCE) {
      numRuns *= 2;
      continue;
    }
    shortestMs = Math.min(shortestMs, elapsedMs / numRuns);
    if (numRuns === MAX_RUNS_AT_ONCE || performance.now() - startMs >= BUDGET_MS) return 1000 * shortestMs;
  }
}
