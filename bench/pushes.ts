import { Checker } from "./checker.js";
import { time } from "./clock.js";
import type { Contender, PreparedContender } from "./contender.js";
import { openFloor } from "./floor.js";
import { interleave, type Lane } from "./lanes.js";
import { makeProblem, type Problem } from "./problem.js";
import { nameShape, type Row } from "./row.js";
import { summarize } from "./statistics.js";
import type { MeasureRequest } from "./workload.js";

/**
 * Times single steps of a stream, from the push to its result on the CPU, and between them the floor: the least that a
 * result from the GPU can take.
 *
 * @throws Error for a wrong result, warm-up or timed
 */
export async function measurePushes(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const { numWarmups, numRuns } = request;
  const problem = makeProblem({ ...request, sequenceLength: numWarmups + numRuns });
  const prepared = await Promise.all(contenders.map(({ prepare }) => prepare(problem.network)));
  const floor = await openFloor(problem.outputSize);
  try {
    const checkers = contenders.map(({ name }) => new Checker(name));
    const lanes = prepared.map((contender, i) => pushLane(contender, checkers[i]!, problem));
    const floorLane: Lane = async () => [(await time(() => floor.roundTrip())).timeUs];
    const times = await interleave([...lanes, floorLane], numWarmups, numRuns);
    return [...contenders.map(({ name }) => name), "floor"].map((name, i) => ({
      kind: "push",
      shape: nameShape(request),
      contender: name,
      timeUs: summarize(times[i]!.flat()),
      slopeUs: null,
      maxError: checkers[i]?.maxError ?? null,
    }));
  } finally {
    for (const contender of prepared) contender.dispose();
    floor.dispose();
  }
}

/** Round k pushes step k. */
function pushLane(
  contender: PreparedContender,
  checker: Checker,
  { input, expected, inputSize, outputSize }: Problem,
): Lane {
  return async (round) => {
    const step = input.slice(round * inputSize, (round + 1) * inputSize);
    const { result, timeUs } = await time(() => contender.push(step));
    checker.check(result, expected.subarray(round * outputSize, (round + 1) * outputSize));
    return [timeUs];
  };
}
