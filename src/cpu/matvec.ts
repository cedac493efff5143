/**
 * out[outStart + j] = bias[j] + sum over k of weight[j, k] * x[xStart + k], for j in [0, numRows).
 *
 * Four sums at once keep the adder busy; they are added in float64 and rounded when stored.
 *
 * @param weight [numRows, numColumns]
 * @param bias [numRows], or null for none
 */
export function matvec(
  out: Float32Array,
  outStart: number,
  weight: Float32Array,
  bias: Float32Array | null,
  x: Float32Array,
  xStart: number,
  numRows: number,
  numColumns: number,
): void {
  const unrolledEnd = numColumns - (numColumns % 4);
  for (let j = 0; j < numRows; j++) {
    const row = j * numColumns;
    let sum0 = bias === null ? 0 : bias[j]!;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let k = 0; k < unrolledEnd; k += 4) {
      sum0 += weight[row + k]! * x[xStart + k]!;
      sum1 += weight[row + k + 1]! * x[xStart + k + 1]!;
      sum2 += weight[row + k + 2]! * x[xStart + k + 2]!;
      sum3 += weight[row + k + 3]! * x[xStart + k + 3]!;
    }
    for (let k = unrolledEnd; k < numColumns; k++) sum0 += weight[row + k]! * x[xStart + k]!;
    out[outStart + j] = sum0 + sum1 + (sum2 + sum3);
  }
}
