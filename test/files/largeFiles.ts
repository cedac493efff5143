// Model files of a size, as their frameworks would save them: two GRU layers and a head.

import { h5Model, kerasArchive, kerasArrays, type KerasModel } from "./kerasFile.js";
import { denseLayer, gruLayer, inputLayer, jsonBytes, layersModel } from "./layersModelFile.js";
import { npzFile } from "./npzFile.js";
import { ints, type OnnxFileNode, onnxFile } from "./onnxFile.js";
import { ptStateDict } from "./pickleFile.js";
import { randomArray, uniform } from "../cases/random.js";
import { gruShapes, linearShapes, stateDictFile, stateDictTensors } from "./stateDictFile.js";

/** A file, and what is beside it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly beside?: ReadonlyMap<string, Uint8Array>;
}

/** A file of each format that is of about that size, by their endings. */
export function largeFiles(sizeBytes: number): Record<string, ModelFile> {
  // Two layers of 6 H^2 weights, of four bytes each.
  const hiddenSize = Math.floor(Math.sqrt(sizeBytes / 48));
  const shapes = {
    ...gruShapes("gru.", hiddenSize, hiddenSize, { numLayers: 2 }),
    ...linearShapes("head", hiddenSize, 2),
  };
  const tensors = stateDictTensors(shapes);
  const keras = kerasModel(hiddenSize);
  return {
    safetensors: { bytes: stateDictFile(shapes) },
    pt: { bytes: ptStateDict(tensors) },
    onnx: { bytes: onnxModel(hiddenSize) },
    npz: { bytes: npzFile(Object.fromEntries(tensors)) },
    "keras.npz": { bytes: kerasArrays(keras) },
    h5: { bytes: h5Model(keras) },
    keras: { bytes: kerasArchive(keras) },
    json: { bytes: jsonBytes(keras.json), beside: keras.files },
  };
}

function onnxModel(size: number): Uint8Array {
  const next = uniform(13);
  const raw = (...shape: number[]) => ({
    shape,
    raw: randomArray(
      shape.reduce((product, one) => product * one, 1),
      next,
    ),
  });
  const nodes = [0, 1].flatMap((layer): OnnxFileNode[] => [
    ["GRU", [`x${layer}`, `W${layer}`, `R${layer}`, `B${layer}`], [`Y${layer}`], { linear_before_reset: 1 }],
    ["Squeeze", [`Y${layer}`, "one"], [`x${layer + 1}`]],
  ]);
  const weights = [0, 1].map((layer) => ({
    [`W${layer}`]: raw(1, 3 * size, size),
    [`R${layer}`]: raw(1, 3 * size, size),
    [`B${layer}`]: raw(1, 6 * size),
  }));
  return onnxFile({
    nodes: [...nodes, ["MatMul", ["x2", "head"], ["y"]]],
    tensors: Object.assign({ one: ints(1), head: raw(size, 2) }, ...weights),
    inputs: { x0: ["time", "batch", size] },
    outputs: ["y"],
  });
}

function kerasModel(size: number): KerasModel {
  const layers = ["first", "second"].map((name) => gruLayer(size, { name, units: size }));
  return layersModel([inputLayer(size), ...layers, denseLayer(size)]);
}
