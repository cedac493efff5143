import { NO_CLIP } from "../../kernels/stepSpec.js";
import { paddedSize } from "../../kernels/kernelSpec.js";
import { numDirections } from "../../layers/direction.js";
import type { GruLayer } from "../../layers/gru.js";
import type { LayerPlan } from "../layerPlan.js";
import { byTiles, type Layout, packBias, packMatrix } from "../packedWeight.js";
import { waysToAdvance } from "./families.js";

export const gruPlan: LayerPlan<GruLayer> = {
  weights(layer) {
    const { storage, inputSize, hiddenSize, weight, weightScale, recurrentWeight, recurrentWeightScale } = layer;
    const numRows = numDirections(layer) * 3 * hiddenSize;
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
      recurrentWeight: packMatrix(recurrent, byUnits(layer)),
      recurrentBias: packBias(layer.recurrentBias, recurrentWeightScale, numRows),
    };
  },

  plan: (layer, inputs, planner) => planner.choose(waysToAdvance(layer, inputs, planner)),

  program(layer, programmer) {
    const { name, inputs, inputSize, hiddenSize: size, resetAfter, gateActivation, newActivation, clip } = layer;
    const source = programmer.gather(inputs);
    const result = programmer.give(name, size);
    programmer.takeGates(3 * size);
    programmer.add({
      kind: resetAfter ? "gruAfter" : "gruBefore",
      name,
      source,
      vec4s: paddedSize(inputSize) / 4,
      result,
      size,
      weight: programmer.weight(layer, "weight"),
      bias: programmer.bias(layer, "bias"),
      biasRows: paddedSize(3 * size),
      recurrentWeight: programmer.weight(layer, "recurrentWeight"),
      recurrentBias: programmer.bias(layer, "recurrentBias"),
      state: programmer.state(layer),
      activation: gateActivation,
      newActivation,
      clip: clip ?? NO_CLIP,
      flop: 6 * size * (inputSize + size),
    });
  },
};

/** Where a recurrent matrix's elements go: its rows in the order of shaders/lib/recurrent.wgsl. */
function byUnits(layer: GruLayer): Layout {
  const { hiddenSize } = layer;
  const tiles = paddedSize(hiddenSize) / 4;
  const layout = byTiles(numDirections(layer) * tiles * 12, hiddenSize);
  const startOf = (row: number) => {
    const unit = row % hiddenSize;
    const gate = Math.floor(row / hiddenSize) % 3;
    const direction = Math.floor(row / hiddenSize / 3);
    return layout.startOf(((direction * tiles + (unit >> 2)) * 3 + gate) * 4 + (unit & 3));
  };
  return { ...layout, startOf };
}
