import { FLOOR } from "../measures/pushes.js";
import { classOf } from "./palette.js";
import type { Scale } from "./scale.js";
import { element, label, tooltip } from "./svg.js";

/** A hundred dots, one for each percentile. */
export interface DotRow {
  readonly name: string;
  readonly group: string;
  readonly percentiles: readonly number[];
}

export interface DotChart {
  readonly rows: readonly DotRow[];
  readonly x: Scale;
  readonly formatX: (value: number) => string;
}

const WIDTH = 440;
const PLOT = { left: 64, right: 405 };
const RADIUS = 2;
const COLUMN = 2 * RADIUS + 0.4;
const MAX_HEIGHT = 46;
const GAP = 20;

/** Each measurement in a hundred is a dot; those that took as long are stacked. A mark stands at the median and the 99th. */
export function drawDots({ rows, x, formatX }: DotChart): string {
  const atX = (value: number) => PLOT.left + x.at(value) * (PLOT.right - PLOT.left);
  const height = rows.length * (MAX_HEIGHT + GAP) + 34;
  const bottom = height - 30;
  const grid = x.ticks.map(
    (tick) =>
      element("line", { class: "grid", x1: atX(tick), x2: atX(tick), y1: 6, y2: bottom }) +
      label(formatX(tick), atX(tick), bottom + 18, { "text-anchor": "middle" }),
  );
  const stacks = rows.map((row, i) => drawRow(row, (i + 1) * (MAX_HEIGHT + GAP) - 8, atX, formatX));
  return element("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img" }, ...grid, ...stacks);
}

function drawRow(
  { name, group, percentiles }: DotRow,
  base: number,
  atX: (value: number) => number,
  formatX: (value: number) => string,
): string {
  const columns = new Map<number, number>();
  const places = percentiles.slice(1).map((value) => {
    const column = Math.round(atX(value) / COLUMN);
    const level = columns.get(column) ?? 0;
    columns.set(column, level + 1);
    return { column, level };
  });
  const tallest = Math.max(...columns.values());
  const step = Math.min(COLUMN, MAX_HEIGHT / tallest); // a tall stack is pressed together
  const dots = places.map(({ column, level }) =>
    element("circle", { cx: column * COLUMN, cy: base - RADIUS - level * step, r: RADIUS }),
  );
  const marks = ([50, 99] as const).map((percent) => {
    const at = atX(percentiles[percent]!);
    const line = element("line", { class: "mark", x1: at, x2: at, y1: base, y2: base + 7 });
    return line + label(`p${percent}`, at, base + 15, { class: "small", "text-anchor": "middle" });
  });
  const told = `${group} ${name}: median ${formatX(percentiles[50]!)}, p99 ${formatX(percentiles[99]!)}`;
  return element(
    "g",
    { class: `dots ${classOf(name)}` },
    tooltip(told),
    label(group, 4, base - 16, { class: "strong" }),
    label(name === FLOOR ? name : "push", 4, base - 2),
    ...dots,
    ...marks,
  );
}
