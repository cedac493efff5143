import { classOf } from "./palette.js";
import type { Scale } from "./scale.js";
import { element, label, tooltip } from "./svg.js";

/** One bar, or the reason why there is none. */
export interface Bar {
  readonly name: string;
  /** For the colour. */
  readonly contender: string;
  readonly value: number | null;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface BarChart {
  readonly groups: readonly BarGroup[];
  readonly x: Scale;
  /** Where bars begin: 1 for ratios, 0 for amounts. */
  readonly origin: number;
  readonly format: (value: number) => string;
}

const WIDTH = 440;
const PLOT = { left: 188, right: 366 };
const ROW = 24;

/** Bars to the side, one below the other; from a line at `origin`. */
export function drawBars({ groups, x, origin, format }: BarChart): string {
  const atX = (value: number) => PLOT.left + x.at(value) * (PLOT.right - PLOT.left);
  const parts: string[] = [];
  let y = 6;
  for (const { title, bars } of groups) {
    if (title !== "") {
      parts.push(label(title, 4, y + 16, { class: "strong" }));
      y += 24;
    }
    const top = y;
    for (const bar of bars) {
      parts.push(drawBar(bar, y));
      y += ROW;
    }
    parts.push(element("line", { class: "origin", x1: atX(origin), x2: atX(origin), y1: top, y2: y }));
    y += 8;
  }
  return element("svg", { viewBox: `0 0 ${WIDTH} ${y}`, role: "img" }, ...parts);

  function drawBar({ name, contender, value }: Bar, top: number): string {
    const text = label(name, PLOT.left - 8, top + 16, { "text-anchor": "end" });
    if (value === null) return text + label("not measured", PLOT.left + 6, top + 16, { class: "absent" });
    const [from, to] = [atX(origin), atX(value)].sort((a, b) => a - b) as [number, number];
    const shape = { x: from, y: top + 3, width: Math.max(1.5, to - from), height: ROW - 6, rx: 2 };
    const bar = element("rect", shape, tooltip(`${name}: ${format(value)}`));
    const figure = label(format(value), Math.max(to, atX(origin)) + 6, top + 16, { class: "figure" });
    return text + element("g", { class: `bar ${classOf(contender)}` }, bar) + figure;
  }
}
