import { type Activation, isRowFunction } from "../layers/activation.js";
import type { DenseLayer } from "../layers/dense.js";
import { rowFunction, writeActivation } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { writeMatrix } from "./matrix.js";
import { matvec } from "./matvec.js";

/** activation(W x + b), all rows together. */
export function createDense(layer: DenseLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainDense(layer, target);
  const { inputSize: numColumns, outputSize, activation, storage, weight, weightScale: scale, bias } = layer;
  const { name } = activation;
  const matrix = writeMatrix(memory, { storage, numRows: outputSize, numColumns, weight, scale, bias });
  const written = isRowFunction(name) ? 0 : writeActivation(memory, activation as Activation);
  return {
    workFloats: () => wasm.productScratchBytes(matrix) / 4,
    run({ x, xStride, output, outputStride, numRows, work }) {
      wasm.product(output, outputStride, x, xStride, matrix, numRows, work);
      if (isRowFunction(name)) {
        wasm.softmaxRows(Number(name === "logSoftmax"), output, outputStride, numRows, outputSize);
      } else if (name !== "linear") wasm.activateRows(written, output, outputStride, numRows);
    },
  };
}

function createPlainDense(
  { inputSize, outputSize, weight, bias, activation }: DenseLayer,
  { memory }: CpuTarget,
): CpuLayer {
  const activate = rowFunction(activation);
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const start = output / 4 + row * outputStride;
        matvec(f32, start, weight, bias, f32, x / 4 + row * xStride, outputSize, inputSize);
        activate?.(f32, start, start + outputSize);
      }
    },
  };
}
