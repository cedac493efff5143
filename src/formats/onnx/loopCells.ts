// Recognizes LSTM and RNN cells that a loop's body has as single operations:
//
//   c' = f * c + i * g,  h' = o * k(c')        f, i, o = s(W x + b + R h),  g = k(W x + b + R h)
//   h' = k(W x + b + R h)

import {
  type Activation,
  completeActivation,
  describeActivation,
  type ElementFunction,
} from "../../layers/activation.js";
import type { Call } from "./call.js";
import { Expansion, type Gate, isProduct, isSame, joinGates, leftOf, madeOf, readGate, rightOf } from "./cellParts.js";
import { bareColumns } from "./signals.js";
import { columnsSignal, type Value } from "./value.js";
import {
  columnsOf,
  type InputSource,
  isColumnOf,
  type RecurrentSource,
  runStart,
  type Source,
  type Wiring,
  ZERO,
} from "./wiring.js";

/** A state of a loop. */
export interface LoopState {
  /** Its columns in the body. */
  readonly source: InputSource;
  readonly initial: Value;
  /** Its columns after a step. */
  readonly next: Int32Array;
  /** The loop in a message. */
  readonly subject: string;
}

/** The source that is a state after a step, as a whole. */
function wholeOf({ next }: LoopState, wiring: Wiring): Source | null {
  if (next.length === 0 || next.includes(ZERO)) return null;
  const source = wiring.sourceOf(next[0]!);
  return next.length === source.size && runStart(next, source) === 0 ? source : null;
}

const isAlike = (a: Activation, b: Activation) => describeActivation(a) === describeActivation(b);

/** Whether gates read features and nothing that a loop carries. */
function isOfFrame(gates: readonly Gate[], states: readonly LoopState[], wiring: Wiring): boolean {
  wiring.spend(gates.reduce((sum, { columns }) => sum + columns.length * states.length, 0));
  return gates.every(({ columns }) =>
    columns.every((column) => !states.some(({ source }) => isColumnOf(source, column))),
  );
}

/** The RNN that keeps a state; null where it is none. */
export function recognizeRnnCell(
  { wiring }: Call,
  state: LoopState,
  states: readonly LoopState[],
): RecurrentSource | null {
  const whole = wholeOf(state, wiring);
  if (whole === null || whole.type === "recurrent") return null;
  const h = columnsOf(state.source);
  const gate = readGate(state.next, h, wiring);
  if (gate === null || !isOfFrame([gate], states, wiring) || gate.recurrentWeight.every((weight) => weight === 0))
    return null;
  const joined = joinGates([gate], h.length);
  if (joined === null) return null;
  const { columns, weight, recurrentWeight, bias } = joined;
  return {
    ...layerOf(whole, h.length, new Map([["h", h]])),
    columns,
    cell: { type: "rnn", activation: gate.activation, recurrentWeight, bias },
    weight,
  };
}

/** The LSTM whose output is a state, and the state that is its cell; null where there is none. */
export function recognizeLstmCell(
  { wiring }: Call,
  state: LoopState,
  states: readonly LoopState[],
): { readonly source: RecurrentSource; readonly cell: LoopState } | null {
  const whole = wholeOf(state, wiring);
  if (whole === null || !isProduct(whole)) return null;
  const h = columnsOf(state.source);
  for (const [gate, other] of [
    [leftOf(whole), rightOf(whole)],
    [rightOf(whole), leftOf(whole)],
  ] as const) {
    const output = outputOf(other, states, wiring);
    const o = output && readGate(gate, h, wiring);
    if (!o) continue;
    const gates = readCell(output.cell, h, o, wiring);
    if (gates === null || !isOfFrame(gates, states, wiring)) continue;
    const joined = joinGates(gates, h.length);
    if (joined === null) continue;
    const { columns, weight, recurrentWeight, bias } = joined;
    const blocks = new Map([
      ["h", h],
      ["c", columnsOf(output.cell.source)],
    ]);
    const cell = {
      type: "lstm",
      gateActivation: o.activation,
      newActivation: gates[2]!.activation,
      outputActivation: output.activation,
      recurrentWeight,
      bias,
    } as const;
    return { source: { ...layerOf(whole, h.length, blocks), columns, cell, weight }, cell: output.cell };
  }
  return null;
}

/** The state whose next value a factor is a function of. */
function outputOf(
  factor: Int32Array,
  states: readonly LoopState[],
  wiring: Wiring,
): { readonly cell: LoopState; readonly activation: Activation } | null {
  const same = states.find(({ next }) => isSame(next, factor));
  if (same !== undefined) return { cell: same, activation: completeActivation<ElementFunction>("linear") };
  if (factor.includes(ZERO)) return null;
  const made = madeOf(factor, wiring);
  const of = made && bareColumns(made.signal);
  const cell = of && states.find(({ next }) => isSame(next, of));
  return cell ? { cell, activation: made!.activation } : null;
}

/** The gates i, f, g, o of c' = f * c + i * g; null for another sum. */
function readCell(cell: LoopState, h: Int32Array, o: Gate, wiring: Wiring): Gate[] | null {
  const terms = new Expansion(wiring).ofSignal(columnsSignal(cell.next, "each", false), h.length);
  const products = terms === null ? [] : [...terms.values()];
  const c = columnsOf(cell.source);
  if (products.length !== 2 || products.some(({ factor, vectors }) => factor !== 1 || vectors.length !== 2))
    return null;
  const kept = products.find(({ vectors }) => vectors.some((vector) => isSame(vector, c)));
  const added = products.find((one) => one !== kept);
  const forget = kept?.vectors.find((vector) => !isSame(vector, c));
  if (forget === undefined || added === undefined) return null;
  const f = readGate(forget, h, wiring);
  const [a, b] = added.vectors.map((vector) => readGate(vector, h, wiring));
  if (!f || !a || !b || !isAlike(f.activation, o.activation)) return null;
  if (isAlike(a.activation, f.activation)) return [a, f, b, o];
  return isAlike(b.activation, f.activation) ? [b, f, a, o] : null;
}

/** A layer of one step in the place of a source. */
function layerOf({ name, first, size }: Source, hiddenSize: number, initialState: ReadonlyMap<string, Int32Array>) {
  return {
    type: "recurrent",
    name,
    first,
    size,
    hiddenSize,
    direction: "forward",
    rows: 1,
    frameSteps: null,
    initialState,
    isOneStep: true,
  } as const;
}
