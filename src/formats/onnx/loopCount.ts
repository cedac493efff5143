// The whole numbers and conditions of a Loop: which step it is at, and how many it has.

import { type Axis, type Dimension, dimensionOf, frozenNumber, isSameDimension, joinAxes } from "./axes.js";
import type { Call } from "./call.js";
import { demand } from "./refusal.js";
import {
  type Condition,
  constantValue,
  type Count,
  type Counter,
  type LoopSteps,
  sizesOf,
  type Value,
} from "./value.js";

/** A number of steps: a size and some more. */
interface Trips {
  readonly size: Dimension;
  readonly plus: number;
}

/** An exporter writes at least that for a loop without a limit. */
const UNLIMITED = 2 ** 31 - 1;

/** The frame of one step of a sequence. @param at which; null for the step that the loop is at */
export function takeStep(
  call: Call,
  steps: LoopSteps,
  { content, axes }: Value,
  axis: number,
  at: Counter | null,
  isBackwards = false,
): Value {
  const time = axes[axis]!;
  const isSequence = content.kind === "signal" || content.kind === "indices";
  demand(isSequence && typeof time !== "number", "it takes a step of a value that is no sequence");
  demand(content.kind === "indices" || content.step === "each", "it takes a step of a value that has only one");
  call.reading.roles.bind(time, "time");
  if (steps.axis === null) steps.axis = time;
  else joinAxes(steps.axis, time);
  const others = axes.filter((_, i) => i !== axis);
  for (const other of others) if (typeof other !== "number") call.reading.roles.bind(other, "batch");
  const isReversed = isBackwards !== (content.kind === "signal" && content.isReversed);
  demand(
    steps.isReversed === null || steps.isReversed === isReversed,
    "it reads one sequence forwards and one backwards",
  );
  steps.isReversed = isReversed;
  if (at !== null) steps.counters.push(at);
  return { axes: others, content: content.kind === "signal" ? { ...content, isReversed: false } : content };
}

/** Checks that a loop read each sequence at the step that it was at. */
export function checkCounters({ counters }: LoopSteps): void {
  for (const { of, add } of counters) {
    demand(of.delta === 1, `it goes through a sequence in steps of ${of.delta}`);
    demand(of.first + add === 0, `it begins at step ${of.first + add} of a sequence`);
  }
}

/** How many steps a condition allows: it is asked after each, of the next one. */
export function tripsOf({ limits }: Condition): Trips[] {
  return limits.map(({ counter: { of, add }, size, plus }) => {
    demand(of.delta === 1, `its condition is about a number that goes in steps of ${of.delta}`);
    return { size, plus: plus + 1 - of.first - add };
  });
}

/** The most steps that an input of a Loop allows. */
export function mostTrips(value: Value): Trips {
  const [size, second] = sizesOf(value);
  demand(size !== undefined && second === undefined, "it needs one number as its trip count");
  return { size, plus: 0 };
}

/** Checks that a loop has as many steps as its sequence. */
export function checkTrips(trips: readonly Trips[], axis: Axis): void {
  const wanted = dimensionOf(axis);
  const numSteps = frozenNumber(wanted);
  let isExact = false;
  for (const { size, plus } of trips) {
    const isSame = isSameDimension(size, wanted);
    const most = isSame ? null : frozenNumber(size);
    if (most !== null && most + plus >= (numSteps ?? UNLIMITED)) {
      isExact ||= most + plus === numSteps;
      continue;
    }
    const of = most === null ? "some other number of" : most + plus;
    demand(isSame && plus >= 0, `it may end after ${isSame ? `all but ${-plus}` : of} steps, before the sequence does`);
    isExact ||= plus === 0;
  }
  demand(isExact, "nothing says that it has as many steps as the sequence that it reads");
}

/** Limit of the comparisons in a condition: a converter writes two. */
const MAX_LIMITS = 16;

const isWhole = ({ content, axes }: Value) =>
  content.kind === "constant" && content.values.length === 1 && axes.every((axis) => axis === 1);

/** A counter and a number. @param sign of the right side */
export function addCounted(left: Value, right: Value, sign: 1 | -1): Value {
  const [counted, other] = left.content.kind === "counter" ? [left, right] : [right, left];
  const isSum = isWhole(other) && (counted === left || sign === 1);
  demand(isSum && counted.content.kind === "counter", "it computes with the number of a step otherwise than by a sum");
  const more = (other.content as Value["content"] & { kind: "constant" }).values[0]!;
  return { axes: counted.axes, content: { ...counted.content, add: counted.content.add + sign * more } };
}

/** counter < limit, or counter <= limit. */
export function below(counter: Value, limit: Value, orEqual: boolean): Value {
  const { content } = counter;
  const [size, second] = sizesOf(limit);
  demand(content.kind === "counter" && size !== undefined && second === undefined, "it compares several numbers");
  return {
    axes: counter.axes,
    content: { kind: "condition", limits: [{ counter: content, size, plus: Number(orEqual) }] },
  };
}

/** Both conditions; a constant one is true or false. */
export function both(left: Value, right: Value): Value {
  const limits = [left, right].flatMap(({ content }) => (content.kind === "condition" ? content.limits : []));
  for (const value of [left, right]) {
    const { content } = value;
    if (content.kind === "condition") continue;
    demand(content.kind === "constant" && isWhole(value), "it joins a loop's condition with others");
    if (content.values[0] === 0) return constantValue([], [0], false);
  }
  demand(limits.length <= MAX_LIMITS, `its condition is of more than ${MAX_LIMITS} comparisons`);
  return { axes: [], content: { kind: "condition", limits } };
}

/** The value of a counter after the last step; undefined where it is not the number of steps, which has a size. */
export function countAfter({ first, delta, steps }: Count): Value | undefined {
  if (first !== 0 || delta !== 1 || steps.axis === null) return undefined;
  return { axes: [], content: { kind: "sizes", sizes: [dimensionOf(steps.axis)] } };
}
