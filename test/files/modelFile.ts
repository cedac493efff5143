// Writes a network as a model file of ours: the layer list as JSON, the weights as tensors.

import { type Layer, layerType } from "../../src/layers/index.js";
import type { Network } from "../../src/model/network.js";
import { type FileTensor, safetensorsFile } from "./safetensorsFile.js";

/** Parts of a file that a test may change before it is written. */
export interface ModelFileParts {
  readonly description: {
    version?: unknown;
    layers: Record<string, unknown>[];
    outputs?: unknown;
    vocabulary?: unknown;
  };
  readonly tensors: Map<string, FileTensor>;
}

/** A network's model file. @param change edits the parts before they are written */
export function modelFile(network: Network, change: (parts: ModelFileParts) => void = () => {}): Uint8Array {
  const { layers, outputs } = network;
  const description: ModelFileParts["description"] = { version: 1, layers: layers.map(describeLayer), outputs };
  if (network.vocabulary !== null) description.vocabulary = network.vocabulary;
  const tensors = new Map(layers.flatMap(tensorsOf));
  change({ description, tensors });
  return safetensorsFile({ tensors, metadata: { webgru: JSON.stringify(description) } });
}

/** All of a layer but its weights, and how those are kept, which their tensors say. */
function describeLayer(layer: Layer): Record<string, unknown> {
  const fields = Object.entries(layer).filter(
    ([key, value]) => key !== "storage" && value !== null && !(value instanceof Float32Array),
  );
  return Object.fromEntries(fields);
}

function tensorsOf(layer: Layer): [name: string, tensor: FileTensor][] {
  return Object.entries(layer)
    .filter((field): field is [string, Float32Array] => field[1] instanceof Float32Array)
    .map(([field, values]) => [`${layer.name}.${field}`, { shape: shapeOf(layer, field, values.length), values }]);
}

function shapeOf(layer: Layer, field: string, length: number): number[] {
  if (field === "weight") {
    const numColumns = layer.type === "embedding" ? layer.embeddingSize : layerType(layer).inputSize(layer);
    const numRows = layer.type === "conv" ? layer.outputChannels : length / numColumns;
    return [numRows, length / numRows];
  }
  if (field === "recurrentWeight" && layer.type === "gru") return [length / layer.hiddenSize, layer.hiddenSize];
  return [length];
}
