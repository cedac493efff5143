// Windows along a frame's two inner axes, rows and columns: the fields of Axis in src/layers/axis.ts.

override INPUT_ROWS: u32;
override INPUT_COLUMNS: u32;
override OUTPUT_ROWS: u32;
override OUTPUT_COLUMNS: u32;
override KERNEL_ROWS: u32;
override KERNEL_COLUMNS: u32;
override ROW_STRIDE: u32;
override COLUMN_STRIDE: u32;
override ROW_DILATION: u32;
override COLUMN_DILATION: u32;
override ROWS_BEFORE: u32;
override COLUMNS_BEFORE: u32;

const NOWHERE = 0xffffffffu; // past the end of any axis
