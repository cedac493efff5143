import { type Row, type Shape } from "../row.js";
import type { Figure } from "./figure.js";
import { drawLines, type Series } from "./lines.js";
import { logScale, stepScale } from "./scale.js";
import { formatTime } from "./units.js";

/** A size that time is drawn against. */
const AXES = ["hiddenSize", "sequenceLength", "batchSize"] as const;
type Axis = (typeof AXES)[number];

const LETTERS = { hiddenSize: "H", sequenceLength: "T", batchSize: "B" } as const;
const NAMES = { hiddenSize: "hidden size", sequenceLength: "sequence length", batchSize: "batch size" } as const;

/** Time per step of whole sequences against each size. */
export function sequenceFigures(rows: readonly Row[]): Figure[] {
  const all = rows.filter(({ kind, shape }) => kind === "sequence" && shape.storage === "f32");
  const onAnyDevice = all.filter(({ suite }) => suite === "gpu");
  const sequences = onAnyDevice.length > 0 ? onAnyDevice : all;
  return AXES.map((axis) => figureOver(sequences, axis));
}

function figureOver(sequences: readonly Row[], axis: Axis): Figure {
  const rows = longestSlice(sequences, axis);
  const series = seriesOf(rows, axis);
  const others = (["sequenceLength", "batchSize", "hiddenSize"] as const).filter((one) => one !== axis);
  const fixed = others.map((one) => `${LETTERS[one]}=${rows[0]?.shape[one]}`).join(" ");
  return {
    title: `Time per step against ${NAMES[axis]}`,
    caption:
      rows.length === 0
        ? ""
        : `${fixed}, float32, one GRU layer; median, upload and readback included; lower is better`,
    picture: series.length === 0 ? null : draw(series, axis),
    legend: series.map(({ name }) => name),
    rows,
  };
}

/** The rows that differ in one size alone and have the most values of it; none where it has but one. */
function longestSlice(rows: readonly Row[], axis: Axis): Row[] {
  const slices = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row.shape, [axis]: 0 } satisfies Shape);
    slices.set(key, [...(slices.get(key) ?? []), row]);
  }
  const numValues = (slice: readonly Row[]) => new Set(slice.map(({ shape }) => shape[axis])).size;
  const longest = [...slices.values()].sort(
    (a, b) =>
      numValues(b) - numValues(a) || b.length - a.length || oddness(a[0]!.shape, axis) - oddness(b[0]!.shape, axis),
  )[0];
  return longest === undefined || numValues(longest) < 2 ? [] : longest;
}

/** How far a shape is from the usual one, T=100 B=1 H=256, in all but one size. */
function oddness(shape: Shape, axis: Axis): number {
  const usual = { sequenceLength: 100, batchSize: 1, hiddenSize: 256, [axis]: shape[axis] };
  return AXES.reduce((sum, one) => sum + Math.abs(Math.log(shape[one] / usual[one])), 0);
}

/** Of each contender, rising in x; a later measurement of the same point replaces an earlier one. */
function seriesOf(rows: readonly Row[], axis: Axis): Series[] {
  const points = new Map<string, Map<number, number>>();
  for (const { contender, shape, timeUs } of rows) {
    if (timeUs === null) continue;
    const ofContender = points.get(contender) ?? new Map<number, number>();
    points.set(contender, ofContender.set(shape[axis], timeUs.p50));
  }
  return [...points].map(([name, byX]) => ({
    name,
    points: [...byX].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x),
  }));
}

function draw(series: readonly Series[], axis: Axis): string {
  const points = series.flatMap((one) => one.points);
  return drawLines({
    series,
    x: stepScale(points.map(({ x }) => x)),
    y: logScale(points.map(({ y }) => y)),
    xTitle: `${LETTERS[axis]}, ${NAMES[axis]}`,
    formatX: String,
    formatY: formatTime,
  });
}
