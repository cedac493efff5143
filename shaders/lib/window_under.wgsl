// The input's row, or column, under element k of an output's window: NOWHERE for a zero. Needs lib/window.wgsl.

fn row_at(output: u32, k: u32) -> u32 {
  return element_under(output * ROW_STRIDE + k * ROW_DILATION, ROWS_BEFORE, INPUT_ROWS);
}

fn column_at(output: u32, k: u32) -> u32 {
  return element_under(output * COLUMN_STRIDE + k * COLUMN_DILATION, COLUMNS_BEFORE, INPUT_COLUMNS);
}

// Before the first element, the difference is a number far past the end.
fn element_under(padded_element: u32, before: u32, size: u32) -> u32 {
  let element = padded_element - before;
  return select(NOWHERE, element, element < size);
}
