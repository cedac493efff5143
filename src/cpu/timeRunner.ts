import { type Network, stateLength } from "../model/network.js";
import type { Runner } from "./runner.js";

/** Time to spend, but for a single run that takes longer. */
const BUDGET_MS = 10;

const MAX_RUNS = 20;

/** The shortest of some runs of B rows by T steps of zeros, in microseconds. */
export function timeRunnerUs(runner: Runner, network: Network, batchSize: number, sequenceLength: number): number {
  const input = new Float32Array(batchSize * sequenceLength * network.inputSize);
  const states = Array.from({ length: batchSize }, () => new Float32Array(stateLength(network, 1)));
  const piece = { input, numSteps: sequenceLength, states, lengths: null };
  const startMs = performance.now();
  let shortestMs = Infinity;
  for (let run = 0; run < MAX_RUNS && performance.now() - startMs < BUDGET_MS; run++) {
    const runMs = performance.now();
    runner.run(piece, network.layers.length);
    shortestMs = Math.min(shortestMs, performance.now() - runMs);
  }
  return 1000 * shortestMs;
}
