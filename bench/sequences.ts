import { Checker } from "./checker.js";
import { time } from "./clock.js";
import type { Contender, PreparedContender } from "./contender.js";
import { interleave, type Lane } from "./lanes.js";
import { makeProblem, type Problem } from "./problem.js";
import { nameShape, type Row } from "./row.js";
import { median, summarize } from "./statistics.js";
import type { MeasureRequest } from "./workload.js";

/**
 * Times whole sequences of T and of 2T steps, from the call to the outputs on the CPU.
 *
 * @throws Error for a wrong output, warm-up or timed
 */
export async function measureSequences(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const { sequenceLength, numWarmups, numRuns } = request;
  const problem = makeProblem({ ...request, sequenceLength: 2 * sequenceLength });
  const prepared = await Promise.all(contenders.map(({ prepare }) => prepare(problem.network)));
  try {
    const checkers = contenders.map(({ name }) => new Checker(name));
    const lanes = prepared.map((contender, i) => sequenceLane(contender, checkers[i]!, problem));
    const times = await interleave(lanes, numWarmups, numRuns);
    return contenders.map(({ name }, i) => ({
      kind: "sequence",
      shape: nameShape(request),
      contender: name,
      timeUs: summarize(times[i]!.map(([shortUs]) => shortUs! / sequenceLength)),
      slopeUs: median(times[i]!.map(([shortUs, longUs]) => (longUs! - shortUs!) / sequenceLength)),
      maxError: checkers[i]!.maxError,
    }));
  } finally {
    for (const contender of prepared) contender.dispose();
  }
}

/** The first half of the problem, then all of it. */
function sequenceLane(contender: PreparedContender, checker: Checker, { input, expected }: Problem): Lane {
  const halves = [0.5, 1].map((part) => ({
    input: input.slice(0, part * input.length),
    expected: expected.subarray(0, part * expected.length),
  }));
  return async () => {
    const times: number[] = [];
    for (const half of halves) {
      const { result, timeUs } = await time(() => contender.runSequence(half.input));
      checker.check(result, half.expected);
      times.push(timeUs);
    }
    return times;
  };
}
