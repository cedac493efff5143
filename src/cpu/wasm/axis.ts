// Windows along the rows and columns of a frame's channels, [C, R, S].

/** `AXIS` in cpu/axis.ts lists the same fields; layers/axis.ts says what they mean. */
@unmanaged
export class Axis {
  inputSize: i32;
  outputSize: i32;
  kernelSize: i32;
  stride: i32;
  dilation: i32;
  before: i32;
}

/**
 * Writes the windows of some frames' channels one after the other, [outputs, channels, frames, kernel], zeros beside a frame.
 * It may write up to three elements past the end.
 *
 * @param frames [numFrames] addresses
 * @param offset bytes from a frame to its first channel
 */
export function gatherWindows(
  rows: Axis,
  columns: Axis,
  channels: i32,
  frames: usize,
  numFrames: i32,
  offset: usize,
  to: usize,
): void {
  const planeBytes: usize = 4 * rows.inputSize * columns.inputSize;
  const windowBytes: usize = 4 * rows.kernelSize * columns.kernelSize;
  for (let p = 0; p < rows.outputSize; p++) {
    const row = p * rows.stride - rows.before;
    for (let q = 0; q < columns.outputSize; q++) {
      const column = q * columns.stride - columns.before;
      for (let c = 0; c < channels; c++) {
        for (let t = 0; t < numFrames; t++) {
          gatherWindow(rows, columns, load<usize>(frames + 4 * t) + offset + c * planeBytes, row, column, to);
          to += windowBytes;
        }
      }
    }
  }
}

/** A window of one channel of one frame, from a row and a column on. */
function gatherWindow(rows: Axis, columns: Axis, plane: usize, row: i32, column: i32, to: usize): void {
  const width = columns.kernelSize;
  const isInside = column >= 0 && column + (width - 1) * columns.dilation < columns.inputSize;
  for (let i = 0; i < rows.kernelSize; i++) {
    const r = row + i * rows.dilation;
    const from = plane + 4 * (r * columns.inputSize + column);
    if (r < 0 || r >= rows.inputSize) {
      for (let j = 0; j < width; j += 4) v128.store(to + 4 * j, f32x4.splat(0));
    } else if (isInside && columns.dilation == 1) {
      for (let j = 0; j < width; j += 4) v128.store(to + 4 * j, v128.load(from + 4 * j));
    } else {
      for (let j = 0; j < width; j++) {
        const s = column + j * columns.dilation;
        const at = from + 4 * j * columns.dilation;
        store<f32>(to + 4 * j, s >= 0 && s < columns.inputSize ? load<f32>(at) : 0);
      }
    }
    to += 4 * width;
  }
}

/**
 * Adds windows to a frame, the transpose of `gatherWindows`: of each input element a window of each output channel.
 *
 * @param from [inputs, stride], of which [channels, kernel] are read
 * @param to [channels, outputs]
 */
export function addWindows(
  rows: Axis,
  columns: Axis,
  channels: i32,
  from: usize,
  stride: i32,
  to: usize,
): void {
  const outputs = rows.outputSize * columns.outputSize;
  for (let p = 0; p < rows.inputSize; p++) {
    for (let q = 0; q < columns.inputSize; q++) {
      let at = from;
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < rows.kernelSize; i++) {
          const r = p * rows.stride + i * rows.dilation - rows.before;
          if (r >= 0 && r < rows.outputSize) addRow(columns, q, at, to + 4 * (c * outputs + r * columns.outputSize));
          at += 4 * columns.kernelSize;
        }
      }
      from += 4 * stride;
    }
  }
}

function addRow(columns: Axis, q: i32, from: usize, to: usize): void {
  const first = q * columns.stride - columns.before;
  for (let j = 0; j < columns.kernelSize; j++) {
    const s = first + j * columns.dilation;
    if (s < 0 || s >= columns.outputSize) continue;
    const at = to + 4 * s;
    store<f32>(at, load<f32>(at) + load<f32>(from + 4 * j));
  }
}

/** [numRows, stride] -> [numColumns, toStride], of the first numColumns of each row: four by four, then the rest. */
export function transpose(from: usize, stride: i32, numRows: i32, numColumns: i32, to: usize, toStride: i32): void {
  const wholeRows = numRows & ~3;
  const wholeColumns = numColumns & ~3;
  for (let row = 0; row < wholeRows; row += 4) {
    for (let column = 0; column < wholeColumns; column += 4) {
      transposeFour(from + 4 * (row * stride + column), 4 * stride, to + 4 * (column * toStride + row), 4 * toStride);
    }
  }
  for (let row = 0; row < numRows; row++) {
    for (let column = row < wholeRows ? wholeColumns : 0; column < numColumns; column++) {
      store<f32>(to + 4 * (column * toStride + row), load<f32>(from + 4 * (row * stride + column)));
    }
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
