import type { Checker } from "../checker.js";
import { time } from "../clock.js";
import type { Contender, StreamContender } from "../contender.js";
import { openField } from "../field.js";
import { openFloor } from "../floor.js";
import { interleave, type Lane } from "../lanes.js";
import { makeProblem, type Problem } from "../problem.js";
import type { Row } from "../row.js";
import { percentiles, summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

/**
 * Times single steps of a stream, from the push to its result on the CPU, and between them the floor, where it is
 * wanted: the least that a result from the GPU can take.
 *
 * @throws Error for a wrong result, warm-up or timed
 */
export async function measurePushes(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const { shape, numWarmups, numRuns, withFloor } = request;
  const problem = makeProblem({ ...shape, sequenceLength: 1 + numWarmups + numRuns });
  const pushFirst = async (stream: StreamContender, checker: Checker) => void (await push(stream, checker, problem, 0));
  const field = await openField(contenders, request, problem, (prepared) => prepared.openStream(), pushFirst);
  const floor = withFloor ? await openFloor(problem.outputSize) : null;
  try {
    const lanes: Lane[] = field.entrants.map(({ ready, checker }) => async (round) => [
      await push(ready, checker, problem, round + 1),
    ]);
    if (floor !== null) lanes.push(async () => [(await time(() => floor.roundTrip())).timeUs]);
    const times = await interleave(lanes, numWarmups, numRuns);
    const names = [...field.entrants.map(({ name }) => name), FLOOR];
    const rows = times.map((laneTimes, i) =>
      pushRow(request, names[i]!, laneTimes.flat(), field.entrants[i]?.checker.maxError ?? null),
    );
    return [...rows, ...field.absentRows];
  } finally {
    field.dispose();
    floor?.dispose();
  }
}

/** The row of a contender whose pushes were timed. */
export function pushRow(
  { kind, suite, shape }: MeasureRequest,
  contender: string,
  timesUs: readonly number[],
  maxError: number | null,
): Row {
  const times = { timeUs: summarize(timesUs), slopeUs: null, percentilesUs: percentiles(timesUs) };
  return { kind, suite, shape, numTogether: 1, contender, ...times, maxError, whyNot: null };
}

/** The name of the floor's rows, among those of contenders. */
export const FLOOR = "floor";

/** Pushes one step of the problem. @returns how long it took, in us */
export async function push(
  stream: StreamContender,
  checker: Checker,
  { input, expected, inputSize, outputSize }: Problem,
  step: number,
): Promise<number> {
  const frame = input.slice(step * inputSize, (step + 1) * inputSize);
  const { result, timeUs } = await time(() => stream.push(frame));
  checker.check(result, expected.subarray(step * outputSize, (step + 1) * outputSize));
  return timeUs;
}
