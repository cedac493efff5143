import { type Axis, isTime } from "./axes.js";
import type { OnnxPort } from "./modelProto.js";
import { demand } from "./refusal.js";
import { columnsFor } from "./signals.js";
import { describeContent, type Signal, type Value } from "./value.js";
import type { InputSource, Wiring } from "./wiring.js";

/** A graph output and its columns. */
export interface End {
  readonly port: OnnxPort;
  readonly axes: readonly Axis[];
  readonly signal: Signal;
  readonly columns: Int32Array;
}

export function endOf(port: OnnxPort, { axes, content }: Value, wiring: Wiring): End {
  demand(content.kind === "signal", `its output ${port.name} is ${describeContent(content)}`);
  const isInOrder = axes.every(
    (axis) => typeof axis === "number" || axis.every(({ root }) => root.derived !== "sorted"),
  );
  demand(isInOrder, `its output ${port.name} is of rows by their lengths, not of those of the input`);
  const columns = columnsFor(content, wiring, port.name);
  demand(columns.length > 0, `its output ${port.name} has no features`);
  return { port, axes, signal: content, columns };
}

/** A graph input of features. */
export interface FeatureInput {
  readonly port: OnnxPort;
  readonly axes: readonly Axis[];
  readonly source: InputSource;
}

/** The inputs of features, in the graph's order. */
export function featureInputs(inputs: ReadonlyMap<OnnxPort, Value>, wiring: Wiring): FeatureInput[] {
  return [...inputs].flatMap(([port, { axes, content }]) => {
    if (content.kind !== "signal") return [];
    return [{ port, axes, source: wiring.sourceOf(content.terms[0]!.columns[0]!) as InputSource }];
  });
}

/** Whether a value has a frame for each step of the graph's sequence, and the graph is not of one step. */
export function hasTime(axes: readonly Axis[]): boolean {
  return axes.some((axis) => isTime(axis) && !isOne(axis));
}

/** Whether an axis has one element in the file. */
export function isOne(axis: Axis): boolean {
  return typeof axis === "number" ? axis === 1 : axis.every(({ root }) => root.size === 1);
}
