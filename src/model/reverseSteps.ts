/**
 * Turns the steps of each row round, in place: what was its last comes first. Steps past its length stay.
 *
 * @param steps [T, B, I]
 * @param lengths of each row, [B]; T when null
 */
export function reverseSteps(
  steps: Float32Array,
  numSteps: number,
  batchSize: number,
  lengths: readonly number[] | null,
): void {
  const source = steps.slice();
  const size = steps.length / (numSteps * batchSize);
  for (let row = 0; row < batchSize; row++) {
    const length = lengths?.[row] ?? numSteps;
    for (let step = 0; step < length; step++) {
      const from = ((length - 1 - step) * batchSize + row) * size;
      steps.set(source.subarray(from, from + size), (step * batchSize + row) * size);
    }
  }
}
