// A batch normalisation after a convolution, as one of other weights.

import type { Call } from "./call.js";
import { bareColumns } from "./signals.js";
import { columnsSignal, type Signal } from "./value.js";
import { ZERO } from "./wiring.js";
import { axisBefore, rememberAxis } from "./timeWindows.js";

/**
 * signal * factor + addend as a convolution; null where the signal is no whole one, or its channels have several factors.
 *
 * @param factors of each feature
 * @param addends of each feature
 */
export function scaledConv(
  { wiring, layerName }: Call,
  signal: Signal,
  factors: Float64Array,
  addends: Float64Array,
): Signal | null {
  const columns = bareColumns(signal);
  if (columns === null || columns.length === 0 || columns.includes(ZERO)) return null;
  const source = wiring.sourceOf(columns[0]!);
  if (source.type !== "layer" || source.spec.type !== "conv" || wiring.sourcesOf(columns).size > 1) return null;
  const { spec } = source;
  const { outputChannels } = spec;
  const [factorOf, addendOf] = [new Float64Array(outputChannels).fill(NaN), new Float64Array(outputChannels)];
  for (const [i, column] of columns.entries()) {
    const channel = Math.floor(((column - source.first) * outputChannels) / source.size);
    const isKnown = !Number.isNaN(factorOf[channel]!);
    if (isKnown && (factorOf[channel] !== factors[i] || addendOf[channel] !== addends[i])) return null;
    factorOf[channel] = factors[i]!;
    addendOf[channel] = addends[i]!;
  }
  if (factorOf.some(Number.isNaN)) return null;
  const width = spec.weight.length / outputChannels;
  wiring.spend(spec.weight.length);
  const weight = Float32Array.from(spec.weight, (value, i) => value * factorOf[Math.floor(i / width)]!);
  const bias = Float32Array.from(addendOf, (addend, c) => addend + (spec.bias?.[c] ?? 0) * factorOf[c]!);
  const folded = wiring.addLayer(layerName, source.columns, source.size, { ...spec, weight, bias, storage: "f32" });
  const axis = axisBefore(source);
  if (axis !== undefined) rememberAxis(folded, axis);
  const moved = columns.map((column) => column - source.first + folded.first);
  return columnsSignal(moved, signal.step, signal.isReversed);
}
