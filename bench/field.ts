import { Checker } from "./checker.js";
import type { Contender, PreparedContender } from "./contender.js";
import type { MeasureRequest } from "./workload.js";
import type { Problem } from "./problem.js";
import type { Row } from "./row.js";

/** A contender that is ready, and has given right outputs once. */
export interface Entrant<Ready> {
  readonly name: string;
  readonly checker: Checker;
  readonly ready: Ready;
}

/** The contenders that take part in one measurement, and the rows of the others. */
export interface Field<Ready> {
  readonly entrants: readonly Entrant<Ready>[];
  readonly absentRows: readonly Row[];
  dispose(): void;
}

/**
 * Prepares contenders and has each do its task once, checked, before anything is timed.
 *
 * @param open what of a prepared contender takes part
 * @param attempt does the task once; throws when the outputs are wrong
 * @throws what a contender of ours throws; a peer's error becomes a row that says so
 */
export async function openField<Ready>(
  contenders: readonly Contender[],
  request: MeasureRequest,
  problem: Problem,
  open: (prepared: PreparedContender) => Ready,
  attempt: (ready: Ready, checker: Checker) => Promise<void>,
): Promise<Field<Ready>> {
  const entrants: Entrant<Ready>[] = [];
  const absentRows: Row[] = [];
  const all: PreparedContender[] = [];
  const dispose = () => {
    for (const prepared of all) prepared.dispose();
  };
  for (const contender of contenders) {
    try {
      await contender.load();
      const prepared = await contender.prepare(problem.network);
      all.push(prepared);
      const entrant = { name: contender.name, checker: new Checker(contender), ready: open(prepared) };
      await attempt(entrant.ready, entrant.checker);
      entrants.push(entrant);
    } catch (error) {
      if (!contender.isPeer) {
        dispose();
        throw error;
      }
      absentRows.push(absentRow(request, contender.name, error));
    }
  }
  return { entrants, absentRows, dispose };
}

/** The row of a contender that was not measured. */
export function absentRow({ kind, suite, shape }: MeasureRequest, contender: string, error: unknown): Row {
  const whyNot = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  const none = { timeUs: null, slopeUs: null, percentilesUs: null, maxError: null };
  return { kind, suite, shape, numTogether: 1, contender, ...none, whyNot };
}
