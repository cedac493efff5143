// The axes of a tensor in a graph. Time and batch are tracked as such, not as sizes, so that a graph frozen at one batch size
// runs at any. All other axes are numbers, and hold features.

import { demand, Refusal } from "./refusal.js";

/** The role of a free axis. */
export type Role = "time" | "batch";

/** An axis of a graph input that is not of features: time, batch, or not known yet. */
export class FreeAxis {
  /** Size in the file; null where the file leaves it open. */
  readonly size: number | null;
  role: Role | null = null;
  /** "steps": a time axis with other steps than the graph's, after strides, or windows without padding; "sorted": rows by length. */
  readonly derived: "steps" | "sorted" | null;
  #sameAs: FreeAxis | null = null;

  constructor(size: number | null, derived: "steps" | "sorted" | null = null) {
    this.size = size;
    this.derived = derived;
    if (derived !== null) this.role = derived === "steps" ? "time" : "batch";
  }

  /** The representative of all axes that were united. */
  get root(): FreeAxis {
    return this.#sameAs === null ? this : this.#sameAs.root;
  }

  /** Makes two axes one. */
  unite(other: FreeAxis): void {
    const [from, to] = [this.root, other.root];
    if (from === to) return;
    const isSorted = from.derived === "sorted" || to.derived === "sorted";
    demand(!isSorted, "it joins rows of one order with rows of another");
    const isAlike = from.derived === to.derived && (from.derived === null || from.size === to.size);
    demand(isAlike, "it joins sequences of different numbers of steps");
    demand(from.role === null || to.role === null || from.role === to.role, "it joins time with batch");
    to.role ??= from.role;
    from.#sameAs = to;
  }
}

/** A number of features, or free axes joined to one axis, outer first. */
export type Axis = number | readonly FreeAxis[];

/** The role of an axis; null for features, and where it is not known. Axes of size 1 that are joined to it are ignored. */
export function roleOf(axis: Axis): Role | null {
  if (typeof axis === "number") return null;
  const [free = axis[0]!] = axis.filter(({ root }) => root.size !== 1);
  return free.root.role;
}

/** Whether an axis is the time axis. */
export function isTime(axis: Axis): boolean {
  return roleOf(axis) === "time";
}

/** The time and the batch axis of one graph. */
export class Roles {
  readonly #known = new Map<Role, FreeAxis>();

  /** Gives an axis a role. Axes of size 1 that are joined to it are ignored. */
  bind(axis: Axis, role: Role): void {
    if (typeof axis === "number") {
      demand(axis === 1, `it needs a ${role} axis where there are ${axis} features`);
      return;
    }
    const roots = axis.map((free) => free.root);
    const others = roots.filter((free) => free.size !== 1);
    const [free = roots[0]!, second] = others;
    demand(second === undefined, `it needs a ${role} axis where there are several joined`);
    demand(free.role === null || free.role === role, `it needs the ${role} axis where there is ${free.role}`);
    free.role = role;
    if (free.derived !== null) return;
    const known = this.#known.get(role);
    if (known !== undefined) known.unite(free);
    this.#known.set(role, free.root);
  }
}

/** Number of elements of the feature axes. */
export function numFeatures(axes: readonly Axis[]): number {
  return axes.reduce<number>((total, axis) => (typeof axis === "number" ? total * axis : total), 1);
}

/** As `numFeatures`, for the cost of loops: an empty axis counts as 1, since the axes outside it are still visited. */
export function extentOf(axes: readonly Axis[]): number {
  return axes.reduce<number>((total, axis) => (typeof axis === "number" ? total * Math.max(1, axis) : total), 1);
}

/** Steps from one element to the next along each axis, in row-major order of the features; 0 for free axes. */
export function strides(axes: readonly Axis[]): number[] {
  const steps = axes.map(() => 0);
  let step = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const axis = axes[i]!;
    if (typeof axis !== "number") continue;
    steps[i] = step;
    step *= axis;
  }
  return steps;
}

/** An axis index, counted from the end where it is negative. */
export function axisIndex(index: number, rank: number): number {
  const axis = index < 0 ? index + rank : index;
  demand(Number.isInteger(axis) && axis >= 0 && axis < rank, `it names axis ${index} of ${rank}`);
  return axis;
}

/** The common axis of two tensors that are broadcast. */
export function joinAxes(a: Axis, b: Axis): Axis {
  if (typeof a === "number" && typeof b === "number") {
    demand(a === b || a === 1 || b === 1, `it joins ${a} features with ${b}`);
    return a === 1 ? b : a;
  }
  if (typeof a === "number" || typeof b === "number") {
    const [size, free] = typeof a === "number" ? [a, b] : [b as number, a];
    demand(size === 1, `it fixes time or batch at ${size}`);
    return free;
  }
  const [left, right] = [a, b].map((axis) => axis.filter(({ root }) => root.size !== 1));
  const [longer, shorter] = left!.length >= right!.length ? [left!, right!] : [right!, left!];
  if (longer.length === 0) a[0]!.unite(b[0]!);
  else demand(shorter.length === 0 || shorter.length === longer.length, "it joins axes that are not alike");
  shorter.forEach((free, i) => free.unite(longer[i]!));
  return a.length >= b.length ? a : b;
}

/** Limit of unknown sizes in one product: time and batch, each a few times. */
const MAX_FREE = 16;

/** A size in a graph's shape arithmetic: a number times unknown sizes. */
export interface Dimension {
  readonly factor: number;
  readonly free: readonly FreeAxis[];
}

export const dimension = (factor: number): Dimension => ({ factor, free: [] });

/** The size of an axis, as the operator Shape gives it. */
export function dimensionOf(axis: Axis): Dimension {
  return typeof axis === "number" ? dimension(axis) : { factor: 1, free: axis };
}

/** An axis of that size. */
export function axisOf({ factor, free }: Dimension): Axis {
  if (free.length === 0) return factor;
  demand(factor === 1, "it joins time or batch with features");
  return free;
}

/** Whether both are the same number or the same unknown. */
export function isSameDimension(a: Dimension, b: Dimension): boolean {
  if (a.free.length === 0 && b.free.length === 0) return a.factor === b.factor;
  const rest = quotient(a, b);
  return rest !== null && rest.factor === 1 && rest.free.length === 0;
}

export function product(a: Dimension, b: Dimension): Dimension {
  demand(a.free.length + b.free.length <= MAX_FREE, "it multiplies sizes over and over");
  return { factor: a.factor * b.factor, free: [...a.free, ...b.free] };
}

/** a / b; null where it is not whole. */
export function quotient(a: Dimension, b: Dimension): Dimension | null {
  const free = a.free.map(({ root }) => root);
  let divisor = b.factor;
  for (const { root } of b.free) {
    const at = free.indexOf(root);
    if (at >= 0) free.splice(at, 1);
    else if (root.size !== null) divisor *= root.size;
    else return null;
  }
  // The file may have the number of a frozen size.
  for (let i = free.length - 1; i >= 0 && a.factor % divisor !== 0; i--) {
    const { size } = free[i]!;
    if (size === null || divisor % size !== 0) continue;
    divisor /= size;
    free.splice(i, 1);
  }
  const factor = a.factor / divisor;
  return Number.isInteger(factor) ? { factor, free } : null;
}

/** The number, with frozen axes at their frozen size; null where an axis is open. */
export function frozenNumber({ factor, free }: Dimension): number | null {
  return free.reduce<number | null>(
    (total, { root }) => (total === null || root.size === null ? null : total * root.size),
    factor,
  );
}

type Atom = number | FreeAxis;

/**
 * The axes after a Reshape: the same elements in the same order, in other groups.
 *
 * @param targets sizes, at most one of them null for the remaining elements
 * @throws Refusal when a group would hold both features and time or batch
 */
export function regroup(axes: readonly Axis[], targets: readonly (Dimension | null)[]): Axis[] {
  const atoms = mergeFeatures(axes);
  const open = targets.indexOf(null);
  const before = open < 0 ? targets : targets.slice(0, open);
  const after = open < 0 ? [] : targets.slice(open + 1);
  const head = before.map((target, i) => takeGroup(atoms, target!, false, before[i + 1]));
  const tail = after
    .map((_, i) => after.length - 1 - i)
    .map((i) => takeGroup(atoms, after[i]!, true, after[i - 1]))
    .reverse();
  if (open >= 0) return [...head, toAxis(atoms), ...tail];
  demand(
    atoms.every((atom) => (typeof atom === "number" ? atom : atom.size) === 1),
    "it gives its elements another number",
  );
  return head;
}

/** Merges adjacent feature axes: a Reshape may split their elements anywhere. */
function mergeFeatures(axes: readonly Axis[]): Atom[] {
  const atoms: Atom[] = [];
  for (const axis of axes) {
    if (typeof axis !== "number") atoms.push(...axis.map(({ root }) => root));
    else if (typeof atoms.at(-1) === "number") atoms.push((atoms.pop() as number) * axis);
    else atoms.push(axis);
  }
  return atoms;
}

function takeGroup(atoms: Atom[], target: Dimension, fromEnd: boolean, next: Dimension | null | undefined): Axis {
  const peek = () => atoms.at(fromEnd ? -1 : 0);
  const shift = () => (fromEnd ? atoms.pop()! : atoms.shift()!);
  const isUnit = (atom: Atom | undefined) => atom !== undefined && (typeof atom === "number" ? atom : atom.size) === 1;
  const isOne = (size: Dimension | null | undefined) => size?.factor === 1 && size.free.length === 0;
  if (isOne(target)) return isUnit(peek()) ? toAxis([shift()]) : 1;
  const wanted = target.free.map(({ root }) => root);
  let { factor } = target;
  const group: Atom[] = [];
  const add = (atom: Atom) => (fromEnd ? group.unshift(atom) : group.push(atom));
  while (factor !== 1 || wanted.length > 0) {
    const atom = atoms.length === 0 ? undefined : shift();
    demand(atom !== undefined, "it gives its elements another number");
    let taken: Atom = atom;
    const at = typeof atom === "number" ? -1 : wanted.indexOf(atom);
    const size = typeof atom === "number" ? atom : atom.size;
    if (at >= 0) wanted.splice(at, 1);
    else if (size !== null && factor % size === 0) factor /= size;
    else if (typeof atom === "number" && atom % factor === 0 && factor > 1) {
      atoms.splice(fromEnd ? atoms.length : 0, 0, atom / factor);
      taken = factor;
      factor = 1;
    } else throw new Refusal("it joins or splits the time or batch axis");
    add(taken);
  }
  // A frozen axis of size 1 is in no product of sizes: it joins the free axes, not the features.
  const isFree = group.every((atom) => typeof atom !== "number");
  const isNext = (atom: Atom | undefined) => next?.free.some(({ root }) => root === atom) === true;
  if (isFree && !isOne(next)) while (typeof peek() !== "number" && isUnit(peek()) && !isNext(peek())) add(shift());
  return toAxis(group);
}

function toAxis(group: readonly Atom[]): Axis {
  const free = group.filter((atom) => typeof atom !== "number");
  const features = group.reduce<number>((total, atom) => (typeof atom === "number" ? total * atom : total), 1);
  if (free.length === 0) return features;
  if (features === 1) return free;
  demand(
    free.every(({ size }) => size === 1),
    "it joins time or batch with features",
  );
  return features;
}
