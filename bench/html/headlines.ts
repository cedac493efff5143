import { FLOOR } from "../measures/pushes.js";
import { rowBeside, speedUp } from "../ratios.js";
import type { Row } from "../row.js";
import { median } from "../statistics.js";
import { element, escape } from "./svg.js";
import { formatCount, formatTime, formatTimes } from "./units.js";

/** A figure in large print. */
interface Headline {
  /** Null when nothing was measured. */
  readonly figure: string | null;
  readonly text: string;
}

/** The figures that a reader came for. */
export function renderHeadlines(rows: readonly Row[]): string {
  const boxes = [push(rows), crowd(rows), tokens(rows), first(rows), beside(rows)].map(({ figure, text }) =>
    element("div", { class: "headline" }, element("b", {}, escape(figure ?? "–")), element("span", {}, escape(text))),
  );
  return element("div", { class: "headlines" }, ...boxes);
}

function push(rows: readonly Row[]): Headline {
  const pushes = rows.filter(({ kind, contender }) => kind === "push" && contender === "webgru/webgpu");
  const row = pushes.find(({ shape }) => shape.hiddenSize === 128) ?? pushes[0];
  if (!row?.timeUs) return { figure: null, text: "push to result: not measured" };
  const floor = rowBeside(rows, row, FLOOR)?.timeUs;
  const beyond = floor ? `, floor ${formatTime(floor.p50)}` : "";
  return { figure: formatTime(row.timeUs.p50), text: `push to result at H=${row.shape.hiddenSize}${beyond}` };
}

function crowd(rows: readonly Row[]): Headline {
  const fastest = best(rows.filter(({ kind, contender }) => kind === "crowd" && contender === "webgru/webgpu"));
  if (!fastest?.timeUs) return { figure: null, text: "streams per second: not measured" };
  const text = `streams stepped in a second, ${formatCount(fastest.numTogether)} at once`;
  return { figure: formatCount(1e6 / fastest.timeUs.p50), text };
}

function tokens(rows: readonly Row[]): Headline {
  const fastest = best(rows.filter(({ kind }) => kind === "generation"));
  if (!fastest?.timeUs) return { figure: null, text: "tokens per second: not measured" };
  const text = `tokens in a second, ${fastest.numTogether} in a submit`;
  return { figure: formatCount((1e6 * fastest.shape.batchSize) / fastest.timeUs.p50), text };
}

function first(rows: readonly Row[]): Headline {
  const row = rows.find(({ kind, contender }) => kind === "first" && contender === "webgru/webgpu");
  if (!row?.timeUs) return { figure: null, text: "time to the first prediction: not measured" };
  return { figure: formatTime(row.timeUs.p50), text: "from weights in memory to the first prediction" };
}

function beside(rows: readonly Row[]): Headline {
  const pairs = [
    ["webgru/webgpu", "onnxruntime-web/webgpu"],
    ["webgru/cpu", "onnxruntime-web/wasm"],
    ["webgru/cpu", "onnxruntime-node/cpu"],
  ] as const;
  for (const [ours, peer] of pairs) {
    const own = rows.filter(({ kind, contender }) => kind === "sequence" && contender === ours);
    const ratios = own.flatMap((row) => {
      const theirs = rowBeside(rows, row, peer);
      return (theirs && speedUp(row, theirs)) ?? [];
    });
    if (ratios.length > 0) {
      return {
        figure: formatTimes(median(ratios)),
        text: `${ours} beside ${peer}, median over ${ratios.length} sequences`,
      };
    }
  }
  return { figure: null, text: "other engines: not measured" };
}

function best(rows: readonly Row[]): Row | undefined {
  return [...rows].sort((a, b) => (a.timeUs?.p50 ?? Infinity) - (b.timeUs?.p50 ?? Infinity))[0];
}
