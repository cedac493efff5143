import { formatTable } from "../../../bench/table.js";
import type { Verdict } from "./conduct.js";

/** One line of the table. */
export interface GroupSummary {
  readonly group: string;
  readonly cases: number;
  readonly passed: number;
  readonly gradeB: number;
  readonly failed: number;
  readonly notRun: number;
  /** The case that is furthest off for its tolerance, by how much, and how many tolerances that is. */
  readonly worstCase: string | null;
  readonly worstError: number | null;
  readonly worstMultiple: number | null;
}

/** Whether some case that counts failed. */
export function hasFailed(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ grade, isRequired }) => grade === "fail" && isRequired);
}

/** A line for each group, and one for all. */
export function summarize(verdicts: readonly Verdict[]): GroupSummary[] {
  const groups = [...new Set(verdicts.map(({ group }) => group))];
  const lines = groups.map((group) =>
    summarizeGroup(
      group,
      verdicts.filter((verdict) => verdict.group === group),
    ),
  );
  return [...lines, summarizeGroup("total", verdicts)];
}

function summarizeGroup(group: string, verdicts: readonly Verdict[]): GroupSummary {
  const count = (grade: Verdict["grade"]) => verdicts.filter((verdict) => verdict.grade === grade).length;
  const graded = verdicts.filter(({ multiple }) => multiple !== null);
  const worst = graded.length === 0 ? null : graded.reduce((a, b) => (b.multiple! > a.multiple! ? b : a));
  return {
    group,
    cases: verdicts.length,
    passed: count("A"),
    gradeB: count("B"),
    failed: count("fail"),
    notRun: count("not run"),
    worstCase: worst?.name ?? null,
    worstError: worst?.error ?? null,
    worstMultiple: worst?.multiple ?? null,
  };
}

/** The whole report for a person. @param header what ran where */
export function formatReport(header: string, verdicts: readonly Verdict[]): string {
  return [header, formatGroups(summarize(verdicts)), formatSources(verdicts), ...formatLists(verdicts)].join("\n\n");
}

function formatGroups(summaries: readonly GroupSummary[]): string {
  const header = ["group", "worst case", "cases", "A", "B", "failed", "not run", "worst error", "x tolerance"];
  const rows = summaries.map((line) => [
    line.group,
    line.worstCase ?? "",
    ...[line.cases, line.passed, line.gradeB, line.failed, line.notRun].map(String),
    line.worstError?.toExponential(1) ?? "",
    line.worstMultiple?.toPrecision(2) ?? "",
  ]);
  return formatTable([header, ...rows]);
}

function formatSources(verdicts: readonly Verdict[]): string {
  const counts = new Map<string, number>();
  for (const source of verdicts.flatMap(({ sources }) => sources)) counts.set(source, (counts.get(source) ?? 0) + 1);
  const parts = [...counts].map(([source, count]) => `${source} ${count}`);
  return `cases by what the library was given: ${parts.join(", ") || "none"}`;
}

function formatLists(verdicts: readonly Verdict[]): string[] {
  const lists: [title: string, grade: Verdict["grade"]][] = [
    ["not run", "not run"],
    ["grade B", "B"],
    ["failed", "fail"],
  ];
  return lists.flatMap(([title, wanted]) => {
    const lines = verdicts.filter(({ grade }) => grade === wanted).map(formatVerdict);
    return lines.length === 0 ? [] : [[`${title}:`, ...lines].join("\n")];
  });
}

function formatVerdict({ name, isRequired, reason, multiple }: Verdict): string {
  const note = isRequired ? "" : " (information only)";
  const size = multiple === null ? "" : `, ${multiple.toPrecision(2)} x tolerance`;
  return `  ${name}${note}: ${reason}${size}`;
}
