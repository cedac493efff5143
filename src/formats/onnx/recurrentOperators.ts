// The operators GRU, LSTM and RNN: https://onnx.ai/onnx/operators/onnx__LSTM.html

import type { Direction } from "../../layers/direction.js";
import { quote } from "../quote.js";
import { type Axis, dimensionOf, isSameDimension, joinAxes } from "./axes.js";
import type { Call, Operator } from "./call.js";
import { type CellKind, GRU, LSTM, readCell, RNN } from "./cells.js";
import { readInitialState } from "./initialState.js";
import { demand, Refusal } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import { columnsFor } from "./signals.js";
import { columnsSignal, type Signal, sizesOf, type Value } from "./value.js";
import { columnsOf, type RecurrentSource } from "./wiring.js";

export const recurrentOperators: Readonly<Record<string, Operator>> = {
  GRU: (call) => recurrent(call, GRU),
  LSTM: (call) => recurrent(call, LSTM),
  RNN: (call) => recurrent(call, RNN),
};

function recurrent(call: Call, kind: CellKind): Value[] {
  const isBatchFirst = call.int("layout", 0) !== 0;
  const first = call.signal(0);
  demand(first.axes.length === 3, `it needs an input of 3 axes, and gets ${first.axes.length}`);
  const input = (isBatchFirst ? permuted(call, first, [1, 0, 2]) : first) as Value<Signal>;
  const outputs = run(call, kind, input, isBatchFirst);
  if (!isBatchFirst) return outputs;
  return outputs.map((output, i) => permuted(call, output, i === 0 ? [2, 0, 1, 3] : [1, 0, 2]));
}

/** The way in which a node's layers read and give frames. */
interface Run {
  readonly time: Axis;
  readonly batch: Axis;
  /** ONNX's; one for each layer where the directions are layers of their own. */
  readonly directions: readonly Direction[];
  readonly numDirections: number;
  readonly hiddenSize: number;
  readonly rows: number;
  readonly frameSteps: number | null;
  /** Whether the graph has one step of the sequence, and the state is an input. */
  readonly isOneStep: boolean;
}

const DIRECTIONS = ["forward", "reverse", "bidirectional"] as const;

/** @param input [time, batch, features] */
function run(call: Call, kind: CellKind, input: Value<Signal>, isBatchFirst: boolean): Value[] {
  const { wiring, reading } = call;
  const direction = DIRECTIONS.find((word) => word === call.string("direction", "forward"));
  if (direction === undefined) throw new Refusal(`its direction is ${quote(call.string("direction", ""))}`);
  const numDirections = direction === "bidirectional" ? 2 : 1;
  const [time, batch, features] = input.axes as [Axis, Axis, Axis];
  demand(typeof features === "number", "it reads time or batch as features");
  const cell = readCell(call, kind, numDirections, features);
  const { hiddenSize } = cell;
  const rows = typeof batch === "number" ? batch : 1;
  const sizes = { numDirections, rows, hiddenSize };
  const states = kind.blocks.map((_, i) =>
    readInitialState(call, 5 + i, `initial_${kind.blocks[i]!}`, sizes, isBatchFirst),
  );
  const isOneStep = time === 1 && states.some((state) => state instanceof Int32Array);
  const frameSteps = typeof time === "number" && !isOneStep ? time : null;
  // Some steps of the sequence, in each frame.
  const keepsState = frameSteps !== null && states.some((state) => state instanceof Int32Array);
  if (frameSteps === null) reading.roles.bind(time, "time");
  // Where the steps are an axis of each frame, its rows may be time and batch joined.
  const isJoined = frameSteps !== null && typeof batch !== "number" && batch.length > 1;
  if (typeof batch !== "number" && !isJoined) reading.roles.bind(batch, "batch");
  const hasLengths = readLengths(call, time, batch);
  const { isReversed } = input.content;
  if (frameSteps === null) {
    demand(input.content.step === "each", "it reads a value that comes once, at a sequence's end");
    demand(!isReversed || direction !== "bidirectional", "it is bidirectional and reads its input backwards");
  } else {
    demand(frameSteps > 0 && rows > 0, "it has no steps");
    demand(!hasLengths, "it has lengths along an axis of each frame");
    const isForward = direction === "forward" || !keepsState;
    demand(isForward, `its initial state is an input, its steps are an axis of each frame, and it is ${direction}`);
  }
  const isAlike = JSON.stringify(cell.options[0]) === JSON.stringify(cell.options.at(-1));
  const isSplit = !isAlike || (numDirections === 2 && frameSteps === null && (isOneStep || rows > 1));
  const turned =
    isReversed && frameSteps === null && direction !== "bidirectional"
      ? direction === "forward"
        ? "reverse"
        : "forward"
      : direction;
  const directions: Direction[] = isSplit ? ["forward", "reverse"] : [turned];
  const value = frameSteps === null ? input : (permuted(call, input, [1, 0, 2]) as Value<Signal>);
  const columns = columnsFor(value.content, wiring, `${call.layerName}_input`);
  const sources = directions.map((own, d) => {
    const part = <A extends Float32Array | Int32Array>(values: A) =>
      (isSplit ? values.subarray((d * values.length) / 2, ((d + 1) * values.length) / 2) : values) as A;
    const given = kind.blocks.flatMap((name, i) => {
      const state = states[i]!;
      return state instanceof Int32Array ? [[name, part(state)] as const] : [];
    });
    const [h, c] = states.map((state) => (state instanceof Float32Array ? part(state) : null));
    const numbers = { ...(h && { initialState: h }), ...(c && { initialCell: c }) };
    return wiring.add<RecurrentSource>({
      type: "recurrent",
      name: isSplit ? `${call.layerName}_${own}` : call.layerName,
      size: rows * (frameSteps ?? 1) * (isSplit ? 1 : numDirections) * hiddenSize,
      columns,
      hiddenSize,
      direction: isOneStep ? "forward" : own,
      rows,
      frameSteps,
      cell: {
        ...cell.options[isSplit ? d : 0]!,
        recurrentWeight: part(cell.recurrentWeight),
        bias: cell.bias && part(cell.bias),
        recurrentBias: cell.recurrentBias && part(cell.recurrentBias),
        storage: cell.isFloat16 ? "f16" : "f32",
        keepsState,
        ...numbers,
      } as RecurrentSource["cell"],
      weight: part(cell.weight),
      initialState: new Map(given),
      isOneStep,
    });
  });
  const way: Run = { time, batch, directions, numDirections, hiddenSize, rows, frameSteps, isOneStep };
  if (frameSteps !== null) {
    const outputs = alongFrame(call, sources, way, input.content);
    return keepsState ? [...outputs, ...otherStates(call, kind, sources[0]!, way)] : outputs;
  }
  for (const source of sources) reading.hasLengths.set(source, hasLengths);
  return alongTime(call, kind, sources, way, isReversed);
}

/** Y, Y_h and, of an LSTM, Y_c of a recurrence along time. */
function alongTime(
  { wiring }: Call,
  { blocks }: CellKind,
  sources: readonly RecurrentSource[],
  { time, batch, numDirections, hiddenSize, isOneStep }: Run,
  isReversed: boolean,
): Value[] {
  const sequence = joined(sources.map(columnsOf));
  const states = blocks.map((block): Value => {
    const ends = () => joined(sources.map((source) => columnsOf(wiring.finalOf(source, block))));
    const content =
      isOneStep && block === "h"
        ? columnsSignal(sequence, "each", false)
        : columnsSignal(ends(), isOneStep ? "each" : "final", false);
    return { axes: [numDirections, batch, hiddenSize], content };
  });
  return [
    { axes: [time, numDirections, batch, hiddenSize], content: columnsSignal(sequence, "each", isReversed) },
    ...states,
  ];
}

/** Y and Y_h of a recurrence along an axis of each frame. */
function alongFrame(
  call: Call,
  sources: readonly RecurrentSource[],
  { batch, directions, numDirections, hiddenSize, rows, frameSteps }: Run,
  { step, isReversed }: Signal,
): Value[] {
  const steps = frameSteps!;
  const content = columnsSignal(joined(sources.map(columnsOf)), step, isReversed);
  const isSplit = sources.length > 1;
  const axes: Axis[] = isSplit ? [2, batch, steps, hiddenSize] : [batch, steps, numDirections, hiddenSize];
  const y = permuted(call, { axes, content }, isSplit ? [2, 0, 1, 3] : [1, 2, 0, 3]) as Value<Signal>;
  // Y is [steps, D, rows, H]: a direction ends at the last or at the first step.
  const [{ columns }] = y.content.terms as [Signal["terms"][0]];
  const isReverse = (d: number) => d === 1 || directions[0] === "reverse";
  const width = rows * hiddenSize;
  const ends = Int32Array.from({ length: numDirections * width }, (_, i) => {
    const d = Math.floor(i / width);
    const end = isReverse(d) ? 0 : steps - 1;
    return columns[(end * numDirections + d) * width + (i % width)]!;
  });
  return [y, { axes: [numDirections, batch, hiddenSize], content: columnsSignal(ends, step, isReversed) }];
}

/** States beside h after the steps of a frame: Y_c. */
function otherStates({ wiring }: Call, { blocks }: CellKind, source: RecurrentSource, way: Run): Value[] {
  const axes: Axis[] = [1, way.batch, way.hiddenSize];
  return blocks.slice(1).map((block) => {
    return { axes, content: columnsSignal(columnsOf(wiring.finalOf(source, block)), "each", false) };
  });
}

/** Whether the layer has lengths; lengths of the whole sequence count as none. */
function readLengths(call: Call, time: Axis, batch: Axis): boolean {
  const value = call.optional(4);
  if (value === null) return false;
  if (value.content.kind === "lengths") {
    for (const axis of value.axes) joinAxes(axis, batch);
    return true;
  }
  const isWhole = sizesOf(value).every((size) => isSameDimension(size, dimensionOf(time)));
  const way = "make it a graph input, and pass it to run as lengths";
  demand(isWhole, `its sequence_lens is a constant shorter than the sequence; ${way}`);
  return false;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
