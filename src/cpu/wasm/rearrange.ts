// The features of each row in another order, one by one.

/**
 * @param offsets [size] i32, bytes from a row's first element to each of the output's; -1 for `fill`
 * @param x [M, xStride]
 * @param out [M, outStride], of which the first `size` of each row are written
 */
export function rearrangeRows(
  offsets: usize,
  size: i32,
  fill: f32,
  x: usize,
  xStride: i32,
  out: usize,
  outStride: i32,
  numRows: i32,
): void {
  const end = offsets + 4 * size;
  for (let m = 0; m < numRows; m++) {
    let to = out;
    for (let at = offsets; at < end; at += 4) {
      const offset = load<i32>(at);
      store<f32>(to, offset < 0 ? fill : load<f32>(x + offset));
      to += 4;
    }
    x += 4 * xStride;
    out += 4 * outStride;
  }
}
