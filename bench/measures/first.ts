import { Checker } from "../checker.js";
import { time } from "../clock.js";
import type { Contender } from "../contender.js";
import { absentRow } from "../field.js";
import { makeProblem } from "../problem.js";
import type { Row } from "../row.js";
import { summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

/** Times of one fresh page. */
export type FirstTry = { readonly timeUs: number; readonly maxError: number } | { readonly whyNot: string };

/**
 * Times one contender from weights in memory, its JavaScript loaded, to the first prediction. Once in a page: the second time
 * is not the first.
 *
 * @throws Error for a wrong prediction
 */
export async function measureFirst(contender: Contender, { shape }: MeasureRequest): Promise<FirstTry> {
  const problem = makeProblem({ ...shape, sequenceLength: 1 });
  const checker = new Checker(contender);
  try {
    await contender.load();
    const { result, timeUs } = await time(async () => {
      const prepared = await contender.prepare(problem.network);
      return prepared.openStream().push(problem.input);
    });
    checker.check(result, problem.expected);
    return { timeUs, maxError: checker.maxError };
  } catch (error) {
    if (!contender.isPeer) throw error;
    return { whyNot: error instanceof Error ? error.message : String(error) };
  }
}

/** One row of all the pages of a contender. */
export function summarizeFirst(request: MeasureRequest, contender: string, tries: readonly FirstTry[]): Row {
  const failure = tries.find((one) => "whyNot" in one);
  if (failure !== undefined) return absentRow(request, contender, failure.whyNot);
  const done = tries.filter((one) => "timeUs" in one);
  return {
    kind: "first",
    suite: request.suite,
    shape: request.shape,
    numTogether: 1,
    contender,
    timeUs: summarize(done.map(({ timeUs }) => timeUs)),
    slopeUs: null,
    percentilesUs: null,
    maxError: Math.max(...done.map(({ maxError }) => maxError)),
    whyNot: null,
  };
}
