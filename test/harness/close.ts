import { expect } from "vitest";
import { compare, type Comparison, type Tolerance } from "./compare.js";

/** Asserts |actual - expected| <= atol + rtol * |expected| for every element. A NaN always fails. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Tolerance): void {
  expectIsClose(compare(actual, expected, tolerance));
}

/** Asserts that a comparison, made here or in the page, found every element close. */
export function expectIsClose({ isClose, worst }: Comparison): void {
  if (!isClose) expect.fail(worst);
}

/** As `expectIsClose` for each output of `what`. */
export function expectAllClose(comparisons: Readonly<Record<string, Comparison>>, what: string): void {
  for (const [output, { isClose, worst }] of Object.entries(comparisons)) {
    if (!isClose) expect.fail(`${what}: ${output}: ${worst}`);
  }
}
