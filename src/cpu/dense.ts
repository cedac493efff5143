import { type Activation, isRowFunction } from "../layers/activation.js";
import { type DenseLayer, ungroupedWeight } from "../layers/dense.js";
import { rowFunction, writeActivation } from "./activation.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import { writeMatrix } from "./matrix.js";
import { matvec } from "./matvec.js";

/** activation(W x + b), all rows together. */
export function createDense(layer: DenseLayer, target: CpuTarget): CpuLayer {
  const { memory, wasm } = target;
  if (wasm === null) return createPlainDense(layer, target);
  const { inputSize: numColumns, outputSize, activation, storage, bias } = layer;
  const { name } = activation;
  const weight = ungroupedWeight(layer);
  const matrix = writeMatrix(target, { storage, numRows: outputSize, numColumns, weight, bias });
  const written = isRowFunction(name) ? 0 : writeActivation(memory, activation as Activation);
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      wasm.product(output, outputStride, x, xStride, matrix, numRows);
      if (isRowFunction(name)) {
        wasm.softmaxRows(Number(name === "logSoftmax"), output, outputStride, numRows, outputSize);
      } else if (name !== "linear") wasm.activateRows(written, output, outputStride, numRows);
    },
  };
}

function createPlainDense(
  { inputSize, outputSize, groups, weight, bias, activation }: DenseLayer,
  { memory }: CpuTarget,
): CpuLayer {
  const activate = rowFunction(activation);
  const [numRows, numColumns] = [outputSize / groups, inputSize / groups];
  const parts = Array.from({ length: groups }, (_, g) => ({
    weight: weight.subarray(g * numRows * numColumns, (g + 1) * numRows * numColumns),
    bias: bias && bias.subarray(g * numRows, (g + 1) * numRows),
  }));
  return {
    run({ x, xStride, output, outputStride, numRows: numFrames }) {
      const { f32 } = memory;
      for (let row = 0; row < numFrames; row++) {
        const start = output / 4 + row * outputStride;
        let [to, from] = [start, x / 4 + row * xStride];
        for (const part of parts) {
          matvec(f32, to, part.weight, part.bias, f32, from, numRows, numColumns);
          to += numRows;
          from += numColumns;
        }
        activate?.(f32, start, start + outputSize);
      }
    },
  };
}
