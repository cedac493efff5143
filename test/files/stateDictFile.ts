// Writes bare PyTorch state_dicts: names and shapes as torch.nn gives them, random values.

import { randomArray, uniform } from "../cases/random.js";
import { type FileTensor, safetensorsFile } from "./safetensorsFile.js";

/** Shape of each tensor by its name, in the order of the file. */
export type StateDict = Readonly<Record<string, readonly number[]>>;

/** Tensors of random values, different in every element. */
export function stateDictTensors(shapes: StateDict): Map<string, FileTensor & { values: Float32Array }> {
  const next = uniform(12);
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const values = randomArray(
      shape.reduce((product, size) => product * size, 1),
      next,
    );
    return [name, { shape, values }] as const;
  });
  return new Map(tensors);
}

export function stateDictFile(shapes: StateDict): Uint8Array {
  return safetensorsFile({ tensors: stateDictTensors(shapes) });
}

/** nn.GRU's tensors. @param hasBias nn.GRU(bias=False) has none */
export function gruShapes(
  prefix: string,
  inputSize: number,
  hiddenSize: number,
  { numLayers = 1, hasBias = true } = {},
): StateDict {
  const shapes: Record<string, number[]> = {};
  for (let layer = 0; layer < numLayers; layer++) {
    shapes[`${prefix}weight_ih_l${layer}`] = [3 * hiddenSize, layer === 0 ? inputSize : hiddenSize];
    shapes[`${prefix}weight_hh_l${layer}`] = [3 * hiddenSize, hiddenSize];
    if (!hasBias) continue;
    shapes[`${prefix}bias_ih_l${layer}`] = [3 * hiddenSize];
    shapes[`${prefix}bias_hh_l${layer}`] = [3 * hiddenSize];
  }
  return shapes;
}

/** nn.GRUCell's tensors. */
export function cellShapes(prefix: string, inputSize: number, hiddenSize: number): StateDict {
  const numRows = 3 * hiddenSize;
  return {
    [`${prefix}weight_ih`]: [numRows, inputSize],
    [`${prefix}weight_hh`]: [numRows, hiddenSize],
    [`${prefix}bias_ih`]: [numRows],
    [`${prefix}bias_hh`]: [numRows],
  };
}

/** nn.Linear's tensors. */
export function linearShapes(name: string, inputSize: number, outputSize: number): StateDict {
  return { [`${name}.weight`]: [outputSize, inputSize], [`${name}.bias`]: [outputSize] };
}
