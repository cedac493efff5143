import { paddedSize } from "../../kernels/kernelSpec.js";
import { numGates, type RecurrentLayer } from "../../kernels/recurrentUnit.js";
import { numDirections } from "../../layers/direction.js";
import { byTiles, type Layout, packBias, type PackedWeight, packMatrix } from "../packedWeight.js";

/** A recurrent layer's weight buffers. */
export function recurrentWeights(layer: RecurrentLayer): Readonly<Record<string, PackedWeight>> {
  const { storage, inputSize, hiddenSize, weight, weightScale, recurrentWeight, recurrentWeightScale } = layer;
  const numRows = numDirections(layer) * numGates(layer) * hiddenSize;
  const input = { values: weight, scale: weightScale, numRows, numColumns: inputSize, storage };
  const recurrent = { values: recurrentWeight, scale: recurrentWeightScale, numRows, numColumns: hiddenSize, storage };
  return {
    weight: packMatrix(input, byTiles(numRows, inputSize)),
    bias: packBias(layer.bias, weightScale, numRows),
    recurrentWeight: packMatrix(recurrent, byUnits(layer)),
    recurrentBias: packBias(layer.recurrentBias, recurrentWeightScale, numRows),
  };
}

/** Where a recurrent matrix's elements go: its rows in the order of shaders/lib/recurrent.wgsl. */
function byUnits(layer: RecurrentLayer): Layout {
  const { hiddenSize } = layer;
  const gates = numGates(layer);
  const tiles = paddedSize(hiddenSize) / 4;
  const layout = byTiles(numDirections(layer) * tiles * 4 * gates, hiddenSize);
  const startOf = (row: number) => {
    const unit = row % hiddenSize;
    const gate = Math.floor(row / hiddenSize) % gates;
    const direction = Math.floor(row / hiddenSize / gates);
    return layout.startOf(((direction * tiles + (unit >> 2)) * gates + gate) * 4 + (unit & 3));
  };
  return { ...layout, startOf };
}
