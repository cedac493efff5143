import { time } from "../clock.js";
import type { Checker } from "../checker.js";
import type { Contender, PreparedContender } from "../contender.js";
import { type Entrant, openField } from "../field.js";
import { interleave, type Lane } from "../lanes.js";
import { makeProblem, type Problem } from "../problem.js";
import type { Row } from "../row.js";
import { median, summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

/** Runs timed together take at least this long, or are MAX_REPEATS: the clock's step is then negligible. */
const MIN_TIMED_US = 1000;
const MAX_REPEATS = 100;

/**
 * Times whole sequences of T steps, from the call to the outputs on the CPU, and of 2T where a slope is wanted.
 *
 * @throws Error for a wrong output, warm-up or timed
 */
export async function measureSequences(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const { shape, withSlope, numWarmups, numRuns } = request;
  const { sequenceLength } = shape;
  const parts = withSlope ? [1, 2] : [1];
  const problem = makeProblem({ ...shape, sequenceLength: sequenceLength * parts.length });
  const pieces = parts.map((part) => pieceOf(problem, part / parts.length));
  const runAll = async (prepared: PreparedContender, checker: Checker) => {
    for (const { input, expected } of pieces) {
      checker.check(await prepared.runSequence(input, shape.batchSize), expected);
    }
  };
  const field = await openField(contenders, request, problem, (prepared) => prepared, runAll);
  try {
    const lanes: Lane[] = [];
    for (const entrant of field.entrants) lanes.push(await sequenceLane(entrant, pieces, shape.batchSize));
    const times = await interleave(lanes, numWarmups, numRuns);
    const rows = field.entrants.map(({ name, checker }, i): Row => ({
      kind: "sequence",
      suite: request.suite,
      shape,
      numTogether: 1,
      contender: name,
      timeUs: summarize(times[i]!.map(([shortUs]) => shortUs! / sequenceLength)),
      slopeUs: withSlope ? median(times[i]!.map(([shortUs, longUs]) => (longUs! - shortUs!) / sequenceLength)) : null,
      percentilesUs: null,
      maxError: checker.maxError,
      whyNot: null,
    }));
    return [...rows, ...field.absentRows];
  } finally {
    field.dispose();
  }
}

/** A sequence and what it must give. */
interface Piece {
  readonly input: Float32Array;
  readonly expected: Float64Array;
}

/** The first part of a problem's steps. */
function pieceOf({ input, expected }: Problem, part: number): Piece {
  return { input: input.slice(0, part * input.length), expected: expected.subarray(0, part * expected.length) };
}

/** Runs each piece in turn, a short one several times at once. */
async function sequenceLane(
  { ready, checker }: Entrant<PreparedContender>,
  pieces: readonly Piece[],
  batchSize: number,
): Promise<Lane> {
  const { timeUs } = await time(() => ready.runSequence(pieces[0]!.input, batchSize));
  const numRepeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(MIN_TIMED_US / timeUs)));
  return async () => {
    const times: number[] = [];
    for (const { input, expected } of pieces) {
      const run = async () => {
        let output!: Float32Array;
        for (let i = 0; i < numRepeats; i++) output = await ready.runSequence(input, batchSize);
        return output;
      };
      const { result, timeUs: totalUs } = await time(run);
      checker.check(result, expected);
      times.push(totalUs / numRepeats);
    }
    return times;
  };
}
