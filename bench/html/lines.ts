import { classOf } from "./palette.js";
import type { Scale } from "./scale.js";
import { element, label, tooltip } from "./svg.js";

/** One contender's points. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChart {
  readonly series: readonly Series[];
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
}

const WIDTH = 440;
const HEIGHT = 284;
const PLOT = { left: 66, right: 410, top: 14, bottom: 232 };

/** Lines with a dot for each measurement. The legend is the page's. */
export function drawLines({ series, x, y, xTitle, formatX, formatY }: LineChart): string {
  const atX = (value: number) => PLOT.left + x.at(value) * (PLOT.right - PLOT.left);
  const atY = (value: number) => PLOT.bottom - y.at(value) * (PLOT.bottom - PLOT.top);
  const grid = y.ticks.map(
    (tick) =>
      element("line", { class: "grid", x1: PLOT.left, x2: PLOT.right, y1: atY(tick), y2: atY(tick) }) +
      label(formatY(tick), PLOT.left - 8, atY(tick) + 4, { "text-anchor": "end" }),
  );
  const columns = x.ticks.map((tick) => label(formatX(tick), atX(tick), PLOT.bottom + 20, { "text-anchor": "middle" }));
  const lines = series.map(({ name, points }) => {
    const path = points.map(
      (point, i) => `${i === 0 ? "M" : "L"}${atX(point.x).toFixed(1)} ${atY(point.y).toFixed(1)}`,
    );
    const dots = points.map((point) =>
      element(
        "circle",
        { cx: atX(point.x), cy: atY(point.y), r: 4.5 },
        tooltip(`${name}, ${formatX(point.x)}: ${formatY(point.y)}`),
      ),
    );
    return element("g", { class: `series ${classOf(name)}` }, element("path", { d: path.join("") }), ...dots);
  });
  const title = label(xTitle, (PLOT.left + PLOT.right) / 2, HEIGHT - 8, { class: "title", "text-anchor": "middle" });
  return element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, ...grid, ...columns, ...lines, title);
}
