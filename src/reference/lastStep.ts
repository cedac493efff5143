/**
 * The last of a row's steps; for features from `firstAtStart` on, its first. Twin of shaders/last_step.wgsl.
 *
 * @param steps the row's steps up to its length, each [S]; at least one
 * @returns [S]
 */
export function lastStep(steps: readonly Float64Array[], firstAtStart: number): Float64Array {
  return steps.at(-1)!.map((x, i) => (i < firstAtStart ? x : steps[0]![i]!));
}
