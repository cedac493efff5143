import { FLOOR } from "../measures/pushes.js";
import { type Row } from "../row.js";
import { judgePushes } from "../targets.js";
import { type Bar, drawBars } from "./bars.js";
import { drawDots } from "./dots.js";
import type { Figure } from "./figure.js";
import { drawLines } from "./lines.js";
import { linearScale, logScale, stepScale } from "./scale.js";
import { element, escape } from "./svg.js";
import { formatCount, formatTime } from "./units.js";

/** How long a push takes beside the floor; streams and tokens in a second; cold starts. */
export function streamFigures(rows: readonly Row[]): Figure[] {
  const of = (kind: Row["kind"]) => rows.filter((row) => row.kind === kind);
  return [
    latencyFigure(of("push")),
    crowdFigure(of("crowd")),
    generationFigure(of("generation")),
    firstFigure(of("first")),
  ];
}

const FLOOR_CAPTION = "the floor is an empty dispatch and its readback, measured in turn with the pushes; ";

/** Pushes that took turns with nothing but the floor, where there are; else those among others; else those on the CPU. */
function latencyFigure(pushes: readonly Row[]): Figure {
  const ours = pushes.filter(({ contender }) => contender === "webgru/webgpu" || contender === FLOOR);
  const alone = ours.filter(({ suite }) => suite === "stream");
  const onCpu = pushes.filter(({ contender }) => contender === "webgru/cpu");
  const shown = [alone, ours].find(({ length }) => length > 0) ?? onCpu;
  const hasFloor = shown.some(({ contender }) => contender === FLOOR);
  const dotRows = shown.flatMap(({ contender, shape, percentilesUs }) =>
    percentilesUs === null
      ? []
      : [{ name: contender, group: contender === FLOOR ? "" : `H=${shape.hiddenSize}`, percentiles: percentilesUs }],
  );
  const draw = () => {
    const x = logScale(dotRows.flatMap(({ percentiles }) => [...percentiles]));
    return drawDots({ rows: dotRows, x, formatX: formatTime });
  };
  const verdicts = judgePushes(shown).map(({ text, isMet }) =>
    element(
      "li",
      { class: isMet ? "met" : "missed" },
      escape(text.replace("<=", isMet ? "≤" : ">").replace(" x ", " × ")),
    ),
  );
  return {
    title: "From a push to its result",
    caption: `Each dot is one percent of the pushes; ${hasFloor ? FLOOR_CAPTION : ""}further left is better`,
    picture: dotRows.length === 0 ? null : draw(),
    legend: [...new Set(dotRows.map(({ name }) => name))],
    rows: shown,
    extra: verdicts.length === 0 ? "" : element("ul", { class: "verdicts" }, ...verdicts),
  };
}

function crowdFigure(rows: readonly Row[]): Figure {
  const measured = rows.flatMap(({ contender, numTogether, timeUs }) =>
    timeUs === null ? [] : [{ contender, x: numTogether, y: 1e6 / timeUs.p50 }],
  );
  const names = [...new Set(measured.map(({ contender }) => contender))];
  const series = names.map((name) => ({ name, points: measured.filter(({ contender }) => contender === name) }));
  const draw = () =>
    drawLines({
      series,
      x: stepScale(measured.map(({ x }) => x)),
      y: logScale(measured.map(({ y }) => y)),
      xTitle: "streams on one model",
      formatX: formatCount,
      formatY: formatCount,
    });
  return {
    title: "Streams stepped in a second",
    caption: `Each stream pushed once in every tick${atSize(rows)}; higher is better`,
    picture: measured.length === 0 ? null : draw(),
    legend: names,
    rows,
  };
}

function generationFigure(rows: readonly Row[]): Figure {
  const bars = rows.map(({ numTogether, contender, shape, timeUs }) => ({
    name: `${numTogether} in a submit`,
    contender,
    value: timeUs === null ? null : (1e6 * shape.batchSize) / timeUs.p50,
  }));
  return {
    title: "Tokens generated in a second",
    caption: `One text${atSize(rows)}, drawn on the GPU; higher is better`,
    picture: drawAmounts(bars, formatCount),
    legend: [],
    rows,
  };
}

function firstFigure(rows: readonly Row[]): Figure {
  const bars = rows.map(({ contender, timeUs }) => ({ name: contender, contender, value: timeUs?.p50 ?? null }));
  return {
    title: "To the first prediction",
    caption: `Weights in memory, JavaScript loaded (a wasm file is not), a fresh page each time${atSize(rows)}; median; lower is better`,
    picture: drawAmounts(bars, formatTime),
    legend: [],
    rows,
  };
}

function atSize([row]: readonly Row[]): string {
  return row === undefined ? "" : `, H=${row.shape.hiddenSize}`;
}

/** Bars from zero; null where no value is known. */
function drawAmounts(bars: readonly Bar[], format: (value: number) => string): string | null {
  const values = bars.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return null;
  return drawBars({ groups: [{ title: "", bars }], x: linearScale(values), origin: 0, format });
}
