import type { Workload } from "../engine/workload.js";
import type { Network } from "../model/network.js";
import { takenSteps } from "../model/takenSteps.js";
import { compareTimes, cpuTimeUs, gpuTimeUs, USUAL_READBACK_US, type Verdict, workOf } from "./cost.js";
import type { Runner } from "./runner.js";
import { timeRunnerUs } from "./timeRunner.js";

/** Steps and rows that are timed, but for networks that take no fewer steps. The time of a larger workload is taken in proportion. */
const MAX_TIMED_STEPS = 16;
const MAX_TIMED_ROWS = 8;

/**
 * Tells whether the CPU or a GPU finishes a workload first.
 *
 * @param runner of the CPU, to be timed
 * @param timeReadbackUs times a GPU round trip; called only where the workload allows measuring
 */
export async function weigh(
  network: Network,
  runner: Runner,
  workload: Workload,
  timeReadbackUs: () => Promise<number>,
): Promise<Verdict> {
  const work = workOf(network, workload);
  const estimateUs = cpuTimeUs(work, network);
  if (workload.measure === false) {
    return compareTimes(estimateUs, gpuTimeUs(work, USUAL_READBACK_US), workload, "estimated");
  }
  const batchSize = Math.min(workload.batchSize ?? 1, MAX_TIMED_ROWS);
  const sequenceLength = takenSteps(network, Math.min(workload.sequenceLength ?? 1, MAX_TIMED_STEPS));
  const timedUs = timeRunnerUs(runner, network, batchSize, sequenceLength);
  const cpuUs = (timedUs / cpuTimeUs(workOf(network, { batchSize, sequenceLength }), network)) * estimateUs;
  return compareTimes(cpuUs, gpuTimeUs(work, await timeReadbackUs()), workload, "from timed runs");
}
