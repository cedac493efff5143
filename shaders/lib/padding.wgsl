// Rows are padded with zeros to a multiple of four elements, so that a row is a whole number of vec4f.

fn vec4s(size: u32) -> u32 {
  return (size + 3) / 4;
}

fn padded(size: u32) -> u32 {
  return 4 * vec4s(size);
}
