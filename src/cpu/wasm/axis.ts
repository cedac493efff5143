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

/** Elements under all windows along an axis, with those beside the input. */
// @ts-ignore: decorator
@inline
export function spanOf(axis: Axis): i32 {
  return (axis.outputSize - 1) * axis.stride + (axis.kernelSize - 1) * axis.dilation + 1;
}
