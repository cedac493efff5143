// How the steps of a sequence follow from those of another one: all of them, or fewer, by layers with a stride along time.

/** floor((n + extra) / stride) steps for n, and none for fewer than `least`. */
export interface Cadence {
  readonly stride: number;
  readonly extra: number;
  readonly least: number;
}

/** A step for each. */
export const EVERY_STEP: Cadence = { stride: 1, extra: 0, least: 1 };

/** Steps for n. */
export function stepsAt({ stride, extra, least }: Cadence, n: number): number {
  return n < least ? 0 : Math.floor((n + extra) / stride);
}

/** The least n that gives so many steps. */
export function stepsFor({ stride, extra, least }: Cadence, steps: number): number {
  return Math.max(least, steps * stride - extra);
}

/** The most rows of [T', B] where there are at most so many of [B] and of [T, B]. */
export function rowsAt({ stride, extra }: Cadence, maxRows: number, maxTimeRows: number): number {
  return Math.ceil((maxTimeRows + Math.max(0, extra) * maxRows) / stride);
}

/** The second cadence on steps that the first one gives. */
export function follow(first: Cadence, second: Cadence): Cadence {
  return {
    stride: first.stride * second.stride,
    extra: first.extra + first.stride * second.extra,
    least: Math.max(first.least, second.least * first.stride - first.extra),
  };
}

/** Whether both give as many steps for any n, where each gives some. */
export function isSameCadence(a: Cadence, b: Cadence): boolean {
  return a.stride === b.stride && a.extra === b.extra;
}
