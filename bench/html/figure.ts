import { nameTask, type Row } from "../row.js";
import { classOf } from "./palette.js";
import { element, escape } from "./svg.js";
import { formatTime } from "./units.js";

/** A picture of some rows, with what a reader needs beside it. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  /** Markup of the picture; null where nothing was measured. */
  readonly picture: string | null;
  /** Contenders to name by their colours. */
  readonly legend: readonly string[];
  /** The picture in words, with its gaps. */
  readonly rows: readonly Row[];
  /** Markup below the picture. */
  readonly extra?: string;
}

/** A card of the page. */
export function renderFigure({ title, caption, picture, legend, rows, extra = "" }: Figure): string {
  const body = picture ?? element("p", { class: "none" }, "Not measured in this run.");
  return element(
    "figure",
    {},
    element("h3", {}, escape(title)),
    element("figcaption", {}, escape(caption)),
    renderLegend(legend),
    body,
    extra,
    renderAbsent(rows),
    renderTable(rows),
  );
}

function renderLegend(names: readonly string[]): string {
  if (names.length === 0) return "";
  const items = names.map((name) => element("li", { class: classOf(name) }, "<i></i>", escape(name)));
  return element("ul", { class: "legend" }, ...items);
}

/** One line for each contender that gave no time, with the first of its reasons. */
function renderAbsent(rows: readonly Row[]): string {
  const reasons = new Map<string, string>();
  for (const row of rows) {
    if (row.whyNot !== null && !reasons.has(row.contender)) {
      reasons.set(row.contender, `${row.contender}: not measured at ${nameTask(row)}: ${row.whyNot}`);
    }
  }
  return [...reasons.values()].map((reason) => element("p", { class: "why" }, escape(reason))).join("");
}

function renderTable(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const header = ["shape", "contender", "median", "p99", "min", "runs", "max error"];
  const lines = rows.map((row) => tableLine("td", cellsOf(row)));
  const table = element("table", {}, tableLine("th", header), ...lines);
  return element("details", {}, element("summary", {}, "Figures"), element("div", { class: "scroll" }, table));
}

function cellsOf(row: Row): string[] {
  const { timeUs, contender, maxError } = row;
  const task = nameTask(row);
  if (timeUs === null) return [task, contender, "not measured", "", "", "", ""];
  const times = [timeUs.p50, timeUs.p99, timeUs.min].map(formatTime);
  return [task, contender, ...times, String(timeUs.count), maxError === null ? "" : maxError.toExponential(1)];
}

function tableLine(tag: "th" | "td", texts: readonly string[]): string {
  return element("tr", {}, ...texts.map((text) => element(tag, {}, escape(text))));
}
