// The states of a Loop or Scan: those that recurrent layers keep, and those that a layer carries.

import type { Call } from "./call.js";
import { type LoopState, recognizeLstmCell, recognizeRnnCell } from "./loopCells.js";
import { demand } from "./refusal.js";
import { bareColumns } from "./signals.js";
import { type CarriedState, columnsOf, isColumnOf, type RecurrentSource, type Wiring } from "./wiring.js";

/**
 * Makes layers along time of the cells that keep a loop's states.
 *
 * @returns the LSTMs by the states that are their cells
 */
export function keepStates(
  call: Call,
  states: readonly LoopState[],
  isReversed: boolean,
): Map<LoopState, RecurrentSource> {
  const { wiring, reading } = call;
  for (const source of wiring.sources) if (source.type === "recurrent") wiring.spend(states.length * source.size);
  const cells = new Map<LoopState, RecurrentSource>();
  const kept = new Set<LoopState>();
  const place = (ofStep: RecurrentSource) => {
    const source = alongTime(ofStep, states, isReversed, wiring);
    wiring.replace(source);
    reading.hasLengths.set(source, false);
    return source;
  };
  const layers = wiring.sources.filter((source) => source.type === "recurrent" && source.isOneStep);
  for (const source of layers as RecurrentSource[]) {
    const own = states.filter((state) => isReadBy(state, source));
    if (own.length === 0) continue;
    checkKept(source, states, wiring);
    place(source);
    for (const state of own) kept.add(state);
  }
  for (const state of states) {
    if (kept.has(state)) continue;
    const lstm = recognizeLstmCell(call, state, states);
    if (lstm !== null) {
      cells.set(lstm.cell, place(lstm.source));
      kept.add(state).add(lstm.cell);
      continue;
    }
    const rnn = recognizeRnnCell(call, state, states);
    if (rnn !== null) {
      place(rnn);
      kept.add(state);
    }
  }
  for (const state of states) reading.carried.set(state.source, carriedOf(state, isReversed));
  return cells;
}

const isReadBy = (state: LoopState, { initialState }: RecurrentSource) =>
  [...initialState.values()].some((columns) => columns.some((column) => isColumnOf(state.source, column)));

/** Checks that a layer of one step begins with its own state. */
function checkKept(source: RecurrentSource, states: readonly LoopState[], wiring: Wiring): void {
  for (const [block, columns] of source.initialState) {
    const after = block === "h" ? columnsOf(source) : columnsOf(wiring.finalOf(source, block));
    for (const [i, column] of columns.entries()) {
      const state = states.find((one) => isColumnOf(one.source, column));
      const isOwn = state !== undefined && state.next[column - state.source.first] === after[i];
      demand(isOwn, `its state ${state?.source.name ?? block} does not come back as that of ${source.name}`);
    }
  }
}

/** The layer of one step as one of the whole sequence. */
function alongTime(
  source: RecurrentSource,
  states: readonly LoopState[],
  isReversed: boolean,
  wiring: Wiring,
): RecurrentSource {
  const initialState = new Map<string, Int32Array>();
  const numbers: { initialState?: Float32Array; initialCell?: Float32Array } = {};
  for (const [block, columns] of source.initialState) {
    const begins = [...columns].map((column) => {
      const state = states.find((one) => isColumnOf(one.source, column))!;
      return beginOf(state, column - state.source.first);
    });
    if (begins.every((begin) => "number" in begin)) {
      const values = Float32Array.from(begins, (begin) => begin.number);
      if (values.some((value) => value !== 0)) numbers[block === "c" ? "initialCell" : "initialState"] = values;
      continue;
    }
    const inputs = begins.map((begin) => ("column" in begin ? begin.column : -1));
    const isInput = inputs.every((column) => column >= 0 && wiring.sourceOf(column).type === "input");
    demand(isInput, `the state that ${source.name} begins with comes from another layer, not from a graph input`);
    initialState.set(block, Int32Array.from(inputs));
  }
  const direction = isReversed ? "reverse" : "forward";
  return {
    ...source,
    direction,
    isOneStep: false,
    initialState,
    cell: { ...source.cell, ...numbers } as RecurrentSource["cell"],
  };
}

/** One element of a state at first: a number, or a column; -1 for one that is computed. */
function beginOf({ initial }: LoopState, at: number): { readonly number: number } | { readonly column: number } {
  const { content } = initial;
  if (content.kind === "constant") return { number: content.values[at]! };
  const columns = content.kind === "signal" ? bareColumns(content) : null;
  return { column: columns?.[at] ?? -1 };
}

function carriedOf({ source, initial, next, subject }: LoopState, isReversed: boolean): CarriedState {
  const { content } = initial;
  const numbers = content.kind === "constant" ? Float32Array.from(content.values) : null;
  const state = `${subject}: its state ${source.name} is that of no GRU, LSTM or RNN`;
  const fault = isReversed
    ? `${state}, and the loop runs backwards`
    : numbers === null
      ? `${state}, and it begins as features`
      : null;
  return { next, fault, initial: numbers?.some((value) => value !== 0) === true ? numbers : null };
}
