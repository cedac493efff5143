import { type MapLayer, type MapOperation, OPERATIONS, readsBoth } from "../layers/map.js";
import { rowFunction, writeActivation } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { type CpuMemory, roundUp } from "./cpuMemory.js";

declare module "./wasmModule.js" {
  interface WasmFunctions {
    mapRows(
      operation: number,
      a: number,
      aStride: number,
      b: number,
      bStride: number,
      bias: number,
      activation: number,
      out: number,
      outStride: number,
      size: number,
      numRows: number,
    ): void;
  }
}

/** activation(operation(a, b) + bias), element by element. */
export function createMap(layer: MapLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  const { outputSize: size, operation, operandFirst, operand } = layer;
  const constant = writeVector(memory, operand);
  const bias = writeVector(memory, layer.bias);
  const isBoth = readsBoth(layer);
  const combine = wasm === null ? plainMap(layer, memory, bias) : null;
  const number = OPERATIONS.indexOf(operation);
  const written = wasm === null ? 0 : writeActivation(memory, layer.activation);
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const other = isBoth ? x + 4 * size : constant;
      const otherStride = isBoth ? xStride : 0;
      const [a, b] = operandFirst ? [other, x] : [x, other];
      const [aStride, bStride] = operandFirst ? [otherStride, xStride] : [xStride, otherStride];
      if (combine !== null) combine(a, aStride, b, bStride, output, outputStride, numRows);
      else wasm!.mapRows(number, a, aStride, b, bStride, bias, written, output, outputStride, size, numRows);
    },
  };
}

/** @returns address of the vector, with room for its last four elements; 0 for none */
function writeVector(memory: CpuMemory, values: Float32Array | null): number {
  if (values === null) return 0;
  const address = memory.allocate(4 * roundUp(values.length, 4));
  memory.f32.set(values, address / 4);
  return address;
}

/** The same without WebAssembly. Arguments are those of `mapRows`. */
function plainMap(layer: MapLayer, memory: CpuMemory, bias: number) {
  const { outputSize: size, operation } = layer;
  const hasBias = layer.bias !== null;
  const activate = rowFunction(layer.activation);
  return (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    out: number,
    outStride: number,
    numRows: number,
  ): void => {
    const { f32 } = memory;
    for (let row = 0; row < numRows; row++) {
      const to = out / 4 + row * outStride;
      operateRow(operation, f32, a / 4 + row * aStride, b / 4 + row * bStride, to, size);
      if (hasBias) operateRow("add", f32, to, bias / 4, to, size);
      activate?.(f32, to, to + size);
    }
  };
}

/** operation(a, b) of `size` elements from element `a` and `b` on, to those from `to` on. One loop for each operation. */
function operateRow(operation: MapOperation, f32: Float32Array, a: number, b: number, to: number, size: number): void {
  switch (operation) {
    case "identity":
      f32.copyWithin(to, a, a + size);
      break;
    case "add":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! + f32[b + i]!;
      break;
    case "subtract":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! - f32[b + i]!;
      break;
    case "multiply":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! * f32[b + i]!;
      break;
    case "divide":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! / f32[b + i]!;
      break;
    case "power":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! ** f32[b + i]!;
      break;
    case "minimum":
      for (let i = 0; i < size; i++) f32[to + i] = Math.min(f32[a + i]!, f32[b + i]!);
      break;
    case "maximum":
      for (let i = 0; i < size; i++) f32[to + i] = Math.max(f32[a + i]!, f32[b + i]!);
      break;
    case "prelu":
      for (let i = 0; i < size; i++) f32[to + i] = f32[a + i]! < 0 ? f32[b + i]! * f32[a + i]! : f32[a + i]!;
      break;
  }
}
