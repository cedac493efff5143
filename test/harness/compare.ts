export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

export interface Comparison {
  readonly isClose: boolean;
  readonly maxError: number;
  /** The element that is furthest off, as a sentence. */
  readonly worst: string;
}

/** Compares element by element: close when |actual - expected| <= atol + rtol * |expected|. A NaN is never close. */
export function compare(actual: ArrayLike<number>, expected: ArrayLike<number>, { atol, rtol }: Tolerance): Comparison {
  if (actual.length !== expected.length || expected.length === 0) {
    return { isClose: false, maxError: Infinity, worst: `expected ${expected.length} elements, got ${actual.length}` };
  }
  let isClose = true;
  let maxError = 0;
  let worst = "";
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (!(error <= atol + rtol * Math.abs(expected[i]!))) isClose = false;
    if (error <= maxError && worst !== "") continue;
    maxError = error;
    worst = `element ${i} of ${expected.length}: got ${actual[i]}, expected ${expected[i]}`;
    if (Number.isNaN(error)) break;
  }
  return { isClose, maxError, worst };
}
