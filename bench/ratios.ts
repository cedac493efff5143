import { isSameTask, type Row } from "./row.js";
import { formatTable } from "./table.js";

/** How many times faster `ours` is than `theirs`, by medians; null where one was not measured. */
export function speedUp(ours: Row, theirs: Row): number | null {
  return ours.timeUs === null || theirs.timeUs === null ? null : theirs.timeUs.p50 / ours.timeUs.p50;
}

/** The row of another contender on the same task. */
export function rowBeside(rows: readonly Row[], row: Row, contender: string): Row | undefined {
  return rows.find((one) => one.contender === contender && isSameTask(one, row));
}

/** Sequences on the CPU: how many times faster `webgru/cpu` is than `peer`; a line for each H, B and storage, a column for each T. */
export function formatRatios(rows: readonly Row[], peer: string): string {
  const ours = rows.filter(({ kind, contender }) => kind === "sequence" && contender === "webgru/cpu");
  const lengths = [...new Set(ours.map(({ shape }) => shape.sequenceLength))].sort((a, b) => a - b);
  const lines = new Map<string, Map<number, string>>();
  for (const row of ours) {
    const { sequenceLength, batchSize, hiddenSize, storage } = row.shape;
    const name = `H=${hiddenSize} B=${batchSize}${storage === "f32" ? "" : ` ${storage}`}`;
    const theirs = rowBeside(rows, row, peer);
    const ratio = theirs === undefined ? null : speedUp(row, theirs);
    const line = lines.get(name) ?? new Map<number, string>();
    lines.set(name, line.set(sequenceLength, ratio === null ? "not measured" : `${ratio.toFixed(2)}x`));
  }
  const header = ["times faster than", peer, ...lengths.map((length) => `T=${length}`)];
  return formatTable([
    header,
    ...[...lines].map(([name, line]) => [name, "", ...lengths.map((length) => line.get(length) ?? "")]),
  ]);
}
