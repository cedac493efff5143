// The sources of a graph that become layers, and the states that it carries.

import { type End, endOf, type FeatureInput, featureInputs } from "./ends.js";
import type { GraphReading } from "./readGraph.js";
import { afterFrame, type Pairs, pairStates } from "./states.js";
import {
  type CarriedState,
  type InputSource,
  type RecurrentSource,
  runStart,
  type Source,
  type Wiring,
} from "./wiring.js";

/** The parts of a graph that become a network. */
export interface Parts {
  readonly reading: GraphReading["reading"];
  readonly inputs: GraphReading["inputs"];
  /** In the graph's order. */
  readonly ends: readonly End[];
  /** Outputs that are layers, and these layers. */
  readonly asked: ReadonlyMap<End, Source>;
  /** The network's output where all of the graph's are states. */
  readonly instead: readonly [End, Source] | null;
  readonly pairs: Pairs;
  /** Sources that an output or a state depends on, each after the sources that it reads. */
  readonly live: readonly Source[];
  readonly recurrent: readonly RecurrentSource[];
  /** State inputs that are carried as such: a layer reads them otherwise than as its own state. */
  readonly carried: readonly FeatureInput[];
  /** Likewise, states of loops. */
  readonly inLoops: ReadonlyMap<InputSource, CarriedState>;
}

/** Finds the parts. @param named the states that the caller names, from input to output */
export function partsOf({ reading, inputs, outputs }: GraphReading, named: ReadonlyMap<string, string>): Parts {
  const { wiring } = reading;
  const ends = [...outputs].flatMap(([port, value]) => {
    if (outputs.size === 1 || value?.content.kind !== "lengths") return [endOf(port, value!, wiring)];
    reading.notes.add(`Graph output ${port.name} is the lengths, which the caller has: it is left out.`);
    return [];
  });
  const features = featureInputs(inputs, wiring);
  const all = behind(sourcesOf(ends, wiring), wiring);
  const pairs = pairStates(features, ends, [...all].filter(isRecurrent), named, wiring);
  const states = ends.filter((end) => [...pairs.values()].includes(end) || isFinal(end, wiring));
  const given = ends.filter((end) => !states.includes(end));
  // With lengths, the last step of the graph is not that of each row.
  const hasLengths = [...inputs.values()].some((value) => value?.content.kind === "lengths");
  const isLast = ({ signal }: End) => signal.step === "first" || (signal.step === "last" && !hasLengths);
  const asked = new Map(given.map((end) => [end, isLast(end) ? lastOf(end, wiring) : wholeSource(end, wiring)]));
  const [layer] = stateSources(states, wiring);
  const hasNone = given.length === 0 && layer !== undefined;
  const instead = hasNone ? ([states[0]!, afterFrame(layer) === null ? wiring.finalOf(layer) : layer] as const) : null;
  const live = behind(
    [...asked.values(), ...((instead?.slice(1) as Source[]) ?? []), ...stateSources(states, wiring)],
    wiring,
  );
  // A state that a layer reads is carried: what it comes back as is needed, too.
  const carried = new Set<FeatureInput>();
  const inLoops = new Map<InputSource, CarriedState>();
  for (let isMore = true; isMore;) {
    const more = features.filter((input) => pairs.has(input) && !carried.has(input) && live.has(input.source));
    for (const input of more) {
      carried.add(input);
      behind(wiring.sourcesOf(pairs.get(input)!.columns), wiring, live);
    }
    const loops = [...reading.carried].filter(([source]) => live.has(source) && !inLoops.has(source));
    for (const [source, state] of loops) {
      inLoops.set(source, state);
      behind(wiring.sourcesOf(state.next), wiring, live);
    }
    isMore = more.length + loops.length > 0;
  }
  return {
    reading,
    inputs,
    ends,
    asked,
    instead,
    pairs,
    live: wiring.sources.filter((source) => live.has(source)),
    recurrent: [...live].filter(isRecurrent),
    carried: features.filter((input) => carried.has(input)),
    inLoops,
  };
}

const isRecurrent = (source: Source): source is RecurrentSource => source.type === "recurrent";

function sourcesOf(ends: readonly End[], wiring: Wiring): Source[] {
  return ends.flatMap(({ columns }) => [...wiring.sourcesOf(columns)]);
}

/** Whether an output consists of final states. */
function isFinal({ columns }: End, wiring: Wiring): boolean {
  return [...wiring.sourcesOf(columns)].every(({ type }) => type === "final");
}

/** The recurrent layers of states. The states that no layer keeps are not among them. */
function stateSources(states: readonly End[], wiring: Wiring): RecurrentSource[] {
  return sourcesOf(states, wiring).flatMap((source) => {
    if (source.type === "final") return [source.of];
    return source.type === "recurrent" && source.initialState.size > 0 ? [source] : [];
  });
}

/** The sources that some sources depend on, and these themselves. @param into to which they are added */
function behind(sources: Iterable<Source>, wiring: Wiring, into = new Set<Source>()): Set<Source> {
  const queue = [...sources];
  for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
    if (into.has(source)) continue;
    into.add(source);
    if (source.type === "embedding") queue.push(source.input);
    if (source.type === "final") queue.push(source.of);
    if ("columns" in source) queue.push(...wiring.sourcesOf(source.columns));
  }
  return into;
}

/** A new layer that gives an output's columns at the first or the last step. */
function lastOf({ columns, port, signal: { step } }: End, wiring: Wiring): Source {
  const { length } = columns;
  const direction = step === "first" ? "reverse" : "forward";
  return wiring.addLayer(port.name, columns, length, { type: "last", inputSize: length, direction });
}

/** The source that is an output as a whole; if there is none, a new layer that selects the output's columns. */
function wholeSource({ columns, port }: End, wiring: Wiring): Source {
  const [source] = wiring.sourcesOf(columns);
  const isWhole = source !== undefined && columns.length === source.size && runStart(columns, source) === 0;
  if (isWhole && source.type !== "input") return source;
  const indices = new Float32Array(); // specs.ts makes them
  const spec = { type: "rearrange", inputSize: columns.length, outputSize: columns.length, indices } as const;
  return wiring.addLayer(port.name, columns, columns.length, spec);
}
