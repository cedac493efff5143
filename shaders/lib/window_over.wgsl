// The input's row, or column, whose window has the output as its element k: NOWHERE where there is none. Needs lib/window.wgsl.

fn row_at(output: u32, k: u32) -> u32 {
  return element_over(output + ROWS_BEFORE, k * ROW_DILATION, ROW_STRIDE, INPUT_ROWS);
}

fn column_at(output: u32, k: u32) -> u32 {
  return element_over(output + COLUMNS_BEFORE, k * COLUMN_DILATION, COLUMN_STRIDE, INPUT_COLUMNS);
}

// Before the first element, the difference is a number far past the end.
fn element_over(output: u32, k: u32, stride: u32, size: u32) -> u32 {
  let element = (output - k) / stride;
  return select(NOWHERE, element, element < size && (output - k) % stride == 0);
}
