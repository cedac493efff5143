import { type Activation, isRowFunction } from "../layers/activation.js";
import type { DenseLayer } from "../layers/dense.js";
import { activateRows } from "./activate.js";
import type { CpuLayer, CpuPlace } from "./cpuLayer.js";
import { matvec } from "./matvec.js";
import { productFloats, writeActivation, writeMatrix } from "./wasmWeights.js";

/** activation(W x + b), all rows at once. */
export function placeDense(layer: DenseLayer, place: CpuPlace): CpuLayer {
  const { memory, wasm } = place;
  const { inputSize: numColumns, outputSize: numRows, activation, storage, weight, weightScale: scale, bias } = layer;
  if (wasm === null) return plainDense(layer, place);
  const { name } = activation;
  const matrix = writeMatrix(memory, { storage, numRows, numColumns, weight, scale, bias });
  const written = isRowFunction(name) ? 0 : writeActivation(memory, activation as Activation);
  return {
    workFloats: () => productFloats(numColumns),
    run({ x, xStride, output, outputStride, numRows: numFrames, work }) {
      wasm.product(output, outputStride, x, xStride, matrix, numFrames, work);
      if (isRowFunction(name)) {
        wasm.softmaxRows(Number(name === "logSoftmax"), output, outputStride, numFrames, numRows);
      } else if (name !== "linear") wasm.activateRows(written, output, outputStride, numFrames);
    },
  };
}

function plainDense({ inputSize, outputSize, weight, bias, activation }: DenseLayer, { memory }: CpuPlace): CpuLayer {
  return {
    workFloats: () => 0,
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const start = output / 4 + row * outputStride;
        matvec(f32, start, weight, bias, f32, x / 4 + row * xStride, outputSize, inputSize);
        activateRows(activation, f32.subarray(start, start + outputSize), outputSize);
      }
    },
  };
}
