import { readFileSync } from "node:fs";
import { projectRoot } from "../../test/harness/library.js";
import type { Result } from "../result.js";
import { type Figure, renderFigure } from "./figure.js";
import { renderHeadlines } from "./headlines.js";
import { peerFigures } from "./peerFigures.js";
import { sequenceFigures } from "./sequenceFigures.js";
import { streamFigures } from "./streamFigures.js";
import { element, escape } from "./svg.js";

/**
 * A page that shows results: one file, without scripts.
 *
 * @param results at least one, of one adapter and engine
 * @throws Error for results of different adapters: their figures must not stand side by side
 */
export function renderPage(results: readonly Result[]): string {
  const [first] = results;
  for (const { meta } of results) {
    if (meta.adapter.name !== first!.meta.adapter.name || meta.engine !== first!.meta.engine) {
      const [want, got] = [first!.meta, meta].map(({ adapter, engine }) => `${adapter.name}, ${engine}`);
      throw new Error(`report: expected results of one adapter and engine (${want}), got another (${got})`);
    }
  }
  const rows = results.flatMap((result) => result.rows);
  const body = [
    element("h1", {}, "webgru bench"),
    ...results.map(renderFacts),
    first!.meta.warning === null ? "" : element("p", { class: "warning" }, SOFTWARE),
    renderHeadlines(rows),
    renderSection("Live use", streamFigures(rows)),
    renderSection("Whole sequences", sequenceFigures(rows)),
    renderSection("Beside other engines", peerFigures(rows)),
    element("p", { class: "method" }, METHOD),
  ];
  const head = [
    `<meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    element("title", {}, escape(`webgru bench, ${first!.meta.adapter.name}`)),
    element("style", {}, readFileSync(STYLE, "utf8")),
  ];
  const html = element(
    "html",
    { lang: "en" },
    element("head", {}, ...head),
    element("body", {}, element("main", {}, ...body)),
  );
  return `<!doctype html>\n${html}\n`;
}

const STYLE = `${projectRoot}bench/html/style.css`;

const SOFTWARE =
  "Software adapter: there was no GPU. The WebGPU times below were computed on the CPU and say nothing about a GPU; only ratios between WebGPU engines mean something.";

const METHOD =
  "Every output was checked against a float64 reference before and while it was timed. Contenders took turns on the same weights and inputs. What was not measured is called so; nothing here is an estimate.";

function renderFacts({ meta }: Result): string {
  const { version, commit, date, engine, adapter, cpu, platform, loadAtStart, loadAtEnd, options } = meta;
  const lines = [
    `webgru ${version} at ${commit} · ${date.slice(0, 16).replace("T", " ")} UTC · ${options.suites.join(", ")}`,
    `Adapter: ${adapter.name} · ${engine}`,
    `Machine: ${cpu}, ${platform}; load ${loadAtStart} at the start, ${loadAtEnd} at the end`,
  ];
  return element("p", { class: "facts" }, lines.map(escape).join("<br>"));
}

function renderSection(title: string, figures: readonly Figure[]): string {
  const cards =
    figures.length === 0
      ? element("p", { class: "none" }, "Not measured in this run.")
      : element("div", { class: "cards" }, ...figures.map(renderFigure));
  return element("h2", {}, escape(title)) + cards;
}
