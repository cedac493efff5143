/** Above this k, sorting the whole row is faster than inserting. */
const MAX_INSERTED = 1024;

/** Indices of the k highest of a row, the highest first, the first of equals first. NaN is above all numbers. */
export function highest(row: Float32Array, k: number): number[] {
  if (k > MAX_INSERTED) return [...row.keys()].sort((a, b) => compare(row[a]!, row[b]!) || a - b).slice(0, k);
  const indices: number[] = [];
  for (let i = 0; i < row.length; i++) {
    let rank = indices.length;
    while (rank > 0 && isAbove(row[i]!, row[indices[rank - 1]!]!)) rank--;
    if (rank === k) continue;
    indices.splice(rank, 0, i);
    indices.length = Math.min(indices.length, k);
  }
  return indices;
}

/**
 * The k highest of a row, as shaders/top_k.wgsl gives them.
 *
 * @param pairs [K, 2], filled with each index, as the bits of a u32, and its value
 */
export function topK(row: Float32Array, k: number, pairs: Float32Array): void {
  const bits = new Uint32Array(pairs.buffer, pairs.byteOffset);
  highest(row, k).forEach((index, rank) => {
    bits[2 * rank] = index;
    pairs[2 * rank + 1] = row[index]!;
  });
}

function compare(x: number, y: number): number {
  return Number(isAbove(y, x)) - Number(isAbove(x, y));
}

function isAbove(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y));
}
