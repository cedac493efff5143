// Frames of a sequence's ends, beside each other: the first or last step of values, and states after the last step.

import type { Call } from "./call.js";
import { columnsFor } from "./signals.js";
import { columnsSignal, type Signal, type Value } from "./value.js";
import { ZERO } from "./wiring.js";

/** Values whose features all come once, as frames of one kind; others as they are. With lengths the last step of a graph is not that of each row. */
export function alignedEnds(call: Call, values: readonly Value[]): readonly Value[] {
  const steps = new Set(values.flatMap(({ content }) => (content.kind === "signal" ? [content.step] : [])));
  if (steps.size < 2 || steps.has("each")) return values;
  const hasLengths = [...call.reading.hasLengths.values()].includes(true);
  if (hasLengths && steps.has("last")) return values;
  return values.map((value) => {
    const { content } = value;
    const isEnd = content.kind === "signal" && content.step !== "final";
    return isEnd ? { ...value, content: frameOf(call, content) } : value;
  });
}

/** The frame of an end: states where a direction ends there, and the steps of the sequence where none does. */
function frameOf({ wiring, layerName }: Call, signal: Signal): Signal {
  const end = signal.step === "first" ? "first" : "last";
  const columns = columnsFor(signal, wiring, layerName);
  wiring.spend(columns.length);
  const picked = Int32Array.from(columns, (column) => wiring.pick(Int32Array.of(column), end)?.[0] ?? UNPICKED);
  const others = columns.filter((_, i) => picked[i] === UNPICKED);
  const { length } = others;
  if (length > 0) {
    const direction = end === "first" ? "reverse" : "forward";
    const { first } = wiring.addLayer(layerName, others, length, { type: "last", inputSize: length, direction });
    let next = first;
    picked.forEach((column, i) => (picked[i] = column === UNPICKED ? next++ : column));
  }
  return columnsSignal(picked, "final", false);
}

/** No column of a layer. */
const UNPICKED = ZERO - 1;
