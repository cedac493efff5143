/**
 * The k highest of a row, the highest first, the first of equals, as shaders/top_k.wgsl gives them.
 *
 * @param pairs [K, 2] of index, as the bits of a u32, and value; filled
 */
export function topK(row: Float32Array, k: number, pairs: Float32Array): void {
  const indices: number[] = [];
  for (let i = 0; i < row.length; i++) {
    let rank = indices.length;
    while (rank > 0 && isAbove(row[i]!, row[indices[rank - 1]!]!)) rank--;
    if (rank === k) continue;
    indices.splice(rank, 0, i);
    indices.length = Math.min(indices.length, k);
  }
  const bits = new Uint32Array(pairs.buffer, pairs.byteOffset);
  indices.forEach((index, rank) => {
    bits[2 * rank] = index;
    pairs[2 * rank + 1] = row[index]!;
  });
}

/** NaN is above all numbers. */
function isAbove(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y));
}
