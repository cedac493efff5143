import type { Axis } from "../layers/axis.js";
import type { CpuMemory } from "./cpuMemory.js";
import { writeStruct } from "./struct.js";

/** Axis of wasm/axis.ts. */
export const AXIS = {
  inputSize: "i32",
  outputSize: "i32",
  kernelSize: "i32",
  stride: "i32",
  dilation: "i32",
  before: "i32",
} as const;

/** @returns address of the Axis */
export function writeAxis(memory: CpuMemory, axis: Axis): number {
  return writeStruct(memory, AXIS, { ...axis });
}

/** The axis of an ordinary layer that gives what a transposed one of that axis gives, with the kernel turned around. */
export function turnedAxis({ kernelSize, dilation, before, ...axis }: Axis): Axis {
  return { ...axis, kernelSize, dilation, stride: 1, before: (kernelSize - 1) * dilation - before };
}

/** Whether there is a window of one element for each. */
export function isEachElement({ kernelSize, stride, before, inputSize, outputSize }: Axis): boolean {
  return kernelSize === 1 && stride === 1 && before === 0 && inputSize === outputSize;
}
