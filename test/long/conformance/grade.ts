import type { Tensor } from "./tensor.js";

/** A: within the tolerance. B: within ten times as much, as an approximate tanh may be. */
export type Grade = "A" | "B" | "fail";

const B_MULTIPLE = 10;

/** How far a result is off. */
export interface Deviation {
  /** Largest |got - want| / (atol + rtol |want|); infinite for what cannot be compared. */
  readonly multiple: number;
  /** |got - want| of that element. */
  readonly error: number;
  /** That element, or what cannot be compared, as a sentence. */
  readonly worst: string;
}

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Compares a result with one expectation. A NaN must meet a NaN, an infinity the same one. */
export function deviation(got: Tensor, want: Tensor, { atol, rtol }: Tolerance): Deviation {
  if (got.shape.join() !== want.shape.join()) {
    const worst = `expected shape [${want.shape.join(", ")}], got [${got.shape.join(", ")}]`;
    return { multiple: Infinity, error: Infinity, worst };
  }
  let found: Deviation = { multiple: 0, error: 0, worst: "" };
  want.data.forEach((wanted, i) => {
    const actual = got.data[i]!;
    if (Object.is(actual, wanted) || actual === wanted) return;
    const error = Math.abs(actual - wanted);
    const ratio = error / (atol + rtol * Math.abs(wanted));
    const multiple = Number.isFinite(wanted) && !Number.isNaN(ratio) ? ratio : Infinity;
    if (multiple <= found.multiple) return;
    found = { multiple, error, worst: `element ${i} of ${want.data.length}: expected ${wanted}, got ${actual}` };
  });
  return found;
}

/** The grade of a result that is off by so many tolerances. */
export function gradeOf(multiple: number): Grade {
  if (multiple <= 1) return "A";
  return multiple <= B_MULTIPLE ? "B" : "fail";
}
