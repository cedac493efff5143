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
