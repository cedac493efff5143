import type { Case } from "./cases.js";
import type { Done, Outcome } from "./execute.js";
import { type Deviation, deviation, type Grade, gradeOf } from "./grade.js";
import { NotRun } from "./notRun.js";
import type { Program } from "./program.js";

/** The outcome of a case. */
export interface Verdict {
  readonly name: string;
  readonly group: string;
  readonly isRequired: boolean;
  readonly grade: Grade | "not run";
  /** Of the worst output; null where there is none. */
  readonly error: number | null;
  readonly multiple: number | null;
  /** The fault, or why it was not run; empty for grade A. */
  readonly reason: string;
  /** The library's input. */
  readonly sources: readonly string[];
}

/** Runs a case and grades what it gives. @param execute where to run its program */
export async function conduct(one: Case, execute: (program: Program) => Promise<Outcome>): Promise<Verdict> {
  const outcome = await attempt(one, execute);
  const { name, group, isRequired } = one;
  const about = { name, group, isRequired, error: null, multiple: null, sources: [] };
  if (outcome.kind !== "done") {
    return { ...about, grade: outcome.kind === "not run" ? "not run" : "fail", reason: outcome.reason };
  }
  const { error, multiple, worst } = worstDeviation(one, outcome.results);
  const grade = gradeOf(multiple);
  return { ...about, grade, error, multiple, reason: grade === "A" ? "" : worst, sources: outcome.sources };
}

async function attempt(one: Case, execute: (program: Program) => Promise<Outcome>): Promise<Outcome> {
  try {
    return await execute(one.program());
  } catch (error) {
    if (error instanceof NotRun) return { kind: "not run", reason: error.message };
    return { kind: "failed", reason: String(error) };
  }
}

/** The worst of all outputs, each compared with the accepted result that is nearest. */
function worstDeviation(one: Case, results: Done["results"]): Deviation {
  const deviations = Object.entries(one.expected()).flatMap(([name, accepted]) =>
    results.map((outputs, i) => {
      const [nearest] = accepted.map((want) => deviation(outputs[name]!, want, one)).sort(byMultiple);
      return { ...nearest!, worst: `${name}${i === 1 ? " by a stream" : ""}: ${nearest!.worst}` };
    }),
  );
  if (deviations.length === 0) throw new Error(`${one.name}: expected outputs to compare, got none`);
  return deviations.reduce((worst, other) => (other.multiple > worst.multiple ? other : worst));
}

function byMultiple(a: Deviation, b: Deviation): number {
  return a.multiple === b.multiple ? 0 : a.multiple - b.multiple;
}
