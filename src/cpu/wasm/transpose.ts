// The other way round.

/** [numRows, stride] -> [numColumns, toStride], of the first numColumns of each row: four by four, then the rest. */
export function transpose(from: usize, stride: i32, numRows: i32, numColumns: i32, to: usize, toStride: i32): void {
  if (numRows == 1) return spread(from, numColumns, to, toStride);
  if (numColumns == 1 && stride == 1) return copy(from, numRows, to);
  const wholeRows = numRows & ~3;
  const wholeColumns = numColumns & ~3;
  for (let row = 0; row < wholeRows; row += 4) {
    for (let column = 0; column < wholeColumns; column += 4) {
      transposeFour(from + 4 * (row * stride + column), 4 * stride, to + 4 * (column * toStride + row), 4 * toStride);
    }
  }
  for (let row = 0; row < numRows; row++) {
    const first = row < wholeRows ? wholeColumns : 0;
    spread(from + 4 * (row * stride + first), numColumns - first, to + 4 * (first * toStride + row), toStride);
  }
}

/** Neighbours to places `toStride` elements apart. */
function spread(from: usize, count: i32, to: usize, toStride: i32): void {
  if (toStride == 1) return copy(from, count, to);
  const toBytes: usize = 4 * toStride;
  for (; count >= 4; count -= 4) {
    const four = v128.load(from);
    v128.store32_lane(to, four, 0);
    v128.store32_lane(to + toBytes, four, 1);
    v128.store32_lane(to + 2 * toBytes, four, 2);
    v128.store32_lane(to + 3 * toBytes, four, 3);
    from += 16;
    to += 4 * toBytes;
  }
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += toBytes;
  }
}

/** Neighbours to neighbours: for few elements faster than `memory.copy`. */
export function copy(from: usize, count: i32, to: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (; count > 0; count--) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function transposeFour(from: usize, rowBytes: usize, to: usize, toBytes: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + rowBytes);
  const c = v128.load(from + 2 * rowBytes);
  const d = v128.load(from + 3 * rowBytes);
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(to + toBytes, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(to + 2 * toBytes, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * toBytes, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}
