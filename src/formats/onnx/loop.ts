// The operators Loop and Scan over the steps of a sequence: their body is a graph of one step, which is read once.
// https://onnx.ai/onnx/operators/onnx__Loop.html, https://onnx.ai/onnx/operators/onnx__Scan.html

import { type Axis, axisIndex, numFeatures } from "./axes.js";
import type { Call } from "./call.js";
import { checkCounters, checkTrips, countAfter, mostTrips, takeStep, tripsOf } from "./loopCount.js";
import type { LoopState } from "./loopCells.js";
import { keepStates } from "./loopStates.js";
import type { GraphProto } from "./modelProto.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { pickEnd } from "./selectOperators.js";
import { columnsFor } from "./signals.js";
import {
  type Count,
  type LoopSteps,
  columnsSignal,
  describeContent,
  reindex,
  type Signal,
  sourceSignal,
  type Value,
} from "./value.js";
import { columnsOf, type InputSource } from "./wiring.js";

/** Reads a body with values for its inputs; null where a node of it cannot be run. */
export type ReadBody = (inputs: readonly Value[]) => Value[] | null;

/** A value that a body gives to its next step. */
type Carried =
  | { readonly kind: "same"; readonly value: Value }
  | { readonly kind: "count"; readonly value: Value; readonly count: Count }
  | { readonly kind: "features"; readonly value: Value; readonly initial: Value; readonly source: InputSource };

/** The outputs of a Loop; undefined for one that no layer gives. */
export function readLoop(call: Call, body: GraphProto, readBody: ReadBody): (Value | undefined)[] | null {
  const numStates = Math.max(0, call.numInputs - 2);
  const isComplete = body.inputs.length === 2 + numStates && body.outputs.length > numStates;
  demand(
    isComplete,
    `its body has ${body.inputs.length} inputs and ${body.outputs.length} outputs for ${numStates} states`,
  );
  const start = call.optional(1);
  demand(start === null || isAlways(start), "its first condition is not known before the graph runs");
  const steps: LoopSteps = { isReversed: null, axis: null, counters: [] };
  const iteration: Count = { steps, first: 0, delta: 1 };
  const carried = Array.from({ length: numStates }, (_, i) => carry(call, body, i, 2, 1, steps));
  const outputs = readBody([
    counterOf(iteration, []),
    { axes: [], content: { kind: "constant", values: Float64Array.of(1), isFloat: false, isFloat16: false } },
    ...carried.map(({ value }) => value),
  ]);
  if (outputs === null) return null;
  const [condition, ...rest] = outputs;
  const next = rest.slice(0, numStates);
  advance(carried, next);
  checkCounters(steps);
  const axis = timeOf(steps);
  const most = call.optional(0);
  const trips = most === null ? [] : [mostTrips(most)];
  if (condition!.content.kind === "condition") trips.push(...tripsOf(condition!.content));
  else demand(isAlways(condition!), `its condition is ${describeContent(condition!.content)}: it may end at any step`);
  checkTrips(trips, axis);
  const sequences = rest.slice(numStates).map((value) => sequenceOf(call, value, steps));
  return [...finish(call, carried, next, steps), ...sequences];
}

/** The outputs of a Scan; likewise. */
export function readScan(call: Call, body: GraphProto, readBody: ReadBody): (Value | undefined)[] | null {
  demand(call.reading.opset >= 9, "it is of operator set 8: export the model with a newer one");
  const numSequences = call.int("num_scan_inputs", 0);
  const numStates = call.numInputs - numSequences;
  const isComplete = numStates >= 0 && body.inputs.length === call.numInputs && body.outputs.length >= numStates;
  demand(
    isComplete,
    `its body has ${body.inputs.length} inputs and ${body.outputs.length} outputs for ${numStates} states`,
  );
  demand(numSequences > 0, "it reads no sequence");
  const steps: LoopSteps = { isReversed: null, axis: null, counters: [] };
  const carried = Array.from({ length: numStates }, (_, i) => carry(call, body, i, 0, 0, steps));
  const list = (name: string, i: number) => call.ints(name)?.[i] ?? 0;
  const frames = Array.from({ length: numSequences }, (_, i) => {
    const value = call.input(numStates + i);
    const axis = axisIndex(list("scan_input_axes", i), value.axes.length);
    return takeStep(call, steps, value, axis, null, list("scan_input_directions", i) !== 0);
  });
  const outputs = readBody([...carried.map(({ value }) => value), ...frames]);
  if (outputs === null) return null;
  const next = outputs.slice(0, numStates);
  advance(carried, next);
  checkCounters(steps);
  const sequences = outputs.slice(numStates).map((value, i) => {
    const sequence = sequenceOf(call, value, steps, list("scan_output_directions", i) !== 0);
    if (sequence === undefined) return undefined;
    const rank = sequence.axes.length;
    const at = axisIndex(list("scan_output_axes", i), rank);
    const order = Array.from({ length: rank - 1 }, (_, k) => k + 1);
    return permuted(call, sequence, [...order.slice(0, at), 0, ...order.slice(at)]);
  });
  return [...finish(call, carried, next, steps), ...sequences];
}

const isAlways = ({ content }: Value) =>
  content.kind === "constant" && content.values.length === 1 && content.values[0] !== 0;

const counterOf = (of: Count, axes: Value["axes"]): Value => ({ axes, content: { kind: "counter", of, add: 0 } });

function timeOf({ axis }: LoopSteps): Axis {
  demand(axis !== null, "it reads no sequence step by step");
  return axis;
}

/** The value of a state at each step. @param inputs and outputs of the body before the states */
function carry(call: Call, body: GraphProto, i: number, inputs: number, outputs: number, steps: LoopSteps): Carried {
  const initial = ofOneRow(call, call.input(inputs + i));
  const { name } = body.inputs[inputs + i]!;
  const { axes, content } = initial;
  if (isPassedOn(body, name, body.outputs[outputs + i]!.name)) return { kind: "same", value: initial };
  const isNumber = numFeatures(axes) === 1 && axes.every((axis) => typeof axis === "number");
  if (content.kind === "constant" && !content.isFloat && isNumber) {
    const count: Count = { steps, first: content.values[0]!, delta: null };
    return { kind: "count", value: counterOf(count, axes), count };
  }
  const isState = content.kind === "signal" ? content.step === "each" : content.kind === "constant" && content.isFloat;
  demand(isState, `its state ${name} begins as ${describeContent(content)}`);
  const source = call.wiring.add<InputSource>({ type: "input", name, size: numFeatures(axes) });
  return { kind: "features", value: { axes, content: sourceSignal(source) }, initial, source };
}

/** A constant for the rows of a frozen batch, which all begin alike, as that of one row. */
function ofOneRow(call: Call, value: Value): Value {
  const [rows, ...others] = value.axes;
  const { content } = value;
  if (content.kind !== "constant" || typeof rows !== "number" || rows < 2 || others.length === 0) return value;
  const width = content.values.length / rows;
  if (!content.values.every((number, i) => number === content.values[i % width])) return value;
  return reindex(
    value,
    [1, ...others],
    Int32Array.from({ length: width }, (_, k) => k),
    call.wiring,
  );
}

/** Whether a body gives an input back as it is. */
function isPassedOn({ nodes }: GraphProto, input: string, output: string): boolean {
  const from = new Map(
    nodes.flatMap((node) => (node.operator === "Identity" ? [[node.outputs[0]!, node.inputs[0]!]] : [])),
  );
  let name: string | undefined = output;
  for (let left = from.size; name !== input && left >= 0; left--) name = name === undefined ? name : from.get(name);
  return name === input;
}

/** How much more each counter is after a step. */
function advance(carried: readonly Carried[], next: readonly Value[]): void {
  for (const [i, one] of carried.entries()) {
    if (one.kind !== "count") continue;
    const content = next[i]!.content;
    const isOwn = content.kind === "counter" && content.of === one.count;
    demand(isOwn, `its whole number, state ${i}, is no counter: it comes back as ${describeContent(content)}`);
    one.count.delta = content.add;
  }
}

/** The states after the last step. */
function finish(
  call: Call,
  carried: readonly Carried[],
  next: readonly Value[],
  steps: LoopSteps,
): (Value | undefined)[] {
  timeOf(steps);
  const { wiring, subject, layerName } = call;
  const isReversed = steps.isReversed === true;
  const states = carried.flatMap((one, i): LoopState[] => {
    if (one.kind !== "features") return [];
    const { axes, content } = next[i]!;
    const { source, initial } = one;
    checkFrame(call, axes);
    demand(
      content.kind === "signal" && content.step === "each",
      `its state ${source.name} comes back as ${describeContent(content)}`,
    );
    demand(shapeOf(axes) === shapeOf(initial.axes), `its state ${source.name} comes back in another shape`);
    return [{ source, initial, next: columnsFor(content, wiring, `${layerName}_${source.name}`), subject }];
  });
  const cells = keepStates(call, states, isReversed);
  return carried.map((one, i) => {
    if (one.kind === "same") return one.value;
    if (one.kind === "count") return countAfter(one.count);
    const state = states.find(({ source }) => source === one.source)!;
    const cell = cells.get(state);
    const { axes } = next[i]!;
    if (cell !== undefined)
      return { axes, content: columnsSignal(columnsOf(wiring.finalOf(cell, "c")), "final", false) };
    const content = columnsSignal(state.next, "each", isReversed);
    return { axes, content: pickEnd(call, content, isReversed ? "first" : "last") };
  });
}

/** Checks that a value of each step is a frame of it, and not of the whole sequence. */
function checkFrame({ reading }: Call, axes: readonly Axis[]): void {
  const free = axes.filter((axis) => typeof axis !== "number");
  demand(free.length <= 1, "it gives a value of the whole sequence at each step");
  for (const axis of free) reading.roles.bind(axis, "batch");
}

/** The features of a value, without axes of one element. */
const shapeOf = (axes: readonly Axis[]) => axes.filter((axis) => typeof axis === "number" && axis !== 1).join();

/** The values of all steps together; undefined for values that are no features. */
function sequenceOf(call: Call, value: Value, steps: LoopSteps, turns = false): Value<Signal> | undefined {
  const { content } = value;
  if (content.kind !== "signal") return undefined;
  if (content.step !== "each") throw new Refusal("it gives a value of the whole sequence at each step");
  checkFrame(call, value.axes);
  const isReversed = (steps.isReversed === true) !== turns;
  return { axes: [timeOf(steps), ...value.axes], content: { ...content, isReversed } };
}
