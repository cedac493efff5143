// Sums over all steps of a sequence, and sums weighted by a softmax of all steps: attention.

import type { Aggregate } from "../../layers/aggregate.js";
import type { Reduction } from "../../layers/reduce.js";
import type { Axis, FreeAxis } from "./axes.js";
import type { Call } from "./call.js";
import { demand, Refusal } from "./refusal.js";
import { columnsFor, scaled } from "./signals.js";
import { columnsSignal, type Signal, sourceSignal, widthOf } from "./value.js";
import { type PendingSource, type Source, type Wiring, ZERO } from "./wiring.js";

/** Takes an axis for that of time. */
export function bindTime({ reading }: Call, { step }: Signal, axis: Axis): void {
  demand(typeof axis !== "number", "it runs along features where there is time");
  demand(step === "each", "it runs along a value that comes once, at a sequence's end");
  reading.roles.bind(axis, "time");
}

/** One frame of all steps. @param axis that of time */
export function overTime(call: Call, content: Signal, axis: Axis, operation: Reduction): Signal {
  bindTime(call, content, axis);
  if (operation === "min") return negative(call, overTime(call, negative(call, content), axis, "max"));
  const isAggregate = operation === "mean" || operation === "max" || operation === "sum";
  if (!isAggregate) throw new Refusal(`it computes ${operation} over time`);
  const columns = columnsFor(content, call.wiring, call.layerName);
  call.wiring.spend(columns.length);
  const attended = operation === "sum" ? attention(call, columns) : null;
  return columnsSignal(attended ?? aggregate(call, columns, operation), "final", false);
}

function negative({ wiring, layerName }: Call, signal: Signal): Signal {
  return scaled(signal, new Float64Array(widthOf(signal)).fill(-1), wiring, layerName);
}

function aggregate({ wiring, layerName }: Call, columns: Int32Array, operation: Aggregate): Int32Array {
  const { length } = columns;
  const { first } = wiring.addLayer(layerName, columns, length, { type: "aggregate", inputSize: length, operation });
  return columns.map((_, i) => first + i);
}

/** Weights of all steps, which a weighted sum must follow. */
export function softmaxOverTime(call: Call, content: Signal, axis: Axis): Signal {
  bindTime(call, content, axis);
  const { wiring, layerName: name, subject } = call;
  const columns = columnsFor(content, wiring, name);
  const fault = "it runs over time, and no sum of all steps with these weights follows it";
  const way = { kind: "softmax" } as const;
  const { length: size } = columns;
  const source = wiring.add<PendingSource>({ type: "pending", name, size, columns, way, subject, fault });
  return sourceSignal(source, content.step, content.isReversed);
}

/** The columns of an attention layer where all columns are products of a softmax over time and a value; else null. */
function attention({ wiring, layerName }: Call, columns: Int32Array): Int32Array | null {
  const heads = new Map<number, { readonly values: number[]; readonly places: number[] }>();
  for (const [place, column] of columns.entries()) {
    const factors = factorsOf(column, wiring);
    if (factors === null) return null;
    const head = heads.get(factors.score) ?? { values: [], places: [] };
    heads.set(factors.score, head);
    head.values.push(factors.value);
    head.places.push(place);
  }
  const parts = [...heads.values()];
  const isEven = parts.every(({ values }) => values.length === parts[0]!.values.length);
  demand(isEven, "it weighs different numbers of features by each softmax");
  const read = Int32Array.from([...heads.keys(), ...parts.flatMap(({ values }) => values)]);
  const [numHeads, valueSize] = [heads.size, columns.length];
  const spec = { type: "attention", heads: numHeads, valueSize, inputSize: numHeads + valueSize } as const;
  const { first } = wiring.addLayer(layerName, read, valueSize, spec);
  const attended = new Int32Array(valueSize);
  parts.flatMap(({ places }) => places).forEach((place, i) => (attended[place] = first + i));
  return attended;
}

/** The score whose softmax is one factor of a product, and the other factor; null for other columns. */
function factorsOf(column: number, wiring: Wiring): { readonly score: number; readonly value: number } | null {
  if (column === ZERO) return null;
  const source = wiring.sourceOf(column);
  if (source.type !== "layer" || source.spec.type !== "map") return null;
  const { operation, operand, bias, activation } = source.spec;
  const isBare = !operand && !bias && (activation === undefined || nameOf(activation) === "linear");
  if (operation !== "multiply" || !isBare) return null;
  const at = column - source.first;
  const factors = [source.columns[at]!, source.columns[at + source.size]!];
  const weight = factors.findIndex((one) => one !== ZERO && isSoftmax(wiring.sourceOf(one)));
  if (weight < 0) return null;
  const softmax = wiring.sourceOf(factors[weight]!) as PendingSource;
  wiring.completed.add(softmax);
  return { score: softmax.columns[factors[weight]! - softmax.first]!, value: factors[1 - weight]! };
}

const nameOf = (activation: string | { readonly name: string }) =>
  typeof activation === "string" ? activation : activation.name;

const isSoftmax = (source: Source) => source.type === "pending" && source.way.kind === "softmax";

/**
 * All steps of a sequence side by side, [T I]: of a sequence whose number of steps is in the file.
 *
 * @returns the columns of step t at t I
 */
export function stepsTogether(call: Call, content: Signal, axis: Axis): Int32Array {
  bindTime(call, content, axis);
  const { wiring, layerName } = call;
  const [free] = (axis as readonly FreeAxis[]).filter(({ root }) => root.size !== 1);
  const numSteps = free?.root.size;
  demand(typeof numSteps === "number", "it puts all steps into one frame, and their number is not in the file");
  const columns = columnsFor(content, wiring, layerName);
  const inputSize = columns.length;
  wiring.checkWidth(inputSize * numSteps);
  wiring.spend(inputSize * numSteps);
  const spec = { type: "flatten", inputSize, sequenceLength: numSteps } as const;
  const { first } = wiring.addLayer(layerName, columns, inputSize * numSteps, spec);
  return Int32Array.from({ length: inputSize * numSteps }, (_, i) => {
    const step = Math.floor(i / inputSize);
    return first + (content.isReversed ? numSteps - 1 - step : step) * inputSize + (i % inputSize);
  });
}
