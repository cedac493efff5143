import { denseKernel } from "../kernels/dense.js";
import { paddedSize } from "../kernels/kernelSpec.js";
import { lstmStepKernel } from "../kernels/lstmStep.js";
import { LINEAR } from "../layers/activation.js";
import { numDirections } from "../layers/direction.js";
import type { LstmLayer } from "../layers/lstm.js";
import type { LayerPlan } from "./layerPlan.js";
import { byTiles, packBias, packMatrix } from "./packedWeight.js";

export const lstmPlan: LayerPlan<LstmLayer> = {
  weights(layer) {
    const { storage, inputSize, hiddenSize, weight, weightScale, recurrentWeight, recurrentWeightScale } = layer;
    const numRows = numDirections(layer) * 4 * hiddenSize;
    const input = { values: weight, scale: weightScale, numRows, numColumns: inputSize, storage };
    const recurrent = {
      values: recurrentWeight,
      scale: recurrentWeightScale,
      numRows,
      numColumns: hiddenSize,
      storage,
    };
    return {
      weight: packMatrix(input, byTiles(numRows, inputSize)),
      bias: packBias(layer.bias, weightScale, numRows),
      recurrentWeight: packMatrix(recurrent, byTiles(numRows, hiddenSize)),
      recurrentBias: packBias(layer.recurrentBias, recurrentWeightScale, numRows),
    };
  },

  plan(layer, inputs, planner) {
    const { layout, stepBuffers } = planner;
    const { name, inputSize, storage } = layer;
    const size = numDirections(layer) * layer.hiddenSize;
    const buffers = (tensors: string[]) => tensors.map((tensor) => layout.weight(layer, tensor));
    const input = planner.gather(name, inputs);
    const projection = planner.sequence(`${name}.projection`, paddedSize(4 * size));
    const project = denseKernel(inputSize, 4 * size, LINEAR, storage);
    planner.rows(inputs, project, [input, ...buffers(["weight", "bias"]), projection]);
    const buffer = planner.sequence(`${name}.output`, paddedSize(size));
    const recurrent = buffers(["recurrentWeight", "recurrentBias"]);
    planner.steps([
      {
        kernel: lstmStepKernel(layer, layout.stateSize),
        buffers: [...stepBuffers, projection, ...recurrent, layout.state(layer), buffer],
      },
    ]);
    return { value: { buffer, size, isSequence: true } };
  },
};
