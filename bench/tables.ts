import type { RunFacts } from "./facts.js";
import { isSameTask, type Kind, nameTask, type Row } from "./row.js";
import { formatTable } from "./table.js";
import { judge } from "./targets.js";

/** The first lines: what was measured, where, and what it does not show. */
export function formatHeader(facts: RunFacts): string {
  const { version, commit, date, engine, adapter, warning, cpu, platform, loadAtStart, clockUs } = facts;
  const lines = [
    `webgru ${version} at ${commit}, ${date}`,
    `adapter: ${adapter.name}`,
    `engine: ${engine}, clock of ${clockUs} us`,
    `machine: ${cpu}, ${platform}, load ${loadAtStart}`,
  ];
  if (warning !== null) lines.splice(1, 0, warning.toUpperCase());
  return lines.join("\n");
}

/** Columns of figures of one kind of row: what the times are, and what is told of them. */
interface Columns {
  readonly unit: string;
  readonly figures: Readonly<Record<string, (row: MeasuredRow) => string>>;
}

type MeasuredRow = Row & { readonly timeUs: NonNullable<Row["timeUs"]> };

const PUSHES: Columns = {
  unit: "us per push", // from the call to its result on the CPU
  figures: {
    min: ({ timeUs }) => formatUs(timeUs.min),
    p50: ({ timeUs }) => formatUs(timeUs.p50),
    p95: ({ timeUs }) => formatUs(timeUs.p95),
    p99: ({ timeUs }) => formatUs(timeUs.p99),
  },
};

const COLUMNS: Readonly<Record<Kind, Columns>> = {
  sequence: {
    unit: "us per step", // the upload, the start and the readback included; the slope is without them
    figures: {
      min: ({ timeUs }) => formatUs(timeUs.min),
      median: ({ timeUs }) => formatUs(timeUs.p50),
      "mean ± std": ({ timeUs }) => `${formatUs(timeUs.mean)} ± ${formatUs(timeUs.std)}`,
      slope: ({ slopeUs }) => (slopeUs === null ? "" : formatUs(slopeUs)),
      "steps/s": ({ timeUs, shape }) => ((1e6 * shape.batchSize) / timeUs.p50).toFixed(0),
    },
  },
  push: PUSHES,
  cells: PUSHES,
  crowd: {
    unit: "us per push of a crowd",
    figures: {
      median: ({ timeUs }) => formatUs(timeUs.p50),
      "mean ± std": ({ timeUs }) => `${formatUs(timeUs.mean)} ± ${formatUs(timeUs.std)}`,
      "pushes/s": ({ timeUs }) => (1e6 / timeUs.p50).toFixed(0),
    },
  },
  generation: {
    unit: "us per token",
    figures: {
      median: ({ timeUs }) => formatUs(timeUs.p50),
      "mean ± std": ({ timeUs }) => `${formatUs(timeUs.mean)} ± ${formatUs(timeUs.std)}`,
      "tokens/s": ({ timeUs, shape }) => ((1e6 * shape.batchSize) / timeUs.p50).toFixed(0),
    },
  },
  first: {
    unit: "us to the first prediction", // from weights in memory, in a fresh page
    figures: {
      min: ({ timeUs }) => formatUs(timeUs.min),
      median: ({ timeUs }) => formatUs(timeUs.p50),
      p95: ({ timeUs }) => formatUs(timeUs.p95),
    },
  },
};

/**
 * One table of rows of one kind. `relative` is the median over that of the task's first contender.
 *
 * @param rows at least one
 */
export function formatRows(rows: readonly Row[]): string {
  const { unit, figures } = COLUMNS[rows[0]!.kind];
  const header = [unit, "contender", ...Object.keys(figures), "relative", "max error"];
  const table = formatTable([header, ...rows.map((row) => cellsOf(row, rows, Object.values(figures)))]);
  const absent = rows.filter(({ whyNot }) => whyNot !== null);
  return [
    table,
    ...judge(rows).map(({ text, isMet }) => `target ${isMet ? "met    " : "NOT MET"} ${text}`),
    ...absent.map((row) => `${nameTask(row)}, ${row.contender}: ${row.whyNot}`),
  ].join("\n");
}

function cellsOf(row: Row, rows: readonly Row[], figures: readonly ((row: MeasuredRow) => string)[]): string[] {
  const task = nameTask(row);
  const { timeUs, contender, maxError } = row;
  const label = [task, contender];
  if (timeUs === null) return [...label, "not measured", ...figures.slice(1).map(() => ""), "", ""];
  const first = rows.find((one) => isSameTask(one, row))!;
  return [
    ...label,
    ...figures.map((figure) => figure({ ...row, timeUs })),
    first.timeUs === null ? "" : `${(timeUs.p50 / first.timeUs.p50).toFixed(2)}x`,
    maxError === null ? "" : maxError.toExponential(1),
  ];
}

/** Three digits, or all of those before the point. */
function formatUs(timeUs: number): string {
  return Math.abs(timeUs) >= 100 ? timeUs.toFixed(0) : timeUs.toPrecision(3);
}
