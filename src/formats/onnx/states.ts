// The states that a graph carries by its own inputs and outputs: which output is an input's next value.

import { GruError } from "../../errors.js";
import { type End, type FeatureInput, hasTime, isOne } from "./ends.js";
import { columnsOf, type InputSource, isColumnOf, type RecurrentSource, type Wiring } from "./wiring.js";

/** Graph inputs whose next value is an output, by the input. */
export type Pairs = ReadonlyMap<FeatureInput, End>;

/**
 * Finds the output that each state input comes back as: the one that the caller names; the one with the state of the layers that
 * begin from it; else, in a graph of one step, the one of the same shape and of a name like it.
 *
 * @param layers recurrent layers that an output depends on
 * @param named by the caller, from input to output
 */
export function pairStates(
  inputs: readonly FeatureInput[],
  ends: readonly End[],
  layers: readonly RecurrentSource[],
  named: ReadonlyMap<string, string>,
  wiring: Wiring,
): Pairs {
  const pairs = new Map<FeatureInput, End>();
  const taken = new Set<End>();
  const looks = new Map([...inputs, ...ends].map((one) => [one, lookOf(one)]));
  const isNamedLike = (input: FeatureInput, end: End) => looks.get(input)!.stem === looks.get(end)!.stem;
  const isAlike = (input: FeatureInput, end: End) => looks.get(input)!.shape === looks.get(end)!.shape;
  // A cell's output is its state, too: of outputs that are the same numbers, the one that looks most like the input.
  const likeness = (input: FeatureInput, end: End) => 2 * Number(isNamedLike(input, end)) + Number(isAlike(input, end));
  const pairAll = (candidates: readonly FeatureInput[], matches: (input: FeatureInput, end: End) => boolean) => {
    for (const input of candidates) {
      if (pairs.has(input)) continue;
      const { size } = input.source;
      const fitting = ends.filter((end) => !taken.has(end) && end.columns.length === size && matches(input, end));
      const [end] = fitting.sort((one, other) => likeness(input, other) - likeness(input, one));
      if (end === undefined) continue;
      pairs.set(input, end);
      taken.add(end);
    }
  };
  pairAll(inputs, ({ port }, end) => named.get(port.name) === end.port.name);
  for (const [input, output] of named) {
    const isPaired = inputs.some((one) => one.port.name === input && pairs.has(one));
    if (!isPaired) throw new GruError("unsupported", `states.${input}: expected an output of its shape, got ${output}`);
  }
  const keptOf = new Map(
    inputs.map(({ source }) => [source, layers.flatMap((layer) => keptElements(source, layer, wiring))]),
  );
  pairAll(inputs, ({ source }, { columns }) => {
    const kept = keptOf.get(source)!;
    return kept.length > 0 && kept.every(({ element, after }) => columns[element] === after);
  });
  if (inputs.some(({ axes }) => hasTime(axes))) return pairs;
  const main = inputs.find((input) => !pairs.has(input) && !STATE.test(input.port.name));
  const others = inputs.filter((input) => input !== main);
  pairAll(others, (input, end) => isNamedLike(input, end) && isAlike(input, end));
  pairAll(
    others.filter(({ port }) => STATE.test(port.name)),
    (input, end) => STATE.test(end.port.name) && isAlike(input, end),
  );
  return pairs;
}

/** An element of a graph input that a layer begins with, and the column with its value after the step. */
export interface KeptElement {
  readonly element: number;
  readonly after: number;
}

/** The elements of an input that are a layer's initial state. */
export function keptElements(source: InputSource, layer: RecurrentSource, wiring: Wiring): KeptElement[] {
  return [...layer.initialState].flatMap(([block, before]) => {
    const after = block === "h" ? afterFrame(layer) : null;
    const columns = after ?? columnsOf(wiring.finalOf(layer, block));
    return [...before.entries()]
      .filter(([, column]) => isColumnOf(source, column))
      .map(([i, column]) => ({ element: column - source.first, after: columns[i]! }));
  });
}

/** The columns of a layer's output that are h after a frame, [rows H]; null where a frame is a step of a sequence that the graph has whole. */
export function afterFrame(layer: RecurrentSource): Int32Array | null {
  const { rows, frameSteps, hiddenSize, isOneStep } = layer;
  if (isOneStep) return columnsOf(layer);
  if (frameSteps === null) return null;
  return Int32Array.from({ length: rows * hiddenSize }, (_, unit) => {
    const row = Math.floor(unit / hiddenSize);
    return layer.first + (row * frameSteps + frameSteps - 1) * hiddenSize + (unit % hiddenSize);
  });
}

/** Words of a name that tell the state before from the state after. */
const PLACES = new Set("in input out output new next present past prev previous old updated n".split(" "));

/** A name without those words: "h" for h0, hn and h_out, "state" for stateN. */
function stemOf(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const own = words.filter((word) => !PLACES.has(word)).map((word) => word.replace(/^([a-z])[0n]$/, "$1"));
  return own.join(" ");
}

/** Names of states. */
const STATE = /state|cache|hidden|memory|buffer|context|^[hc](_?(0|n|in|out|prev|next|new))?$/i;

/** What tells that an input and an output are one state: the stem of the name, and the sizes of features among all axes. */
function lookOf({ port, axes }: FeatureInput | End): { readonly stem: string; readonly shape: string } {
  return {
    stem: stemOf(port.name),
    shape: axes.map((axis) => (isOne(axis) ? 1 : typeof axis === "number" ? axis : "")).join(),
  };
}
