// Numbers in the order of the floats: zero and minus zero alike, NaN above infinity. Without float arithmetic, which may
// take the smallest numbers for zero, and need not know of NaN.
fn key(x: f32) -> u32 {
  let bits = bitcast<i32>(x);
  let size = min(bits & 0x7fffffff, 0x7f800001);
  return bitcast<u32>(select(size, -size, bits < 0 && size <= 0x7f800000)) ^ 0x80000000u;
}
