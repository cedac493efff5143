import { rowBeside, speedUp } from "../ratios.js";
import { nameTask, type Row } from "../row.js";
import { FLOOR } from "../measures/pushes.js";
import { drawBars, type Bar, type BarGroup } from "./bars.js";
import type { Figure } from "./figure.js";
import { logScale } from "./scale.js";
import { element, escape } from "./svg.js";
import { formatTimes } from "./units.js";

const TITLES = {
  sequence: "whole sequences",
  push: "streamed steps, readback included",
  first: "first prediction",
} as const;

/** How many times faster than each peer we are: a figure for each. */
export function peerFigures(rows: readonly Row[]): Figure[] {
  const names = new Set(rows.map(({ contender }) => contender));
  const peers = [...names].filter((name) => !name.startsWith("webgru/") && name !== FLOOR);
  return peers.map((peer) => peerFigure(rows, peer));
}

/** A peer on the GPU is held against us there, one on the CPU against us there. */
function oursBeside(peer: string): string {
  return peer.endsWith("/webgpu") ? "webgru/webgpu" : "webgru/cpu";
}

function peerFigure(rows: readonly Row[], peer: string): Figure {
  const ours = oursBeside(peer);
  const theirs = rows.filter(({ contender }) => contender === peer);
  const groups = (["sequence", "push", "first"] as const).flatMap((kind): BarGroup[] => {
    const bars = latest(theirs.filter((row) => row.kind === kind)).map((row): Bar => {
      const own = rowBeside(rows, row, ours);
      return { name: shortName(row), contender: ours, value: own === undefined ? null : speedUp(own, row) };
    });
    return bars.length === 0 ? [] : [{ title: TITLES[kind], bars: isGrid(bars) ? [] : bars }];
  });
  const barGroups = groups.filter(({ bars }) => bars.length > 0);
  const values = barGroups.flatMap(({ bars }) => bars.flatMap(({ value }) => value ?? []));
  return {
    title: `${ours} beside ${peer}`,
    caption: "How many times faster, by medians on the same weights and inputs; right of the line we are faster",
    picture:
      values.length === 0
        ? null
        : drawBars({ groups: barGroups, x: logScale([1, ...values]), origin: 1, format: formatTimes }),
    legend: [],
    rows: theirs,
    extra: renderGrid(rows, theirs, ours),
  };
}

/** Too many shapes for bars. */
function isGrid(bars: readonly Bar[]): boolean {
  return bars.length > 16;
}

/** A later measurement of the same shape replaces an earlier one. */
function latest(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [nameTask(row), row])).values()];
}

function shortName({ kind, shape }: Row): string {
  const { sequenceLength, batchSize, hiddenSize, storage } = shape;
  const sizes = kind === "sequence" ? [`H=${hiddenSize}`, `T=${sequenceLength}`] : [`H=${hiddenSize}`];
  if (batchSize > 1) sizes.push(`B=${batchSize}`);
  if (storage !== "f32") sizes.push(storage);
  return sizes.join(" ");
}

/** A table of ratios over H and T, coloured by how good they are; nothing for few shapes. */
function renderGrid(rows: readonly Row[], theirs: readonly Row[], ours: string): string {
  const sequences = latest(theirs.filter(({ kind }) => kind === "sequence"));
  if (sequences.length <= 16) return "";
  const lengths = [...new Set(sequences.map(({ shape }) => shape.sequenceLength))].sort((a, b) => a - b);
  const lines = new Map<string, Map<number, string>>();
  for (const row of sequences) {
    const { sequenceLength, batchSize, hiddenSize, storage } = row.shape;
    const name = `H=${hiddenSize} B=${batchSize}${storage === "f32" ? "" : ` ${storage}`}`;
    const own = rowBeside(rows, row, ours);
    const ratio = own === undefined ? null : speedUp(own, row);
    lines.set(name, (lines.get(name) ?? new Map<number, string>()).set(sequenceLength, renderCell(ratio)));
  }
  const header = element("tr", {}, element("th"), ...lengths.map((length) => element("th", {}, `T=${length}`)));
  const body = [...lines].map(([name, cells]) =>
    element("tr", {}, element("th", {}, escape(name)), ...lengths.map((length) => cells.get(length) ?? element("td"))),
  );
  return element("div", { class: "scroll" }, element("table", { class: "ratios" }, header, ...body));
}

/** Twice as fast, or half, is as strong as the colour gets at a third of its range. */
function renderCell(ratio: number | null): string {
  if (ratio === null) return element("td", { class: "absent" }, "not measured");
  const strength = Math.min(70, Math.round(25 * Math.abs(Math.log2(ratio))));
  const colour = `background: color-mix(in srgb, var(${ratio >= 1 ? "--good" : "--bad"}) ${strength}%, transparent)`;
  return element("td", { style: colour }, formatTimes(ratio));
}
