import type { Checker } from "../checker.js";
import { time } from "../clock.js";
import type { Contender, PreparedContender, StreamContender } from "../contender.js";
import { type Entrant, openField } from "../field.js";
import { interleave, type Lane } from "../lanes.js";
import { makeProblem, type Problem } from "../problem.js";
import type { Row } from "../row.js";
import { summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

/** Ticks that are pushed before the oldest has given its results: as many as the scheduler keeps under way. */
const MAX_TICKS_IN_FLIGHT = 3;

/** Different inputs; stream i has that of i modulo it. A prime, so that rows in tiles of 2^n do not repeat. */
const NUM_INPUTS = 61;

/** Pushes of one timing, about; and ticks of it, at the least and at the most. */
const PUSHES_PER_TIMING = 4096;
const MIN_TICKS = 4;
const MAX_TICKS = 64;

/**
 * Times many streams of one model, each of them pushed once in every tick.
 *
 * @throws Error for a wrong result, warm-up or timed
 */
export async function measureCrowd(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const rows: Row[] = [];
  for (const numStreams of request.numTogether) rows.push(...(await measureStreams(contenders, request, numStreams)));
  return rows;
}

async function measureStreams(
  contenders: readonly Contender[],
  request: MeasureRequest,
  numStreams: number,
): Promise<Row[]> {
  const { shape, numWarmups, numRuns } = request;
  const numTicks = Math.min(MAX_TICKS, Math.max(MIN_TICKS, Math.ceil(PUSHES_PER_TIMING / numStreams)));
  const sequenceLength = numTicks * (1 + numWarmups + numRuns);
  const problem = makeProblem({ ...shape, sequenceLength, batchSize: Math.min(numStreams, NUM_INPUTS) });
  const open = (prepared: PreparedContender) => Array.from({ length: numStreams }, () => prepared.openStream());
  const first = async (streams: readonly StreamContender[], checker: Checker) =>
    void (await pushTicks(streams, checker, problem, 0, numTicks));
  const field = await openField(contenders, request, problem, open, first);
  try {
    const lane = ({ ready, checker }: Entrant<StreamContender[]>): Lane => {
      return async (round) => [await pushTicks(ready, checker, problem, (round + 1) * numTicks, numTicks)];
    };
    const times = await interleave(field.entrants.map(lane), numWarmups, numRuns);
    const rows = field.entrants.map(({ name, checker }, i): Row => ({
      kind: "crowd",
      suite: request.suite,
      shape,
      numTogether: numStreams,
      contender: name,
      timeUs: summarize(times[i]!.flat().map((timeUs) => timeUs / (numTicks * numStreams))),
      slopeUs: null,
      percentilesUs: null,
      maxError: checker.maxError,
      whyNot: null,
    }));
    return [...rows, ...field.absentRows.map((row) => ({ ...row, numTogether: numStreams }))];
  } finally {
    field.dispose();
  }
}

/** Pushes ticks without waiting for each. @returns how long all took, in us; results are checked with the clock stopped */
async function pushTicks(
  streams: readonly StreamContender[],
  checker: Checker,
  problem: Problem,
  start: number,
  numTicks: number,
): Promise<number> {
  const { input, expected, inputSize, outputSize } = problem;
  const numRows = Math.min(streams.length, NUM_INPUTS);
  const rowAt = (tick: number, stream: number) => (start + tick) * numRows + (stream % numRows);
  const frames = [...Array(numTicks).keys()].map((tick) =>
    streams.map((_, i) => input.slice(rowAt(tick, i) * inputSize, (rowAt(tick, i) + 1) * inputSize)),
  );
  const { result: results, timeUs } = await time(async () => {
    const ticks: Promise<Float32Array[]>[] = [];
    for (const frame of frames) {
      if (ticks.length >= MAX_TICKS_IN_FLIGHT) await ticks[ticks.length - MAX_TICKS_IN_FLIGHT];
      ticks.push(Promise.all(streams.map((stream, i) => stream.push(frame[i]!))));
    }
    return Promise.all(ticks);
  });
  results.forEach((outputs, tick) =>
    outputs.forEach((output, i) => {
      const row = rowAt(tick, i);
      checker.check(output, expected.subarray(row * outputSize, (row + 1) * outputSize));
    }),
  );
  return timeUs;
}
