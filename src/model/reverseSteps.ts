/**
 * Reverses the steps of each row: its last step comes first. Steps past its length stay in their order.
 *
 * @param steps [T, B, I]
 * @param lengths of each row, [B]; T when null
 */
export function reverseSteps(
  steps: Float32Array,
  batchSize: number,
  inputSize: number,
  lengths: readonly number[] | null,
): Float32Array {
  const stepElements = batchSize * inputSize;
  return steps.map((value, i) => {
    const step = Math.floor(i / stepElements);
    const length = lengths?.[Math.floor((i % stepElements) / inputSize)] ?? steps.length / stepElements;
    return step < length ? steps[i + (length - 1 - 2 * step) * stepElements]! : value;
  });
}
